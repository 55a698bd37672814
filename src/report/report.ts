/** Where one VM ended, in the order in which the summary counts them. */
export const VM_STATUSES = [
  'pending',
  'changed',
  'unchanged',
  'refused',
  'failed',
  'conflict',
  'unreachable',
  'unknown',
  'not-attempted',
  'skipped',
] as const;

export type ReportStatus = (typeof VM_STATUSES)[number];

/** The commands that tell what they did in a report. */
export const REPORT_COMMANDS = [
  'plan',
  'apply',
  'undo',
  'status',
  'verify',
  'rename',
  'audit',
  'check',
  'upgrade',
  'rollback',
  'resume',
  'unlock',
] as const;

export type ReportCommand = (typeof REPORT_COMMANDS)[number];

export type ReportSummary = Readonly<Record<'total' | ReportStatus | 'renameDisabled', number>>;

/** Something a person should know, which stops nothing by itself. */
export interface ReportFinding {
  readonly code: string;
  readonly message: string;
}

/** Why a VM, or a whole run, is not where it should be. `fault` is vSphere's own name for it. */
export interface ReportError {
  readonly code: string;
  readonly message: string;
  readonly fault?: string;
}

/** One key; values are masked already. `null`: the key is absent. */
export interface ReportChange {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One VM of the report. The keys after `error` are additions to the contract. */
export interface ReportVm {
  readonly id: string;
  readonly kind: 'container' | 'appliance';
  readonly displayName: string;
  readonly containerId: string | null;
  readonly containerName: string | null;
  readonly powerState: string | null;
  readonly dataVersion: number | null;
  readonly rename: 'disabled' | 'not-persisted-by-vic' | 'supported';
  readonly status: ReportStatus;
  readonly applied: readonly string[];
  readonly changes: readonly ReportChange[];
  readonly findings: readonly ReportFinding[];
  readonly error: ReportError | null;
  /** Plugins that the VM's own ledger records. */
  readonly history?: readonly string[];
  /** Plugins that `apply` would still run. */
  readonly pending?: readonly string[];
}

/** Whether the owner of a lock lives. */
export const LOCK_OWNER_STATES = ['alive', 'dead', 'unknown'] as const;

/** The upgrade lock as it stands on the appliance. */
export type ReportLock =
  | {readonly held: false}
  | {
      readonly held: true;
      readonly by: 'vch-migrate' | 'vic-machine';
      readonly lockId: string | null;
      readonly owner: string | null;
      readonly phase: string | null;
      /** RFC 3339. */
      readonly since?: string | null;
      /** Its owner has said that it does not go on. */
      readonly stopped?: boolean;
      /** Whether its owner lives, as far as this machine can tell. */
      readonly state?: (typeof LOCK_OWNER_STATES)[number];
      /** Who holds it and what to do about it, in sentences. */
      readonly text?: string;
    };

/** The VCH of a run. The keys after `build` are additions to the contract. */
export interface ReportVch {
  readonly name: string;
  readonly id: string;
  readonly dataVersion: number | null;
  readonly build: string | null;
  readonly ownName: string | null;
  readonly version: string | null;
  readonly powerState: string | null;
  readonly computeResource: string | null;
  readonly containerVMs: number | null;
  readonly lock: ReportLock;
}

export interface ReportTool {
  readonly name: 'vch-migrate';
  readonly version: string;
  readonly dataVersion: number;
}

export interface ReportTarget {
  readonly url: string;
  readonly product: string;
  readonly apiVersion: string;
}

export interface ReportPlugin {
  readonly id: string;
  readonly version: number;
  readonly target: string;
  readonly summary: string;
}

/** One step of a run, for its timeline. */
export interface ReportStep {
  readonly name: string;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly status: 'done' | 'failed' | 'interrupted';
}

/** One thing that was looked at before a change. */
export interface ReportCheck {
  readonly id: string;
  readonly title: string;
  readonly status: 'ok' | 'warning' | 'failed';
  readonly message: string;
}

/** Where an upgrade, or what followed on it, left the VCH. */
export const UPGRADE_RESULTS = [
  'planned',
  'not-started',
  'unchanged',
  'upgraded',
  'as-before',
  'rolled-back',
  'resumable',
  'needs-person',
  'unlocked',
] as const;

/** An upgrade of the VCH as a whole. */
export interface ReportUpgrade {
  readonly result: (typeof UPGRADE_RESULTS)[number];
  /** What stopped it. */
  readonly error: ReportError | null;
  /** The run whose upgrade it is about: that of a rollback is another one. */
  readonly run: string;
  readonly phase: string | null;
  readonly lockId: string | null;
  /** Moref of the snapshot to go back to. */
  readonly snapshot: string | null;
  /** How to put the VCH back by hand, line by line. */
  readonly card: readonly string[];
}

/** What a command over one VCH tells, for people and programs. The keys after `vms` are additions to the contract. */
export interface Report {
  readonly schema: 'vch-migrate/report/v1';
  readonly command: ReportCommand;
  readonly runId: string;
  readonly changeId: string | null;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly tool: ReportTool;
  readonly target: ReportTarget;
  readonly vch: ReportVch;
  readonly plugins: readonly ReportPlugin[];
  readonly summary: ReportSummary;
  readonly vms: readonly ReportVm[];
  /** What concerns no single VM in scope. */
  readonly findings: readonly ReportFinding[];
  /** What was looked at before: of `check` and `upgrade`. */
  readonly checks?: readonly ReportCheck[];
  /** Of the commands over the VCH as a whole. */
  readonly upgrade?: ReportUpgrade;
  /** Of the saved plan that was made, shown or carried out: `sha256:…`. */
  readonly planDigest?: string;
  /** What the run did, in order. */
  readonly steps?: readonly ReportStep[];
  /** True when the run was stopped before every VM was attempted. */
  readonly interrupted: boolean;
  /** What to do next, with the command line that does it. */
  readonly next: string;
}

/** Counts the VMs of a report by where they ended. */
export function summarize(vms: readonly Pick<ReportVm, 'status' | 'rename'>[]): ReportSummary {
  const counts: Record<ReportStatus, number> = {
    pending: 0,
    changed: 0,
    unchanged: 0,
    refused: 0,
    failed: 0,
    conflict: 0,
    unreachable: 0,
    unknown: 0,
    'not-attempted': 0,
    skipped: 0,
  };
  let renameDisabled = 0;
  for (const vm of vms) {
    counts[vm.status] += 1;
    if (vm.rename === 'disabled') renameDisabled += 1;
  }
  return {total: vms.length, ...counts, renameDisabled};
}
