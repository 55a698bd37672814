// Runs the tests in parallel processes, a file at a time, and prints a line for each file, then what was left out,
// the counts, and last the failures.
//
//   node --enable-source-maps scripts/test.mjs [--quick | --sampled] [PATH…]
//
// PATH is the beginning of a file's path below test/. `--quick` takes the files that need no peer, browser or other
// process and upgrade no VCH; `--sampled` takes the files that run a sample of their cases. VCH_TEST_DEPTH=sample|ci|exhaustive
// says how large the samples are, VCH_TEST_SEED which ones, VCH_TEST_JOBS how many processes there are.
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {availableParallelism, tmpdir} from 'node:os';
import {join, relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import Mocha from 'mocha';

const TESTS = fileURLToPath(new URL('../dist/test/', import.meta.url));
const SOURCES = fileURLToPath(new URL('../test/', import.meta.url));
const SAMPLED = /\/depth\.js'/;
// The longest, longest first: they begin first, so that no process is left alone with one at the end.
const LONGEST = [
  'fleet/chaos',
  'fleet/worker',
  'package',
  'report/html',
  'conformance/dump',
  'fleet/fleet-cli',
  'doctor/doctor',
  'doctor/scratch',
  'fleet/takeover',
  'conformance/whole-vch',
  'vch-upgrade/fault-matrix',
  'containers/fault-matrix',
  'docs',
  'vch-upgrade/after-upgrade-faults',
  'vch-upgrade/outage-table',
  'fleet/serve',
  'cli/large-vch',
  'conformance/',
].map((name) => (name.endsWith('/') ? name : `${name}.test.js`));
const LONG = /\/(depth|peers|browser|small-upgrade|containers\/containers)\.js'|node:child_process/;

const {EVENT_TEST_END, EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_FAIL} = Mocha.Runner.constants;

const args = process.argv.slice(2);
const [options, paths] = [
  args.filter((arg) => arg.startsWith('-')),
  args.filter((arg) => !arg.startsWith('-')),
];
const unknown = options.filter((option) => option !== '--quick' && option !== '--sampled');
if (unknown.length > 0) fail(`unknown option ${unknown.join(' ')}`);

const all = readdirSync(TESTS, {recursive: true, encoding: 'utf8'})
  // A build that was not cleaned still has the files of tests that are gone.
  .filter((name) => name.endsWith('.test.js') && existsSync(join(SOURCES, name.replace(/js$/, 'ts'))))
  .filter((name) => paths.length === 0 || paths.some((path) => name.startsWith(path)))
  .map((name) => ({name, text: readFileSync(join(TESTS, name), 'utf8')}))
  .sort(
    (a, b) =>
      rank(a.name) - rank(b.name) ||
      Number(SAMPLED.test(b.text)) - Number(SAMPLED.test(a.text)) ||
      Number(LONG.test(b.text)) - Number(LONG.test(a.text)),
  );
const chosen = all.filter(
  ({text}) =>
    (!options.includes('--quick') || !LONG.test(text)) &&
    (!options.includes('--sampled') || SAMPLED.test(text)),
);
if (chosen.length === 0) fail(`no test file begins with ${paths.join(' or ')}`);

const work = mkdtempSync(join(tmpdir(), 'vch-tests-'));
const leftOutFile = join(work, 'left-out');
process.env.VCH_TEST_LEFT_OUT = leftOutFile;

/** A line for each file when it is through; at the end what was left out, the counts, and the failures. */
class FileReporter extends Mocha.reporters.Base {
  constructor(runner, settings) {
    super(runner, settings);
    let current = {file: undefined, tests: 0, failed: 0, milliseconds: 0};
    const count = ({file, duration = 0}, more) => {
      if (file !== current.file) {
        printFile(current);
        current = {file, tests: 0, failed: 0, milliseconds: 0};
      }
      current.milliseconds += duration;
      current.tests += more.tests ?? 0;
      current.failed += more.failed ?? 0;
    };
    runner.on(EVENT_TEST_END, (test) => count(test, {tests: 1}));
    runner.on(EVENT_HOOK_END, (hook) => count(hook, {}));
    runner.on(EVENT_TEST_FAIL, (test) => count(test, {failed: 1}));
    runner.once(EVENT_RUN_END, () => {
      printFile(current);
      const leftOut = [...leftOutLines(), ...notChosen()];
      if (leftOut.length > 0) console.log(`\nleft out: ${leftOut.join('; ')}`);
      this.epilogue();
    });
  }
}

function rank(name) {
  const at = LONGEST.findIndex((long) => name.startsWith(long));
  return at === -1 ? LONGEST.length : at;
}

function printFile({file, tests, failed, milliseconds}) {
  if (file === undefined) return;
  const name = relative(TESTS, file).replace(/\.test\.js$/, '');
  const seconds = (milliseconds / 1000).toFixed(1).padStart(6);
  console.log(`${seconds} s  ${String(tests).padStart(4)}  ${name}${failed > 0 ? `  ${failed} FAILED` : ''}`);
}

function leftOutLines() {
  try {
    return [...new Set(readFileSync(leftOutFile, 'utf8').trim().split('\n'))].filter((line) => line !== '');
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

function notChosen() {
  const files = all.length - chosen.length;
  return files === 0 ? [] : [`${files} of ${all.length} test files`];
}

function fail(problem) {
  console.error(`scripts/test.mjs: ${problem}`);
  process.exit(2);
}

// The processes inherit it: most of what tests make is garbage at once.
process.execArgv.push('--max-semi-space-size=32');
const mocha = new Mocha({
  parallel: true,
  // Some of them wait: for processes, for a browser, for time in which a worker counts as alive.
  jobs: Number(process.env.VCH_TEST_JOBS ?? availableParallelism() + 3),
  // Of a machine with other things to do.
  timeout: 120_000,
  forbidOnly: true,
  reporter: FileReporter,
  color: process.stdout.isTTY === true && process.env.NO_COLOR === undefined,
});
for (const {name} of chosen) mocha.addFile(join(TESTS, name));
const started = performance.now();
mocha.run((failures) => {
  rmSync(work, {recursive: true, force: true});
  console.log(`  ${chosen.length} files in ${Math.round((performance.now() - started) / 1000)} s`);
  process.exit(failures > 0 ? 1 : 0);
});
