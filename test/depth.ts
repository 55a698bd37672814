import {appendFileSync} from 'node:fs';
import {seededRandom} from '../src/simulator/random.js';

/** How much of the long scenarios runs: `npm test` takes a sample, CI a larger one, `test:exhaustive` all. */
const DEPTHS = ['sample', 'ci', 'exhaustive'] as const;

/** How many cases a run of that depth takes; the exhaustive one takes all. */
export interface Sizes {
  readonly sample: number;
  readonly ci: number;
}

function depth(): (typeof DEPTHS)[number] {
  const given = process.env.VCH_TEST_DEPTH ?? 'sample';
  const known = DEPTHS.find((name) => name === given);
  if (known === undefined)
    throw new Error(`VCH_TEST_DEPTH is "${given}"; it must be one of ${DEPTHS.join(', ')}`);
  return known;
}

/** Reports what this run leaves out: the runner prints it in one line at the end. */
export function leaveOut(what: string): void {
  const file = process.env.VCH_TEST_LEFT_OUT;
  if (file === undefined)
    process.setMaxListeners(0).once('exit', () => process.stderr.write(`left out: ${what}\n`));
  else appendFileSync(file, `${what}\n`);
}

/** The size of a scenario at this depth, such as its number of VMs. */
export function sizeOf(
  what: string,
  {sample, ci, exhaustive}: Sizes & {readonly exhaustive: number},
): number {
  const size = {sample, ci, exhaustive}[depth()];
  if (size < exhaustive) leaveOut(`${exhaustive - size} of ${exhaustive} ${what}`);
  return size;
}

/** The cases that this run takes, in their order; VCH_TEST_SEED draws another sample of them. */
export function sampleOf<T>(what: string, cases: readonly T[], sizes: Sizes): T[] {
  const size = Math.min(sizeOf(what, {...sizes, exhaustive: cases.length}), cases.length);
  const random = seededRandom(Number(process.env.VCH_TEST_SEED ?? 1));
  return cases
    .map((value, index) => ({value, index, drawn: random()}))
    .sort((a, b) => a.drawn - b.drawn)
    .slice(0, size)
    .sort((a, b) => a.index - b.index)
    .map(({value}) => value);
}
