// Changes the built code of a folder in one place at a time and runs the tests that reach the place: a change that no
// test notices is a survivor. Prints a line for each mutant, then the score.
//
//   node scripts/mutate.mjs [--count 600] [--seed 1] [--from N] [--again FILE] [--tests PATH]… [PATH…]
//
// PATH is the beginning of a file's path below src/; by default migration/, containers/ and vch-upgrade/. `--again` asks
// only the survivors of an earlier run, whose output FILE is. `--tests` takes the tests whose path below test/ begins so;
// by default those of the same folders; never those that need a sample, peer, browser or process. Each mutant meets the
// tests that reach its place (V8's coverage tells), the quickest first, until one fails; not to come to an end is
// to fail, too.
import {fork} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['migration/', 'containers/', 'vch-upgrade/'];
const LEFT_OUT = /\/(depth|peers|browser)\.js'|node:child_process/;
/** What the tests of one mutant may take in all; the others are left out, the slowest ones. */
const BUDGET = 90_000;
/** A process holds on to every tree that it has loaded. */
const TREES_OF_A_WORKER = 25;

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
    again: {type: 'string'},
    tests: {type: 'string', multiple: true, default: FOLDERS},
  },
});

const work = mkdtempSync(join(tmpdir(), 'vch-mutants-'));
let worker;
try {
  await main();
} finally {
  worker?.child.kill('SIGKILL');
  rmSync(work, {recursive: true, force: true});
}

