import {expect} from 'chai';
import fc from 'fast-check';
import {VchError} from '../../src/errors.js';
import {sizeOf} from '../depth.js';

/** Seconds of this process's own time that one input may take, however busy the machine is. */
const TIME_LIMIT = 2;
/** What the process may grow by over all inputs of a target, in KiB. */
const MEMORY_LIMIT = 600 * 1024;

/** How many inputs the exhaustive run makes for a target. */
export const EXHAUSTIVE = 100_000;

/** A plan or another result that holds an error, rather than throwing it. */
interface Result {
  readonly error: unknown;
}

/**
 * Gives a target many inputs, the same ones for the same VCH_TEST_SEED; a failure prints the seed and the smallest
 * input that fails. Each must end in a result or in one of our errors, other than that of a defect.
 */
export function fuzz<T>(
  what: string,
  input: fc.Arbitrary<T>,
  use: (input: T) => unknown,
  {sample = 60, exhaustive = EXHAUSTIVE}: {readonly sample?: number; readonly exhaustive?: number} = {},
): void {
  const numRuns = sizeOf('inputs of each fuzz target', {sample, ci: 20 * sample, exhaustive});
  it(`${what}: ${numRuns} inputs end in a result or one of our errors`, async function () {
    this.timeout(0);
    const before = process.resourceUsage().maxRSS;
    await fc.assert(
      fc.asyncProperty(input, async (value) => {
        await withinBounds(() => use(value));
      }),
      {numRuns, seed: Number(process.env.VCH_TEST_SEED ?? 1)},
    );
    expect(process.resourceUsage().maxRSS - before, 'KiB of memory').to.be.below(MEMORY_LIMIT);
  });
}

/** Gives our error, if it ends in one. */
export async function withinBounds(use: () => unknown): Promise<VchError | undefined> {
  const started = process.cpuUsage();
  const error = await ended(use);
  const {user, system} = process.cpuUsage(started);
  expect((user + system) / 1_000_000, 'seconds').to.be.below(TIME_LIMIT);
  return error;
}

async function ended(use: () => unknown): Promise<VchError | undefined> {
  try {
    const result = await use();
    if (isResult(result)) throw result.error;
    return undefined;
  } catch (error) {
    if (!(error instanceof VchError) || error.code === 'VCH_ERR_INTERNAL') throw error;
    return error;
  }
}

function isResult(value: unknown): value is Result {
  return typeof value === 'object' && value !== null && 'error' in value;
}
