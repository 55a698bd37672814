// The CLI in few files: dist/cli/main.js and what each command loads when it runs. A process then starts in half the time.
// The library, `vch-migrate/plugin` and `vch-migrate/testing` stay as tsc made them. Why: docs/decisions/017-the-cli-is-bundled.md
import {copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const ROOT = here('../../');
const OUT = join(ROOT, 'dist/cli');

/** What umzug, undici and debug bring along and the CLI never calls. */
const UNUSED = ['@rushstack/ts-command-line', 'node:http2', 'supports-color', 'tinyglobby'];
/** The same of soap, which has an HTTP client, a server and signatures. */
const UNUSED_OF_SOAP = /^\.{1,2}\/(http|security|server)$/;
/** What reads files of its own package when it runs, and stays a package. */
const EXTERNAL = ['@electric-sql/pglite', 'pg', 'pg-boss'];
/** The files in this folder that stand in for packages. */
const LIGHTER = {
  'string-width': 'string-width.js',
  undici: 'undici.js',
  '@dabh/diagnostics': 'diagnostics.cjs',
};

const swap = {
  name: 'swap',
  setup({onResolve}) {
    const names = [...UNUSED, ...Object.keys(LIGHTER)].join('|');
    onResolve({filter: new RegExp(`^(${names})$`)}, ({path, importer}) => {
      if (UNUSED.includes(path)) return {path: here('unused.cjs')};
      const lighter = here(LIGHTER[path]);
      // The file that stands in for a package gets the package itself.
      return importer === lighter ? undefined : {path: lighter};
    });
    onResolve({filter: UNUSED_OF_SOAP}, ({importer}) =>
      /\/node_modules\/soap\/lib\//.test(importer) ? {path: here('unused.cjs')} : undefined,
    );
  },
};

/** What the start has loaded, and what every command on a target loads: each becomes one file, and not a dozen. */
const COMMON = ['dist/src/cli/commands.js'];
const ON_A_TARGET = [
  'dist/src/vim25/session.js',
  'dist/src/inventory/find-vch.js',
  'dist/src/cli/compose-report.js',
];

/**
 * esbuild makes a file of the modules that the same lazily loaded modules share. All that are lazily loaded therefore import
 * what is common to them, whether they use it or not: it is there already when they are loaded.
 */
const merge = ({inputs}) => ({
  name: 'merge',
  setup({onLoad}) {
    const lazy = new Set(
      Object.values(inputs).flatMap(({imports}) =>
        imports.filter(({kind}) => kind === 'dynamic-import').map(({path}) => path),
      ),
    );
    onLoad({filter: /\/dist\/(src|plugins)\/.*\.js$/}, ({path}) => {
      const name = relative(ROOT, path);
      if (!lazy.has(name)) return undefined;
      const wire = importedBy(name, inputs).has('dist/src/vim25/property-collector.js');
      const common = [...COMMON, ...(wire ? ON_A_TARGET : [])].filter((other) => other !== name);
      const imports = common.map((other) => `import ${JSON.stringify(join(ROOT, other))};`);
      return {contents: `${imports.join('')}${readFileSync(path, 'utf8')}`};
    });
  },
});

/** A module and all that are loaded with it. */
function importedBy(name, inputs, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  for (const {path, kind} of inputs[name]?.imports ?? [])
    if (kind === 'import-statement') importedBy(path, inputs, found);
  return found;
}

/** Bundles what tsc has emitted. */
export async function bundle() {
  rmSync(OUT, {recursive: true, force: true});
  const options = {
    absWorkingDir: ROOT,
    // What runs in a thread or a process of its own is a module of its own.
    entryPoints: [
      'dist/src/cli/main.js',
      'dist/src/plugin-files/resolve-own-package.js',
      'dist/src/fleet/make-database.js',
    ],
    entryNames: '[name]',
    outdir: OUT,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    sourcemap: true,
    sourcesContent: false,
    minifyWhitespace: true,
    minifySyntax: true,
    external: EXTERNAL,
    plugins: [swap],
    metafile: true,
    logLevel: 'warning',
    // For the packages that are CommonJS.
    banner: {
      js: "import {createRequire as requireFrom} from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  };
  const first = await build({...options, write: false});
  const {metafile} = await build({...options, plugins: [swap, merge(first.metafile)]});
  copyFileSync(join(ROOT, 'src/vim25/vim25.wsdl'), join(OUT, 'vim25.wsdl'));
  cpSync(join(ROOT, 'src/report/page'), join(OUT, 'page'), {recursive: true});
  writeFileSync(
    join(OUT, 'THIRD-PARTY-LICENSES.txt'),
    licences(Object.values(metafile.outputs).flatMap(({inputs}) => Object.keys(inputs))),
  );
}

/** The licence of each package of which there is something in the bundle. */
function licences(files) {
  const folders = new Set(files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []));
  const parts = [...folders].sort().map((folder) => {
    const {name, version, license, author} = JSON.parse(readFileSync(join(ROOT, folder, 'package.json')));
    const [file] = readdirSync(join(ROOT, folder)).filter((entry) => /^licen[cs]e/i.test(entry));
    const by = typeof author === 'object' ? author.name : author;
    const text =
      file === undefined ? `${license}; ${by}` : readFileSync(join(ROOT, folder, file), 'utf8').trim();
    return `${name} ${version}\n\n${text}\n`;
  });
  return `dist/cli contains parts of these packages.\n\n${parts.join(`\n${'-'.repeat(80)}\n\n`)}`;
}
