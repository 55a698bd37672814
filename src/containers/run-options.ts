import type {VchSelector} from '../inventory/vch.js';
import type {Logger} from '../log.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {Staging} from './brake.js';
import type {ProgressEvent, RunOutcome} from './outcome.js';
import type {Select} from './selection.js';

export type {VchSelector} from '../inventory/vch.js';

/** What every command over the containerVMs of one VCH takes. */
export interface RunOptions {
  readonly vch: VchSelector;
  readonly registry: PluginRegistry;
  /** The run's id; kept in ledgers and in vpxd's log (`operationID`). */
  readonly runId: string;
  /** vSphere user, kept in ledgers. */
  readonly user: string;
  readonly toolVersion: string;
  readonly changeId?: string | undefined;
  /** Writes in flight, 1 to 32. */
  readonly parallelism: number;
  /** Stop before writing unless exactly so many containerVMs are found. */
  readonly expect?: number | undefined;
  /** Aborted by the first signal: nothing new is started, what is in flight is finished and reported. */
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
  readonly onProgress?: ((event: ProgressEvent) => void) | undefined;
  /** Right before one VM is written: its moref, and the keys. */
  readonly onWrite?: ((id: string, keys: readonly string[]) => void) | undefined;
  /** Asked once, between the plan and the first write; `false` stops with nothing written. */
  readonly confirm?: ((planned: RunOutcome) => Promise<boolean>) | undefined;
  /** Only these VMs are in the run. */
  readonly select?: Select | undefined;
  /** The VCH of the report that they are selected by; it must be this one. */
  readonly reported?: {readonly id: string; readonly name: string} | undefined;
  /** How a run that writes is held back. */
  readonly staging?: Staging | undefined;
}

/** What `undo` takes besides. */
export interface UndoOptions extends RunOptions {
  /** Only what this run wrote. */
  readonly run?: string | undefined;
  /** Undo every plugin above this version, and keep it. */
  readonly to?: number | undefined;
}
