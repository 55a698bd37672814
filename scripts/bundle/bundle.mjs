// The CLI in few files: dist/cli/main.js and what each command loads when it runs. A process then starts in half the time.
// The library, `vch-migrate/plugin` and `vch-migrate/testing` stay as tsc made them. Why: docs/decisions/017-the-cli-is-bundled.md
import {copyFileSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const ROOT = here('../../');
const OUT = join(ROOT, 'dist/cli');

/** What soap, umzug, debug and undici bring along and the CLI never calls. */
const UNUSED = [
  '@rushstack/ts-command-line',
  'axios',
  'axios-ntlm',
  'node:http2',
  'supports-color',
  'xml-crypto',
];
/** What reads files of its own package when it runs, and stays a package. */
const EXTERNAL = ['@electric-sql/pglite', 'pg', 'pg-boss'];
/** What a file in this folder stands in for. */
const LIGHTER = ['string-width', 'undici'];

const swap = {
  name: 'swap',
  setup({onResolve}) {
    const names = [...UNUSED, ...LIGHTER].join('|');
    onResolve({filter: new RegExp(`^(${names})$`)}, ({path, importer}) => {
      if (UNUSED.includes(path)) return {path: here('unused.cjs')};
      const lighter = here(`${path}.js`);
      // The file that stands in for a package gets the package itself.
      return importer === lighter ? undefined : {path: lighter};
    });
  },
};

/** Bundles what tsc has emitted. */
export async function bundle() {
  rmSync(OUT, {recursive: true, force: true});
  const {metafile} = await build({
    absWorkingDir: ROOT,
    // The hook is a module of its own: Node loads it in a thread of its own.
    entryPoints: ['dist/src/cli/main.js', 'dist/src/plugin-files/resolve-own-package.js'],
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
  });
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
