import {readFileSync} from 'node:fs';
import {expect} from 'chai';

const CLI = 'dist/cli';

/** The files that Node loads with this one: those that it imports, and theirs. Dynamic imports wait until they are needed. */
function loadedWith(file: string, loaded = new Set<string>()): Set<string> {
  if (loaded.has(file)) return loaded;
  loaded.add(file);
  const text = readFileSync(`${CLI}/${file}`, 'utf8');
  for (const [, other = ''] of text.matchAll(/(?:^|[;}\n])(?:import|export)[^;()'"]*["']\.\/([^"']+)["']/g))
    loadedWith(other, loaded);
  return loaded;
}

/** Where the text of a file comes from: a package, or a folder of `src`. */
function originsOf(file: string): readonly string[] {
  const packages = readFileSync(`${CLI}/${file}`, 'utf8').matchAll(/\bfrom["']([@a-z][^"':]*)["']/g);
  const {sources}: {sources: string[]} = JSON.parse(readFileSync(`${CLI}/${file}.map`, 'utf8'));
  return [
    ...sources.flatMap((source) => /node_modules\/([^/]+)|src\/(\w[\w-]*\/)/.exec(source)?.[0] ?? []),
    // What is not in the bundle.
    ...[...packages].map(([, name]) => `node_modules/${name}`),
  ];
}

describe('the start of the CLI', () => {
  it('loads no layer and no package that only a run needs', () => {
    const origins = [...loadedWith('main.js')].flatMap(originsOf);
    expect(origins).to.include('src/cli/');
    expect(origins).not.to.contain.oneOf([
      ...['soap', 'undici', 'umzug', 'winston', 'yaml', 'yargs', 'selfsigned', 'pg', 'pg-boss'].map(
        (name) => `node_modules/${name}`,
      ),
      ...['containers', 'inventory', 'fleet', 'migration', 'simulator', 'vch-upgrade'].map(
        (name) => `src/${name}/`,
      ),
    ]);
  });

  it('names the licence of every package in the bundle', () => {
    const licences = readFileSync(`${CLI}/THIRD-PARTY-LICENSES.txt`, 'utf8');
    const named = [...licences.matchAll(/^(\S+) \d+\.\d+\.\d+\S*$/gm)].map(([, name]) => name);
    expect(named).to.include.members(['soap', 'undici', 'umzug', 'winston', 'yargs', 'yaml']);
    expect(licences).not.to.match(/undefined/);
  });
});
