import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {availableParallelism} from 'node:os';
import {fileURLToPath} from 'node:url';
import {expect} from 'chai';
import type {WorkerLine} from './fault-matrix-worker.js';
import {callsOfAnUpgrade, KINDS} from './fault-trial.js';

const WORKER = fileURLToPath(new URL('fault-matrix-worker.js', import.meta.url));

describe('an upgrade of which any one SOAP call goes wrong', function () {
  this.timeout(900_000);

  it('ends as before, or upgraded, or resumable to upgraded, and says truly which', async () => {
    const workers = Math.min(availableParallelism(), 4);
    const lines = (
      await Promise.all(Array.from({length: workers}, (_, first) => runWorker(first, workers)))
    ).flat();
    print(lines);

    expect(lines.filter(({lies}) => lies.length > 0)).to.deep.equal([]);
    expect(lines).to.have.length((await callsOfAnUpgrade()) * Object.keys(KINDS).length);
    // What is said to be so often enough must be seen at least once, or the judge sees nothing.
    const said = new Set(lines.map((line) => line.said.split(' ')[0]));
    expect([...said].sort()).to.include.members(['as-before', 'rejected', 'upgraded']);
  });
});

async function runWorker(first: number, every: number): Promise<readonly WorkerLine[]> {
  const child = spawn(process.execPath, [WORKER, String(first), String(every)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  expect(code, 'exit of the worker').to.equal(0);
  return output
    .trim()
    .split('\n')
    .map((line): WorkerLine => JSON.parse(line));
}

/** The table of calls and outcomes: each outcome with the numbers of the calls that led to it. */
function print(lines: readonly WorkerLine[]): void {
  for (const kind of Object.keys(KINDS)) {
    const outcomes = new Map<string, number[]>();
    for (const {said, n} of lines.filter((line) => line.kind === kind))
      outcomes.set(said, [...(outcomes.get(said) ?? []), n]);
    for (const [said, numbers] of outcomes)
      console.log(`      ${kind.padEnd(13)} ${said.padEnd(36)} ${ranges(numbers.sort((a, b) => a - b))}`);
  }
}

/** `1-3, 7`. */
function ranges(sorted: readonly number[]): string {
  const parts: [number, number][] = [];
  for (const number of sorted) {
    const last = parts.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
}
