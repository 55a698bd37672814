import type {VchSummary} from '../appliance/upgrade-lock.js';
import type {VchError} from '../errors.js';
import type {Change} from '../extraconfig/extra-config.js';
import type {Finding} from '../migration/finding.js';
import type {RenameClass} from '../migration/rename-class.js';

export type {LockState, VchSummary} from '../appliance/upgrade-lock.js';
export type {RenameClass} from '../migration/rename-class.js';

/** How a command ended for one VM, in the words of the report. `plan` says `pending`, `apply` says `changed`. */
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

/** The result for one VM, complete even if the command stopped early. */
interface Ended {
  /** Managed object id: `vm-13`. */
  readonly id: string;
  readonly displayName: string;
  readonly powerState: string | null;
  /** `null` if the data version is not a number, or could not be read. */
  readonly dataVersion: number | null;
  readonly status: VmStatus;
  /** Ids of the plugins that this run applied, would apply or undid. */
  readonly applied: readonly string[];
  /** Raw values, not masked yet; without the ledger's own key. */
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
  readonly error: VchError | null;
}

/** One containerVM after a command. */
export interface VmOutcome extends Ended {
  readonly kind: 'container';
  readonly containerId: string | null;
  readonly containerName: string | null;
  readonly rename: RenameClass;
  /** Plugins recorded in the VM's ledger: filled by `status`. */
  readonly history?: readonly string[];
  /** Plugins that `apply` would still run: filled by `status`. */
  readonly pending?: readonly string[];
}

/** The appliance after a command over the VCH as a whole. */
export interface ApplianceOutcome extends Ended {
  readonly kind: 'appliance';
}

/** What a command over the containerVMs returns; over the VCH as a whole, with the appliance among the VMs. */
export interface RunOutcome<Vm extends VmOutcome | ApplianceOutcome = VmOutcome> {
  readonly vch: VchSummary;
  readonly vms: readonly Vm[];
  /** What concerns no single VM in scope: a containerVM of this VCH outside its pool and folder. */
  readonly findings: readonly Finding[];
  /** True if a signal or the caller stopped the run before every VM was attempted. */
  readonly interrupted: boolean;
  /** What `verify` compared, and on how many of the VMs it was as it should be. */
  readonly compared?: readonly Compared[] | undefined;
}

/** One comparison of `verify`: `ok` of the `of` containerVMs on which it was made are as they should be. */
export interface Compared {
  readonly check: string;
  readonly ok: number;
  readonly of: number;
}

/** What any command returns. */
export type AnyOutcome = RunOutcome<VmOutcome | ApplianceOutcome>;

/** The phases of a run over containerVMs. */
export type RunPhase = 'find' | 'read' | 'plan' | 'commit' | 'verify';

/** A release of VIC on an appliance. */
interface Release {
  readonly version: string | null;
  readonly build: string | null;
  readonly dataVersion: number;
}

/** The steps of an upgrade and of its rollback as people see them. */
export type StepGroup =
  | 'Check and plan'
  | 'Upload ISO files'
  | 'Write containerVMs'
  | 'Take the snapshot'
  | 'Upgrade and boot'
  | 'Put back'
  | 'Verify and unlock';

export type ProgressEvent =
  | {
      readonly type: 'phase';
      readonly phase: RunPhase;
      readonly label?: undefined;
      readonly total: number | null;
      readonly group?: StepGroup | undefined;
    }
  /** A step of an upgrade or its rollback: its name, and what people call it. */
  | {
      readonly type: 'phase';
      readonly phase: string;
      readonly label: string;
      readonly total: number | null;
      readonly group?: StepGroup | undefined;
    }
  /** The current phase did not succeed; of others the next one says that it is done. */
  | {readonly type: 'phase-ended'; readonly status: 'failed' | 'interrupted'}
  /** What the current phase waits for, and for how many milliseconds at most since it began. */
  | {readonly type: 'waiting'; readonly reason: string; readonly within: number}
  /** What an upgrade or its rollback is about; the releases are known once it begins to write. */
  | {
      readonly type: 'about';
      readonly vch: string;
      readonly before?: Release;
      readonly target?: Release;
      /** containerVMs that it will leave out, by their status. */
      readonly leftOut?: Readonly<Partial<Record<VmStatus, number>>>;
    }
  /** The snapshot is taken: how to go back from here on, line by line. */
  | {readonly type: 'way-back'; readonly snapshot: string | null; readonly card: readonly string[]}
  /** The VCH was seen to be down, from `from` on; with `to` it is ready again. */
  | {readonly type: 'outage'; readonly from: Date; readonly to: Date | null}
  /** `null`: how many there are is not known yet. */
  | {readonly type: 'progress'; readonly done: number; readonly total: number | null}
  /** The number of VMs being written now. */
  | {readonly type: 'in-flight'; readonly vms: number}
  | {readonly type: 'vm'; readonly vm: VmOutcome};
