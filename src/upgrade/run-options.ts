import type {Logger} from '../log.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {ProgressEvent, RunOutcome} from './outcome.js';

/** Which VCH is meant; with nothing set, the only one on the target. */
export interface VchSelector {
  /** Display name of the appliance, or the VCH's own name. */
  readonly name?: string | undefined;
  /** Managed object id of the appliance: `vm-12`; `VirtualMachine:vm-12` is taken, too. */
  readonly id?: string | undefined;
  /** Name or inventory path of the cluster, host, resource pool or vApp it lies in. */
  readonly computeResource?: string | undefined;
  /** Name of the datacenter it lies in. */
  readonly datacenter?: string | undefined;
}

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
  /** Asked once, between the plan and the first write; `false` stops with nothing written. */
  readonly confirm?: ((planned: RunOutcome) => Promise<boolean>) | undefined;
}

/** What `undo` takes besides. */
export interface UndoOptions extends RunOptions {
  /** Only what this run wrote. */
  readonly run?: string | undefined;
  /** Undo every plugin above this version, and keep it. */
  readonly to?: number | undefined;
}
