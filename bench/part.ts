import type {Programs} from './build.js';
import type {Figure, PartResult} from './figures.js';

/** How much is measured. */
export interface Extent {
  /** Runs of what decides; medians are taken over these. */
  readonly runs: number;
  /** Only what the targets need. */
  readonly quick: boolean;
  /** All numbers of containerVMs are divided by this, to try the benchmark itself. */
  readonly divide: number;
}

/** One part of the benchmark. */
export interface Part {
  readonly name: string;
  readonly title: string;
  /** Minutes that it takes whole, and of a quick run; roughly, on two cores. */
  readonly minutes: readonly [whole: number, quick: number];
  /** The figures that are plotted. */
  readonly plots: readonly Figure[];
  /** `folder` is empty at first, and gone afterwards. */
  measure(context: PartContext): Promise<PartResult>;
}

export interface PartContext {
  readonly extent: Extent;
  /** Builds them first, if they are not built yet. */
  readonly programs: () => Promise<Programs>;
  readonly folder: string;
  /** Says how far it is. */
  readonly tell: (line: string) => void;
}
