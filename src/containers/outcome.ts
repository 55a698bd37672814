import type {VchSummary} from '../appliance/lease.js';
import type {VchError} from '../errors.js';
import type {Change} from '../extraconfig/extra-config.js';
import type {Finding} from '../migration/finding.js';
import type {RenameClass} from '../migration/rename-class.js';

export type {LockState, VchSummary} from '../appliance/lease.js';
export type {RenameClass} from '../migration/rename-class.js';

/** Where one VM ended; the words of the report. `pending` is what `plan` says for what `apply` makes `changed`. */
export type VmStatus =
  | 'pending'
  | 'changed'
  | 'unchanged'
  | 'refused'
  | 'failed'
  | 'conflict'
  | 'unreachable'
  | 'unknown'
  | 'not-attempted'
  | 'skipped';

/** One VM after a command, as far as the command got with it. */
export interface VmOutcome {
  /** Managed object id: `vm-13`. */
  readonly id: string;
  readonly kind: 'container' | 'appliance';
  readonly displayName: string;
  readonly containerId: string | null;
  readonly containerName: string | null;
  readonly powerState: string | null;
  /** `null` where the data version is no number, or could not be read. */
  readonly dataVersion: number | null;
  readonly rename: RenameClass;
  readonly status: VmStatus;
  /** Ids of the plugins applied by this run, would be applied by it, or undone by it. */
  readonly applied: readonly string[];
  /** Raw values; the ledger's own key is not among them. Not masked yet. */
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly error: VchError | null;
  /** Plugins recorded in the VM's ledger: filled by `status` and `verify`. */
  readonly history?: readonly string[];
  /** Plugins that `apply` would still run: filled by `status`. */
  readonly pending?: readonly string[];
}

/** What `plan`, `apply`, `undo`, `status` and `verify` give back. */
export interface RunOutcome {
  readonly vch: VchSummary;
  readonly vms: readonly VmOutcome[];
  /** What concerns no single VM in scope: a containerVM of this VCH that lies outside its pool and folder. */
  readonly findings: readonly Finding[];
  /** True when a signal or the caller stopped the run before every VM was attempted. */
  readonly interrupted: boolean;
}

/** What a run over containerVMs does, one after the other. */
export type RunPhase = 'find' | 'read' | 'plan' | 'commit' | 'verify';

export type ProgressEvent =
  | {
      readonly type: 'phase';
      readonly phase: RunPhase;
      readonly label?: undefined;
      readonly total: number | null;
    }
  /** A step of an upgrade or its rollback: its name, and what people call it. */
  | {readonly type: 'phase'; readonly phase: string; readonly label: string; readonly total: number | null}
  | {readonly type: 'progress'; readonly done: number; readonly total: number}
  /** So many VMs are being written now. */
  | {readonly type: 'in-flight'; readonly vms: number}
  | {readonly type: 'vm'; readonly vm: VmOutcome};
