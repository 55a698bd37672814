import type {ReportError, ReportSummary, ReportTool} from '../report.js';

/** The states of a run. */
export const RUN_STATES = ['planned', 'running', 'waiting', 'paused', 'held', 'cancelled', 'done'] as const;
export type RunState = (typeof RUN_STATES)[number];

/** The states of a VCH in a run, in the order of the summary. */
export const TARGET_STATES = [
  'pending',
  'queued',
  'deferred',
  'running',
  'done',
  'partly',
  'failed',
  'unreachable',
  'stopped',
  'down',
  'held',
  'cancelled',
] as const;
export type TargetState = (typeof TARGET_STATES)[number];

/** The commands of a run. */
export const FLEET_COMMANDS = ['plan', 'apply', 'upgrade', 'verify', 'rollback'] as const;
export type FleetCommand = (typeof FLEET_COMMANDS)[number];

/** What the last command on a VCH came to, without its VMs. */
export interface TargetOutcome {
  readonly summary: ReportSummary | null;
  readonly version: string | null;
  readonly error: ReportError | null;
  /** The VMs that need a person, at most twenty. */
  readonly attention: readonly {readonly name: string; readonly status: string; readonly code: string}[];
  readonly next: string | null;
}

/** One VCH of a run. */
export interface FleetVch {
  readonly vcenter: string;
  readonly id: string;
  readonly name: string;
  readonly ownName: string | null;
  readonly path: string | null;
  readonly containerVMs: number;
  readonly wave: number;
  readonly state: TargetState;
  readonly notBefore: string | null;
  readonly worker: string | null;
  readonly beganAt: string | null;
  readonly endedAt: string | null;
  readonly exit: number | null;
  /** `upgraded`, `as-before`, …: where an upgrade left the VCH. */
  readonly result: string | null;
  readonly verified: number | null;
  readonly outcome: TargetOutcome | null;
}

/**
 * Why a run leaves something alone: its vCenter could not be looked at, no wave has it, or it came after the run was planned.
 * `no-match`: a selection fits no VCH of that vCenter.
 */
export const LEFT_OUT = ['unplanned', 'no-wave', 'later', 'no-match'] as const;

/** What a run leaves alone, although its inventory may mean it. */
export interface FleetLeftOut {
  readonly vcenter: string;
  /** Moref of a VCH; `null`: the vCenter as a whole, whose VCHs are not known. */
  readonly id: string | null;
  readonly name: string | null;
  readonly why: (typeof LEFT_OUT)[number];
  readonly message: string;
}

/** What happened in a run, as it happened. */
export interface FleetEvent {
  readonly id: number;
  readonly at: string;
  readonly type: string;
  readonly vcenter: string | null;
  readonly vch: string | null;
  readonly wave: number | null;
  readonly worker: string | null;
  readonly who: string | null;
  readonly message: string;
}

export type TargetCounts = Readonly<Record<'total' | TargetState, number>>;

/** A run over a fleet, for people and programs. */
export interface FleetReport {
  readonly schema: 'vch-migrate/fleet-report/v1';
  readonly tool: ReportTool;
  readonly run: {
    readonly id: string;
    readonly command: FleetCommand;
    readonly state: RunState;
    readonly reason: string | null;
    readonly changeId: string | null;
    readonly tool: string;
    readonly createdBy: string;
    readonly createdAt: string;
    readonly startedAt: string | null;
    readonly endedAt: string | null;
  };
  /** The versions that an upgrade brings; `null` if it changes the data alone. */
  readonly release: FleetRelease | null;
  readonly summary: TargetCounts;
  readonly budget: {
    readonly failed: {readonly used: number; readonly limit: number};
    readonly unreachable: {readonly used: number; readonly limit: number | null};
    readonly perVcenter: number | null;
  };
  readonly waves: readonly {
    readonly name: string;
    readonly state: 'closed' | 'open' | 'settled';
    readonly gate: 'approve' | 'auto';
    readonly approval: {readonly who: string; readonly reason: string; readonly at: string} | null;
    readonly summary: TargetCounts;
  }[];
  readonly vcenters: readonly {
    readonly name: string;
    readonly url: string;
    readonly concurrency: number;
    readonly summary: TargetCounts;
  }[];
  readonly workers: readonly {
    readonly id: string;
    readonly seenAt: string;
    readonly lacks: readonly string[];
  }[];
  readonly vchs: readonly FleetVch[];
  readonly leftOut: readonly FleetLeftOut[];
  /** The last events, oldest first. */
  readonly events: readonly FleetEvent[];
  readonly next: string;
}

/** ISO files that a plan has frozen. */
export type FleetRelease = Readonly<
  Record<
    'applianceIso' | 'bootstrapIso',
    {readonly path: string; readonly version: string; readonly sha256: string}
  >
>;

/** Counts VCHs by their state. */
export function countTargets(vchs: readonly Pick<FleetVch, 'state'>[]): TargetCounts {
  const counts: Record<TargetState, number> = {
    pending: 0,
    queued: 0,
    deferred: 0,
    running: 0,
    done: 0,
    partly: 0,
    failed: 0,
    unreachable: 0,
    stopped: 0,
    down: 0,
    held: 0,
    cancelled: 0,
  };
  for (const {state} of vchs) counts[state] += 1;
  return {total: vchs.length, ...counts};
}