async function main() {
  const files = readdirSync(join(ROOT, 'dist/src'), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.js'))
    .filter((name) => (positionals.length > 0 ? positionals : FOLDERS).some((path) => name.startsWith(path)))
    .sort();
  const all = files.flatMap(mutantsOf);
  const before = values.again && survivorsIn(readFileSync(values.again, 'utf8'));
  const chosen = all
    .map((mutant) => ({...mutant, drawn: drawOf(mutant)}))
    .sort((a, b) => (a.drawn < b.drawn ? -1 : 1))
    .filter(({what}) => !before || before.has(withoutLine(what)))
    .slice(Number(values.from), Number(values.from) + Number(values.count))
    .map((mutant, id) => ({...mutant, id}));
  console.log(`${chosen.length} of ${all.length} mutants, seed ${values.seed}`);

  const tests = await measured(chosen);
  const survivors = [];
  const valid = [];
  const noticedBy = new Map();
  for (const mutant of chosen) {
    const reaching = within(BUDGET, tests, mutant, noticedBy);
    const {failure, file} = reaching.length > 0 ? await failureOf(mutant, reaching) : {};
    if (/^cannot be loaded: SyntaxError/.test(failure)) continue;
    valid.push(mutant);
    if (!failure) survivors.push(mutant);
    else noticedBy.set(`${mutant.file} ${file}`, 1 + (noticedBy.get(`${mutant.file} ${file}`) ?? 0));
    const how = failure ? 'noticed ' : reaching.length > 0 ? 'SURVIVED' : 'UNTESTED';
    console.log(`${String(mutant.id + 1).padStart(4)} ${how} ${mutant.what}`);
    if (failure) console.log(`       by ${failure.split('\n')[0].slice(0, 200)}`);
  }
  const noticed = valid.length - survivors.length;
  console.log(
    `\nscore ${((100 * noticed) / valid.length).toFixed(1)} %: ${noticed} of ${valid.length} noticed`,
  );
  for (const folder of new Set(valid.map(({file}) => dirname(file)))) {
    const here = valid.filter(({file}) => dirname(file) === folder).length;
    const survived = survivors.filter(({file}) => dirname(file) === folder).length;
    console.log(`  ${folder}: ${here - survived} of ${here}`);
  }
}

/** A mutant's place in the sample of that seed: the same one after changes elsewhere. */
function drawOf({what}) {
  return createHash('sha256')
    .update(`${values.seed} ${withoutLine(what)}`)
    .digest('hex');
}

function survivorsIn(output) {
  const found = output.matchAll(/^ *\d+ (?:SURVIVED|UNTESTED) (.*)$/gm);
  return new Set([...found].map(([, what]) => withoutLine(what)));
}

/** Whatever line of the file it is on now. */
function withoutLine(text) {
  return text.replace(/:\d+ /, ' ');
}

/** Every change that the operators make in a file, outside of texts and comments. */
function mutantsOf(file) {
  const original = readFileSync(join(ROOT, 'dist/src', file), 'utf8');
  const code = blanked(original);
  return OPERATORS.flatMap(([pattern, by]) =>
    [...code.matchAll(pattern)].map(({0: found, index}) => {
      const replaced = typeof by === 'string' ? by : by(found);
      const line = original.slice(0, index).split('\n').length;
      return {
        file,
        index,
        // To V8, an operator is part of what is on its right, which may not have run.
        place: /^[&|?]/.test(found) ? index - 2 : index,
        text: original.slice(0, index) + replaced + original.slice(index + found.length),
        what: `${file}:${line} "${original.slice(index, index + found.length)}" to "${replaced}" in ${original.split('\n')[line - 1].trim()}`,
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

/** All tests with their times and the places that they reach. */
async function measured(mutants) {
  const places = {};
  for (const {file, id, place} of mutants) {
    places[file] ??= [];
    places[file].push({id, place});
  }
  const files = readdirSync(join(ROOT, 'dist/test'), {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.test.js') && existsSync(join(ROOT, 'test', name.replace(/js$/, 'ts'))))
    .filter((name) => values.tests.some((path) => name.startsWith(path)))
    .filter((name) => !LEFT_OUT.test(readFileSync(join(ROOT, 'dist/test', name), 'utf8')));
  const tests = [];
  for (const file of files) {
    const {failure, tests: found} = await ask({files: [file], places}, {patience: 300_000});
    if (failure) console.log(`left out: ${file} fails without a mutant: ${failure}`);
    else tests.push(...found.map((test) => ({...test, file, reached: new Set(test.reached)})));
  }
  // It counts what runs, which takes time.
  endWorker();
  console.log(`${tests.length} tests of ${files.length} files`);
  return tests;
}

/** The tests that reach a mutant, by file: first the quick ones, and those of files that noticed others here. */
function within(budget, tests, {id, file: mutated}, noticedBy) {
  const weight = ({file, milliseconds}) => milliseconds / (1 + (noticedBy.get(`${mutated} ${file}`) ?? 0));
  const reaching = tests.filter(({reached}) => reached.has(id)).sort((a, b) => weight(a) - weight(b));
  const files = new Map();
  let left = budget;
  for (const {file, title, milliseconds} of reaching) {
    left -= milliseconds;
    if (left < 0) break;
    const {titles, longest} = files.get(file) ?? {titles: [], longest: 0};
    files.set(file, {file, titles: [...titles, title], longest: Math.max(longest, milliseconds)});
  }
  return [...files.values()];
}

/** What a mutant makes fail first. */
async function failureOf({file, text}, reaching) {
  const job = {
    files: reaching.map(({file}) => file),
    titles: reaching.flatMap(({titles}) => titles),
    mutated: {file, text},
  };
  const patience = 10_000 + 5 * Math.max(...reaching.map(({longest}) => longest));
  const dirty = worker?.failures > 0;
  const answer = await ask(job, {patience});
  if (!answer.uncaught || !dirty) return answer;
  // It may come from what an earlier mutant left behind in that process.
  endWorker();
  return ask(job, {patience});
}

/** Asks the worker, or a new one; not to hear from it for so many milliseconds is a failure, and so is its end. */
async function ask({mutated, ...job}, {patience}) {
  if (worker && (worker.trees >= TREES_OF_A_WORKER || worker.child.exitCode !== null)) endWorker();
  worker ??= {child: fork(join(ROOT, 'scripts/mutate-worker.mjs'), {stdio: 'ignore'}), trees: 0, failures: 0};
  const {child} = worker;
  const tree = plantTree(mutated);
  const answer = await new Promise((resolve) => {
    const giveUp = () => resolve({failure: `no end within ${patience} ms`, ended: true});
    let timer = setTimeout(giveUp, patience);
    const exited = () => resolve({failure: 'the process ended', ended: true});
    child.once('exit', exited);
    child.once('error', exited);
    child.on('message', (message) => {
      clearTimeout(timer);
      if (message.alive) timer = setTimeout(giveUp, patience);
      else resolve(message);
    });
    child.send({...job, tree});
  });
  child.removeAllListeners();
  worker.trees += 1;
  if (answer.failure) worker.failures += 1;
  if (answer.ended) endWorker();
  rmSync(tree, {recursive: true});
  return answer;
}

function endWorker() {
  worker?.child.kill('SIGKILL');
  worker = undefined;
}

/** The project in a directory of its own, with one file of its build changed. */
function plantTree(mutated) {
  const tree = mkdtempSync(join(work, 'tree-'));
  for (const name of readdirSync(ROOT)) if (name !== 'dist') symlinkSync(join(ROOT, name), join(tree, name));
  for (const entry of readdirSync(join(ROOT, 'dist'), {recursive: true, withFileTypes: true})) {
    const from = join(entry.parentPath ?? entry.path, entry.name);
    const to = join(tree, relative(ROOT, from));
    if (entry.isDirectory()) mkdirSync(to, {recursive: true});
    else if (!/\.(d\.ts|map)$/.test(entry.name)) linkSync(from, to);
  }
  if (mutated) {
    const path = join(tree, 'dist/src', mutated.file);
    // The link goes, not the file that it shares.
    unlinkSync(path);
    writeFileSync(path, mutated.text);
  }
  return tree;
}
