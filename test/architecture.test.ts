import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {expect} from 'chai';

// Which layers a layer may use; src/README.md has the picture. Everybody may use what is at the top of src.
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  vim25: [],
  extraconfig: [],
  inventory: ['vim25', 'extraconfig'],
  migration: ['extraconfig'],
  naming: ['migration', 'extraconfig'],
  iso: [],
  upgrade: ['inventory', 'naming', 'migration', 'extraconfig', 'iso', 'vim25'],
  'plugin-files': ['migration', 'plugins'],
  testing: ['plugin-files', 'inventory', 'migration', 'extraconfig', 'vim25', 'simulator', 'plugins'],
  report: [],
  simulator: [],
  cli: [
    'upgrade',
    'inventory',
    'migration',
    'extraconfig',
    'iso',
    'vim25',
    'report',
    'simulator',
    'plugin-files',
    'testing',
  ],
  plugins: ['migration'],
};

// Each package has one home.
const HOME: Readonly<Record<string, RegExp>> = {
  soap: /^src\/vim25\/transport\.ts$/,
  undici: /^src\/vim25\/(http-client|tls)\.ts$/,
  umzug: /^src\/migration\/(runner|undo)\.ts$/,
  winston: /^src\/cli\/logger\.ts$/,
  yargs: /^src\/cli\//,
  yaml: /^src\/cli\/settings-yaml\.ts$/,
  selfsigned: /^src\/simulator\//,
};

const root = process.cwd();

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

function imports(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^'$]+)'/g)].map(([, target]) => ({
    file,
    target: target ?? '',
  }));
}

function layerOf(path: string): string | null {
  const [top, layer] = path.split('/');
  if (top === 'plugins') return 'plugins';
  return top === 'src' && layer !== undefined && !layer.endsWith('.ts') && !layer.endsWith('.js')
    ? layer
    : null;
}

function forbidden(all: readonly Import[]): string[] {
  return all.flatMap(({file, target}) => {
    const from = layerOf(file);
    // A path with a placeholder is text of a generated file, and no import.
    if (from === null || !target.startsWith('.') || target.includes('${')) return [];
    const to = layerOf(relative(root, resolve(root, dirname(file), target)));
    if (to === null || to === from || MAY_USE[from]?.includes(to)) return [];
    return [`${file} imports ${target}: ${from} must not know ${to}`];
  });
}

describe('architecture', () => {
  const all = [...sources('src'), ...sources('plugins')].flatMap(imports);

  it('has every import point down the layers', () => {
    expect(all.length).to.be.greaterThan(100);
    expect(forbidden(all)).to.deep.equal([]);
  });

  it('would notice an import that points up', () => {
    expect(forbidden([{file: 'src/migration/plan.ts', target: '../vim25/session.js'}])).to.have.length(1);
    expect(forbidden([{file: 'plugins/0002-x.ts', target: '../src/extraconfig/draft.js'}])).to.have.length(1);
  });

  it('keeps each package in its one home', () => {
    const strangers = all.filter(({file, target}) => {
      const home = HOME[target.split('/')[0] ?? ''];
      return home !== undefined && !home.test(file);
    });
    expect(strangers).to.deep.equal([]);
  });

  it('lets plugins see the plugin contract alone', () => {
    const outside = all.filter(
      ({file, target}) =>
        file.startsWith('plugins/') &&
        !/^(\.\.\/src\/migration\/plugin\.js|\.\/\d{4}-[a-z-]+\.js)$/.test(target),
    );
    expect(outside).to.deep.equal([]);
  });
});
