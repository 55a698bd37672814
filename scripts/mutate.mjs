// Changes the built code of a folder in one place at a time and runs the tests of that file: a change that no test
// notices is a survivor. Prints a line for each mutant, then the score and the survivors.
//
//   node scripts/mutate.mjs [--count 600] [--seed 1] [--from N] [PATH…]
//
// PATH is the beginning of a file's path below src/; by default migration/, containers/ and vch-upgrade/. The tests are
// those of the same folders that run without samples and other processes. Each mutant meets those that reach its place
// (V8's coverage tells), the quickest first, until one fails; to need much longer than without it is to fail, too.
import {spawn} from 'node:child_process';
import {cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
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

  const tests = await measured(new Set(files.map((file) => file.split('/')[0])));
  const survivors = [];
  for (const [index, mutant] of chosen.entries()) {
    const reaching = tests.filter((test) => test.reaches(mutant));
    const path = join(work, 'dist/src', mutant.file);
    writeFileSync(path, mutant.text);
    const usual = reaching.reduce((sum, {milliseconds}) => sum + milliseconds, 0);
    const paths = reaching.map((test) => test.path);
    const failed = paths.length > 0 && (await runTests(paths, {limit: 3 * usual + 30_000})).failed;
    writeFileSync(path, mutant.original);
    if (!failed) survivors.push(mutant);
    const how = failed ? 'noticed ' : paths.length > 0 ? 'SURVIVED' : 'UNTESTED';
    console.log(`${String(index + 1).padStart(4)} ${how} ${mutant.what}`);
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
        index,
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

/** The tests of these folders, the quickest first, and what each of them reaches. */
async function measured(folders) {
  const tests = [];
  for (const folder of folders) {
    const directory = join(work, 'dist/test', folder);
    for (const name of readdirSync(directory, {recursive: true, encoding: 'utf8'})) {
      const path = join(directory, name);
      if (!name.endsWith('.test.js') || LONG.test(readFileSync(path, 'utf8'))) continue;
      const coverage = mkdtempSync(join(work, 'coverage-'));
      const {failed, milliseconds, output} = await runTests([path], {limit: 600_000, coverage});
      if (failed) {
        console.log(`left out: ${folder}/${name} fails without a mutant:\n${output}`);
        continue;
      }
      const scripts = readdirSync(coverage).flatMap((file) => reached(join(coverage, file)));
      const reaches = ({file, index}) =>
        scripts.some((script) => script.file === file && ran(script.ranges, index));
      tests.push({path, milliseconds, reaches});
    }
  }
  console.log(`${tests.length} files of tests`);
  return tests.sort((a, b) => a.milliseconds - b.milliseconds);
}

/** What a file of V8's coverage says of our own files: ranges inside of each other, with how often they ran. */
function reached(file) {
  const {result} = JSON.parse(readFileSync(file, 'utf8'));
  const own = `${pathToFileURL(join(work, 'dist/src'))}/`;
  return result
    .filter(({url}) => url.startsWith(own))
    .map(({url, functions}) => ({
      file: url.slice(own.length),
      ranges: functions.flatMap(({ranges}) => ranges),
    }));
}

/** Whether the innermost range around a place ran. */
function ran(ranges, index) {
  const around = ranges.filter(({startOffset, endOffset}) => startOffset <= index && index < endOffset);
  const [inner] = around.sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset));
  return inner !== undefined && inner.count > 0;
}

/** Whether one of the tests fails, or they do not end in time. */
function runTests(tests, {limit, coverage}) {
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
      'dot',
      ...tests,
    ];
    const env = {...process.env, ...(coverage !== undefined && {NODE_V8_COVERAGE: coverage})};
    const child = spawn(process.execPath, args, {cwd: work, stdio: ['ignore', 'pipe', 'pipe'], env});
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = `${output}${text}`.slice(-4000);
      });
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), limit);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({failed: code !== 0, milliseconds: performance.now() - started, output});
    });
  });
}
