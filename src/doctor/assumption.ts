import type {ManagedObjectReference} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import type {ScratchVm} from './scratch-vm.js';

/** What a look at one assumption gave; `seen` has no name, address or value of the target. */
export interface Seen {
  readonly status: 'confirmed' | 'refuted' | 'not-tried';
  readonly seen: string;
}

/** What a probe works with. */
export interface Bench {
  readonly session: Session;
  /** VMs of the target, to be read only; maybe none. */
  readonly sample: readonly ManagedObjectReference[];
  /** Milliseconds since 1970, by this machine. */
  readonly wallClock: () => number;
}

/** What a probe that writes works with. */
export interface ScratchBench extends Bench {
  readonly scratch: ScratchVm;
}

/** What a refuted assumption means; which commands refuse then is in `stands.ts`. */
interface Meaning {
  readonly id: string;
  /** What this tool stands on, in a sentence. */
  readonly title: string;
  /** What it means where it does not hold. */
  readonly meaning: string;
}

/** One row of the table. */
export type Assumption =
  | (Meaning & {readonly needs: 'reading'; readonly probe: (bench: Bench) => Promise<Seen>})
  | (Meaning & {readonly needs: 'scratch'; readonly probe: (bench: ScratchBench) => Promise<Seen>});

export function confirmed(seen: string): Seen {
  return {status: 'confirmed', seen};
}

export function refuted(seen: string): Seen {
  return {status: 'refuted', seen};
}

export function notTried(seen: string): Seen {
  return {status: 'not-tried', seen};
}

/** Confirmed or refuted, in the same words. */
export function holds(is: boolean, yes: string, no: string): Seen {
  return is ? confirmed(yes) : refuted(no);
}
