// Changes the built code of a folder in one place at a time and runs the tests of that file: a change that no test
// notices is a survivor. Prints a line for each mutant, then the score and the survivors.
//
//   node scripts/mutate.mjs [--count 600] [--seed 1] [--from N] [PATH…]
//
// PATH is the beginning of a file's path below src/; by default migration/, containers/ and vch-upgrade/. The tests of
// a file are those that mirror or import it, then the others of its folder that run without samples and other
// processes; they stop at the first failure. A mutant with which they need much longer than without it counts as noticed.
import {spawn} from 'node:child_process';
import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {seededRandom} from '../dist/src/simulator/random.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['migration/', 'containers/', 'vch-upgrade/'];
const LONG = /\/(depth|peers|browser)\.js'|node:child_process/;

/** What is replaced by what; `$1` is kept. */
const OPERATORS = [
  [/===/g, '!=='],
  [/!==/g, '==='],
  [/(?<=\s)<(?=\s)/g, '<='],
  [/(?<=\s)>(?=\s)/g, '>='],
  [/<=/g, '<'],
  [/(?<=\s)>=/g, '>'],
  [/&&/g, '||'],
  [/\|\|/g, '&&'],
  [/(?<=\s)\?\?(?=\s)/g, '&&'],
  [/(?<=[\w)\]] )\+(?= \w)/g, '-'],
  [/(?<=[\w)\]] )-(?= \w)/g, '+'],
  [/\btrue\b/g, 'false'],
  [/\bfalse\b/g, 'true'],
  [/\.some\(/g, '.every('],
  [/\.every\(/g, '.some('],
  [/\.filter\(/g, '.map('],
  [/(?<=[(\s&|])!(?=[\w(])/g, ''],
  [/(?<=\bif )\(/g, '(false && '],
  [/(?<=\bif )\(/g, '(true || '],
  [/(?<=^ *)(?:await )?[\w#][\w.#]*\([^;\n]*\);$/gm, ';'],
  [/(?<=^ *)continue;$/gm, ';'],
  [/(?<![\w.$])\d+(?![\w.])/g, (number) => String(Number(number) + 1)],
];

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    count: {type: 'string', default: '600'},
    seed: {type: 'string', default: '1'},
    from: {type: 'string', default: '0'},
  },
});

const work = mkdtempSync(join(tmpdir(), 'vch-mutants-'));
try {
  await main();
} finally {
  rmSync(work, {recursive: true, force: true});
}

async function main() {
  for (const name of readdirSync(ROOT)) if (name !== 'dist') symlinkSync(join(ROOT, name), join(work, name));
  cpSync(join(ROOT, 'dist'), join(work, 'dist'), {recursive: true});
  const files = readdirSync(join(work, 'dist/src'), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.js'))
    .filter((name) => (positionals.length > 0 ? positionals : FOLDERS).some((path) => name.startsWith(path)))
    .sort();
  const random = seededRandom(Number(values.seed));
  const all = files.flatMap(mutantsOf);
  const chosen = all
    .map((mutant) => ({...mutant, drawn: random()}))
    .sort((a, b) => a.drawn - b.drawn)
    .slice(Number(values.from), Number(values.from) + Number(values.count));
  console.log(`${chosen.length} of ${all.length} mutants, seed ${values.seed}`);

  const usual = new Map();
  const survivors = [];
  for (const [index, mutant] of chosen.entries()) {
    const tests = testsOf(mutant.file);
    const key = [...tests].sort().join();
    if (!usual.has(key)) {
      const {milliseconds, failed} = await runTests(tests, 600_000);
      if (failed) throw new Error(`the tests of ${mutant.file} fail without a mutant: ${tests.join(', ')}`);
      usual.set(key, milliseconds);
    }
    const path = join(work, 'dist/src', mutant.file);
    writeFileSync(path, mutant.text);
    const {failed} = await runTests(tests, 3 * usual.get(key) + 10_000);
    writeFileSync(path, mutant.original);
    if (!failed) survivors.push(mutant);
    console.log(`${String(index + 1).padStart(4)} ${failed ? 'noticed ' : 'SURVIVED'} ${mutant.what}`);
  }
  const noticed = chosen.length - survivors.length;
  console.log(
    `\nscore ${((100 * noticed) / chosen.length).toFixed(1)} %: ${noticed} of ${chosen.length} noticed`,
  );
  for (const folder of new Set(chosen.map(({file}) => dirname(file)))) {
    const here = chosen.filter(({file}) => dirname(file) === folder).length;
    const survived = survivors.filter(({file}) => dirname(file) === folder).length;
    console.log(`  ${folder}: ${here - survived} of ${here}`);
  }
  for (const {what} of survivors) console.log(`survivor: ${what}`);
}

/** Every change that the operators make in a file, outside of texts and comments. */
function mutantsOf(file) {
  const original = readFileSync(join(work, 'dist/src', file), 'utf8');
  const code = blanked(original);
  return OPERATORS.flatMap(([pattern, by]) =>
    [...code.matchAll(pattern)].map(({0: found, index}) => {
      const replaced = typeof by === 'string' ? by : by(found);
      const line = original.slice(0, index).split('\n').length;
      return {
        file,
        original,
        text: original.slice(0, index) + replaced + original.slice(index + found.length),
        what: `${file}:${line} "${found}" to "${replaced}" in ${original.split('\n')[line - 1].trim()}`,
      };
    }),
  );
}

/** The code with texts, patterns, comments and imports blanked, at the same places. */
function blanked(code) {
  const blank = (text) => text.replace(/[^\n]/g, ' ');
  return code.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|(?<=[(,=:!&|?] ?|return )\/(?![*/ ])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*|^(?:im|ex)port [^;]*from[^;]*;/gm,
    blank,
  );
}

function testsOf(file) {
  const folder = dirname(file);
  const name = basename(file, '.js');
  const of = (directory) =>
    readdirSync(join(work, 'dist/test', directory), {encoding: 'utf8'})
      .filter((test) => test.endsWith('.test.js'))
      .map((test) => {
        const text = readFileSync(join(work, 'dist/test', directory, test), 'utf8');
        const own =
          test === `${name}.test.js` || test.startsWith(`${name}-`) || text.includes(`/src/${file}'`);
        return {path: join(work, 'dist/test', directory, test), own, long: LONG.test(text)};
      })
      .filter(({long}) => !long);
  const there = [folder, folder.split('/')[0]]
    .filter((directory, index, all) => all.indexOf(directory) === index)
    .flatMap((directory) => of(directory));
  return there.sort((a, b) => Number(b.own) - Number(a.own)).map(({path}) => path);
}

/** Whether one of the tests fails, or they do not end in time. */
function runTests(tests, limit) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const mocha = join(ROOT, 'node_modules/mocha/bin/mocha.js');
    const args = [
      mocha,
      '--no-config',
      '--bail',
      '--exit',
      '--timeout',
      '30000',
      '--reporter',
      'min',
      ...tests,
    ];
    const child = spawn(process.execPath, args, {cwd: work, stdio: 'ignore'});
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve({failed: code !== 0, milliseconds: performance.now() - started});
    });
  });
}
