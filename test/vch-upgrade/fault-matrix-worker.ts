import {callsOfAnUpgrade, KINDS, type Trial, trial} from './fault-trial.js';

/** One trial, as a worker tells it. */
export interface WorkerLine extends Trial {
  readonly kind: string;
  readonly n: number;
}

/** Trials side by side in one process: most of a trial is waiting. */
const SIDE_BY_SIDE = 6;

/** Goes through every k-th of all trials, from the first one that is its own; a line of JSON for each. */
async function work(first: number, every: number): Promise<void> {
  const calls = await callsOfAnUpgrade();
  const all = Object.entries(KINDS).flatMap(([kind, action]) =>
    Array.from({length: calls}, (_, index) => ({kind, action, n: index + 1})),
  );
  const own = all.filter((_, index) => index % every === first);
  const takeUp = async (): Promise<void> => {
    for (let next = own.shift(); next !== undefined; next = own.shift()) {
      const line: WorkerLine = {kind: next.kind, n: next.n, ...(await trial(next.n, next.action))};
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  };
  await Promise.all(Array.from({length: SIDE_BY_SIDE}, takeUp));
}

const [, , first = '0', every = '1'] = process.argv;
await work(Number(first), Number(every));
