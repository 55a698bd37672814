// Runs tests of a built tree in a process that lives on: what a tree imports from node_modules is loaded once, its own
// files anew for each tree. A message names the tree, the files of its tests and the titles that count there (all, if
// none are given). The answer is the first failure; if the message has `places`, each test's time and the places that
// it reaches.
import {Session} from 'node:inspector';
import {join, relative} from 'node:path';
import {pathToFileURL} from 'node:url';
import Mocha from 'mocha';

const {EVENT_HOOK_END, EVENT_TEST_END, EVENT_TEST_FAIL, EVENT_TEST_PASS} = Mocha.Runner.constants;

process.on('message', async ({tree, files, titles, places}) => {
  process.chdir(tree);
  const coverage = places && startCoverage(tree, places);
  const mocha = new Mocha({bail: !places, timeout: 30_000, reporter: class {}});
  for (const file of files) mocha.addFile(join(tree, 'dist/test', file));
  const answer = {tests: []};
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    process.send({...answer, failure: `cannot be loaded: ${error.stack ?? error}`});
    return;
  }
  if (titles) keepOnly(mocha.suite, new Set(titles));
  const reachedBy = new Map([[mocha.suite, coverage?.taken()]]);
  let since = performance.now();
  const runner = mocha.run(() => {
    mocha.dispose();
    coverage?.stop();
    process.send(answer);
  });
  runner.on(EVENT_TEST_FAIL, (test, error) => {
    if (answer.failure) return;
    answer.failure = `${test.fullTitle()}: ${error?.stack ?? error}`;
    answer.file = relative(join(tree, 'dist/test'), test.file ?? '');
    answer.uncaught = error?.uncaught === true;
  });
  runner.on(EVENT_TEST_PASS, () => process.send({alive: true}));
  if (!coverage) return;
  // What the hooks before a suite reach, all of its tests reach.
  runner.on(EVENT_HOOK_END, ({type, originalTitle, parent}) => {
    if (/before all/.test(originalTitle ?? type))
      reachedBy.set(parent, union(reachedBy.get(parent), coverage.taken()));
  });
  runner.on(EVENT_TEST_END, (test) => {
    const now = performance.now();
    let reached = coverage.taken();
    for (let suite = test.parent; suite; suite = suite.parent) reached = union(reached, reachedBy.get(suite));
    answer.tests.push({title: test.fullTitle(), milliseconds: now - since, reached: [...reached]});
    since = now;
  });
});

function union(some = [], more = []) {
  return new Set([...some, ...more]);
}

function keepOnly(suite, titles) {
  suite.tests = suite.tests.filter((test) => titles.has(test.fullTitle()));
  for (const inner of suite.suites) keepOnly(inner, titles);
}

/** Counts from here on; `taken` says which places ran since it was called before. */
function startCoverage(tree, places) {
  const session = new Session();
  session.connect();
  // The session answers within the call.
  const ask = (method, parameters) => {
    let answer;
    session.post(method, parameters, (error, result) => {
      if (error) throw new Error(error.message);
      answer = result;
    });
    return answer;
  };
  ask('Profiler.enable');
  ask('Profiler.startPreciseCoverage', {callCount: true, detailed: true});
  const own = `${pathToFileURL(join(tree, 'dist/src'))}/`;
  const taken = () => {
    const reached = new Set();
    for (const {url, functions} of ask('Profiler.takePreciseCoverage').result) {
      if (!url.startsWith(own)) continue;
      const ranges = functions.flatMap(({ranges}) => ranges);
      for (const {id, place} of places[url.slice(own.length)] ?? []) if (ran(ranges, place)) reached.add(id);
    }
    return reached;
  };
  return {taken, stop: () => session.disconnect()};
}

/** Whether the innermost range around a place ran. */
function ran(ranges, place) {
  let inner;
  for (const range of ranges) {
    if (range.startOffset > place || place >= range.endOffset) continue;
    if (!inner || range.endOffset - range.startOffset <= inner.endOffset - inner.startOffset) inner = range;
  }
  return inner !== undefined && inner.count > 0;
}
