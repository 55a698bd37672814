import type {VicInventory} from '../inventory/find-vch.js';
import type {VchSelector} from '../inventory/vch.js';
import type {Logger} from '../log.js';
import type {RunInfo} from '../migration/plan.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {UndoFilter} from '../migration/undo.js';
import type {AnyOutcome, ProgressEvent, VmOutcome} from './outcome.js';

export type {VchSelector} from '../inventory/vch.js';

/** What every command over the containerVMs of one VCH takes. */
export interface RunOptions extends Narrowing {
  readonly vch: VchSelector;
  /** What was found on the target before, for a command that only reads; without it, the whole inventory is looked at. */
  readonly inventory?: VicInventory | undefined;
  readonly registry: PluginRegistry;
  /** The run's id; kept in ledgers and in vpxd's log (`operationID`). */
  readonly runId: string;
  /** vSphere user, kept in ledgers. */
  readonly user: string;
  readonly toolVersion: string;
  readonly changeId?: string | undefined;
  /** Writes in flight, 1 to 32. */
  readonly parallelism: number;
  /** Stop before writing unless the VCH has exactly this many containerVMs. */
  readonly expect?: number | undefined;
  /** Aborted by the first signal: nothing new is started; what is in flight is finished and reported. */
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  /** Called right before one VM is written, with its moref and the keys. */
  readonly onWrite?: ((id: string, keys: readonly string[]) => void) | undefined;
  /** Awaited before a VM is started; rejects with the reason why it must not be. */
  readonly beforeStart?: (() => Promise<void>) | undefined;
  /** Rejects with what forbids to carry out the plan, before anybody is asked; `uploads`: ISO files are part of it. */
  readonly permit?: ((planned: AnyOutcome, uploads: boolean) => Promise<void>) | undefined;
  /** Asked once, between the plan and the first write; `false` stops with nothing written. */
  readonly confirm?: ((planned: AnyOutcome) => Promise<boolean>) | undefined;
  /** In which stages a run writes, and what stops it. */
  readonly staging?: Staging | undefined;
  /** The vCenter that the session's inventory is a copy of; absent for one that is no copy. */
  readonly copyOf?: CopiedTarget | undefined;
  /** Milliseconds that a reconfiguration takes there, where that was measured. */
  readonly taskTime?: number | undefined;
}

/** A vCenter of which there is a dump. */
interface CopiedTarget {
  readonly url: string;
  readonly instanceUuid: string | null;
  /** Its names and values are not the real ones. */
  readonly isMasked: boolean;
}

/** Which VMs of the VCH a run is about. */
export interface Narrowing {
  /** Only these VMs; given the outcome as it is planned. */
  readonly select?: Select | undefined;
  /** The VCH of the report that selects the VMs: it must be this one, or nothing would be selected, silently. */
  readonly reported?: {readonly id: string; readonly name: string} | undefined;
}

/** Whether a VM is part of the run. */
export type Select = (vm: VmOutcome) => boolean;

/** In which stages a run writes, and what stops it. */
export interface Staging {
  /** This many VMs are written and read back before any other. */
  readonly canary?: number | undefined;
  readonly maxErrors?: MaxErrors | undefined;
  /** Nothing new is started after it. */
  readonly deadline?: Date | undefined;
  /** Asked once the canaries are changed; without it the run continues. */
  readonly goOn?: ((canaries: number, left: number) => Promise<boolean>) | undefined;
  readonly now?: (() => Date) | undefined;
}

/** How many VMs may fail before nothing new is started. */
export type MaxErrors =
  | {readonly kind: 'count'; readonly count: number}
  | {readonly kind: 'percent'; readonly percent: number};

/** The options of `undo`. */
export interface UndoOptions extends RunOptions, UndoFilter {}

/** The run as the ledgers will name it. */
export function runInfo(options: RunOptions): RunInfo {
  return {
    runId: options.runId,
    time: new Date().toISOString(),
    user: options.user,
    toolVersion: options.toolVersion,
    ...(options.changeId === undefined ? {} : {changeId: options.changeId}),
  };
}
