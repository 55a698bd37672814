import type {Taken} from './measure.js';

/** What was measured in one run. Seconds, megabytes; requests and bytes where they were counted. */
export type Run = Partial<Taken> & {
  readonly wall: number;
  readonly requests?: number;
  readonly bytes?: number;
};

/** One kind of figure. */
export type Figure = 'wall' | 'cpu' | 'memory' | 'requests' | 'bytes';

/** What the same command took, run after run. */
export interface Row {
  readonly name: string;
  readonly title: string;
  /** The containerVMs that it was about. */
  readonly vms?: number;
  /** The containerVMs that were really migrated, if the figures are scaled up from those. */
  readonly sample?: number;
  readonly runs: readonly Run[];
}

/** The rows of one part of the benchmark. */
export interface PartResult {
  readonly rows: readonly Row[];
}

/** Everything that was measured, by the names of the parts. */
export type Results = Readonly<Record<string, PartResult | undefined>>;

/** The values of one figure in all runs. */
export function valuesOf({runs}: Row, figure: Figure): readonly number[] {
  return runs.flatMap((run) => run[figure] ?? []);
}

/** The median of one figure; `undefined` if it was not measured. */
export function medianOf(row: Row | undefined, figure: Figure): number | undefined {
  return row === undefined ? undefined : median(valuesOf(row, figure));
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [
    sorted[Math.floor((sorted.length - 1) / 2)],
    sorted[Math.ceil((sorted.length - 1) / 2)],
  ];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}

/** A row of a part. */
export function rowOf(results: Results, part: string, name: string): Row | undefined {
  return results[part]?.rows.find((row) => row.name === name);
}

/** One median as a multiple of another. */
export function ratio(a: Row | undefined, b: Row | undefined, figure: Figure): number | undefined {
  const [over, under] = [medianOf(a, figure), medianOf(b, figure)];
  return over === undefined || under === undefined || under === 0 ? undefined : over / under;
}
