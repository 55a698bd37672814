// npm run bench -- [--only PART,…] [--runs N] [--quick] [--check] [--out FOLDER] [--divide N]; see bench/README.md
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {parseArgs} from 'node:util';
import {ROOT} from '../test/peers.js';
import {buildPrograms, type Programs} from './build.js';
import {PARTS} from './parts.js';
import {resultFiles, targetTable} from './results-page.js';
import {readStored, type Stored, writeResults} from './stored.js';
import {isMet, targetsOf} from './targets.js';

const started = performance.now();

function tell(line: string): void {
  const seconds = Math.round((performance.now() - started) / 1000);
  process.stderr.write(`${String(seconds).padStart(5)} s  ${line}\n`);
}

async function main(): Promise<void> {
  const {values: given} = parseArgs({
    options: {
      only: {type: 'string', default: PARTS.map(({name}) => name).join(',')},
      runs: {type: 'string'},
      quick: {type: 'boolean', default: false},
      check: {type: 'boolean', default: false},
      divide: {type: 'string', default: '1'},
      out: {type: 'string', default: `${ROOT}bench`},
    },
  });
  const names = given.only.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0)
    throw new Error(
      `there is no part ${unknown.join(', ')}; the parts are ${PARTS.map(({name}) => name).join(', ')}`,
    );
  const extent = {
    runs: positive('--runs', given.runs ?? (given.quick ? '3' : '5')),
    quick: given.quick,
    divide: positive('--divide', given.divide),
  };
  // A trial of the benchmark itself must not pass for its results.
  const out = resolve(extent.divide === 1 ? given.out : join(tmpdir(), 'vch-migrate-bench'));
  let stored: Stored = readStored(join(out, 'results.json'));
  if (names.length > 0) {
    let built: Promise<Programs> | undefined;
    const programs = () => {
      built ??= buildPrograms(tell);
      return built;
    };
    for (const part of PARTS.filter(({name}) => names.includes(name))) {
      const [whole, quick] = part.minutes;
      tell(`${part.name}: ${part.title} (about ${extent.quick ? quick : whole} min)`);
      const folder = mkdtempSync(join(tmpdir(), 'vch-migrate-bench-'));
      try {
        const result = await part.measure({
          extent,
          programs,
          folder,
          tell: (line) => tell(`${part.name}: ${line}`),
        });
        stored = {...stored, parts: {...stored.parts, [part.name]: result}};
      } catch (error) {
        // The other parts do not depend on it; what it measured on an earlier day would pass for this day's.
        tell(`${part.name} FAILED: ${error instanceof Error ? error.message : String(error)}`);
        stored = {...stored, parts: {...stored.parts, [part.name]: undefined}};
        process.exitCode = 2;
      } finally {
        rmSync(folder, {recursive: true, force: true});
      }
      // After each part, so that a run that is stopped leaves what it has.
      writeResults(out, resultFiles(stored));
    }
  }
  writeResults(out, resultFiles(stored));
  const targets = targetsOf(stored.parts);
  process.stdout.write(`${targetTable(targets)}\n`);
  tell(`done; see ${join(out, 'RESULTS.md')}`);
  if (given.check && targets.some((target) => isMet(target) === false)) process.exitCode ??= 1;
}

function positive(option: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`${option} needs a whole number above 0, not ${text}`);
}

main().catch((error: unknown) => {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});
