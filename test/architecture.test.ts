import {readdirSync, readFileSync} from 'node:fs';
import {dirname, join, relative, resolve} from 'node:path';
import {expect} from 'chai';

// Which layers a layer may use; src/README.md has the picture. Everybody may use what is at the top of src.
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  vim25: [],
  extraconfig: [],
  migration: ['extraconfig'],
  inventory: ['vim25', 'extraconfig'],
  iso: [],
  report: ['extraconfig'],
  appliance: ['inventory', 'migration', 'extraconfig', 'vim25'],
  containers: ['appliance', 'inventory', 'migration', 'extraconfig', 'vim25'],
  rename: ['containers', 'appliance', 'inventory', 'migration', 'extraconfig', 'vim25'],
  doctor: ['appliance', 'inventory', 'migration', 'extraconfig', 'vim25'],
  dump: ['inventory', 'migration', 'extraconfig', 'vim25', 'simulator'],
  'vch-upgrade': ['containers', 'appliance', 'inventory', 'migration', 'extraconfig', 'iso', 'vim25'],
  rehearsal: ['vch-upgrade', 'containers', 'migration', 'extraconfig', 'iso', 'vim25', 'simulator'],
  'plugin-files': ['migration', 'extraconfig', 'plugins'],
  testing: ['plugin-files', 'migration', 'extraconfig', 'vim25', 'simulator', 'plugins'],
  simulator: [],
  fleet: ['vch-upgrade', 'appliance', 'inventory', 'migration', 'extraconfig', 'iso', 'vim25', 'report'],
  cli: [
    'fleet',
    'doctor',
    'dump',
    'rehearsal',
    'vch-upgrade',
    'rename',
    'containers',
    'appliance',
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

// What still points up, until its owner moves: each line must be an import that is there.
const STILL_UP: readonly string[] = [];

// Each package has one home.
const HOME: Readonly<Record<string, RegExp>> = {
  soap: /^src\/vim25\/transport\.ts$/,
  undici: /^src\/vim25\/(http-client|incoming|dispatcher|tls)\.ts$/,
  umzug: /^src\/(migration\/(runner|undo)|fleet\/schema)\.ts$/,
  winston: /^src\/cli\/logger\.ts$/,
  yargs: /^src\/cli\//,
  yaml: /^src\/(cli\/settings-file|fleet\/yaml-shape|yaml-document)\.ts$/,
  'pg-boss': /^src\/fleet\/queue\.ts$/,
  pg: /^src\/fleet\/postgres\.ts$/,
  '@electric-sql': /^src\/fleet\/(embedded|embedded-parameters|make-database)\.ts$/,
  'string-width': /^src\/report\//,
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

/** The groups of files that import each other in a circle (Tarjan's strongly connected components). */
function circles(all: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>();
  for (const {file, target} of all) {
    if (!target.startsWith('.') || target.includes('${')) continue;
    const to = relative(root, resolve(root, dirname(file), target)).replace(/\.js$/, '.ts');
    targets.set(file, [...(targets.get(file) ?? []), to]);
  }
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const visit = (file: string): number => {
    const own = index.size;
    index.set(file, own);
    low.set(file, own);
    stack.push(file);
    for (const to of targets.get(file) ?? []) {
      if (!index.has(to)) low.set(file, Math.min(low.get(file) ?? own, visit(to)));
      else if (stack.includes(to)) low.set(file, Math.min(low.get(file) ?? own, index.get(to) ?? own));
    }
    if (low.get(file) === own) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1 || targets.get(file)?.includes(file)) found.push(circle.sort());
    }
    return low.get(file) ?? own;
  };
  for (const file of targets.keys()) if (!index.has(file)) visit(file);
  return found.sort();
}

describe('architecture', () => {
  const all = [...sources('src'), ...sources('plugins')].flatMap(imports);

  it('has every import point down the layers', () => {
    expect(all.length).to.be.greaterThan(100);
    const known = new Set(STILL_UP);
    expect(forbidden(all).filter((line) => !known.has(line))).to.deep.equal([]);
  });

  it('would notice an import that points up', () => {
    expect(forbidden([{file: 'src/migration/plan.ts', target: '../vim25/session.js'}])).to.have.length(1);
    expect(forbidden([{file: 'plugins/0002-x.ts', target: '../src/extraconfig/draft.js'}])).to.have.length(1);
  });

  it('has no circle of imports, type imports included', () => {
    expect(circles(all)).to.deep.equal([]);
  });

  it('would notice a circle', () => {
    const a = {file: 'src/a.ts', target: './b.js'};
    const b = {file: 'src/b.ts', target: './c/c.js'};
    const c = {file: 'src/c/c.ts', target: '../a.js'};
    expect(circles([a, b])).to.deep.equal([]);
    expect(circles([a, b, c])).to.deep.equal([['src/a.ts', 'src/b.ts', 'src/c/c.ts']]);
  });

  it('keeps each package in its one home', () => {
    const strangers = all.filter(({file, target}) => {
      const home = HOME[target.split('/')[0] ?? ''];
      return home !== undefined && !home.test(file);
    });
    expect(strangers).to.deep.equal([]);
  });

  it('makes folders in one place: Node’s own recursion may never return', () => {
    const makers = [...sources('src'), ...sources('plugins')].filter((file) =>
      /\bmkdir(Sync)?\(/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(makers).to.deep.equal(['src/make-folder.ts']);
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
