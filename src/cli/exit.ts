import type {VchError} from '../errors.js';
import type {Report, ReportSummary} from '../report/report.js';
import {STOP_EXIT_CODE, type StopCause} from './stop.js';

/** The exit codes of the process; a part of the command line's contract. */
export const EXIT = {done: 0, failed: 1, pending: 2, partly: 3, locked: 4, usage: 5, person: 6} as const;

/** What exit codes mean, in the help: by code, or by several of them. */
export type ExitMeanings = Readonly<Record<string, string>>;

/** What every command can end with. */
const ALWAYS: ExitMeanings = {
  1: 'failed',
  5: 'usage or settings',
  '129, 130, 143': 'stopped by a signal: SIGHUP, SIGINT, SIGTERM',
};

export const EXIT_MEANINGS = {
  /** Of a command that only looks. */
  reads: {0: 'done', ...ALWAYS},
  /** Of a command that changes containerVMs. */
  writes: {
    0: 'every VM in scope is where it should be',
    ...ALWAYS,
    1: 'failed; the report says in which state each VM is',
    3: 'done but for VMs that were refused, failed, in conflict, unreachable or unknown',
    4: 'an upgrade holds the VCH, or left its lock there',
    '129, 130, 143': 'stopped by a signal (SIGHUP, SIGINT, SIGTERM); the same command continues',
  },
  /** Of a command that changes the VCH as a whole. */
  wholeVch: {
    0: 'done; every VM in scope is where it should be',
    ...ALWAYS,
    1: 'failed; the report says where the VCH stands and what to run next',
    3: 'done but for VMs that were refused, failed, in conflict, unreachable or unknown',
    4: 'another upgrade holds the VCH, or left its lock there',
    6: 'a person is needed now: a rollback failed, or the VCH is down',
    '129, 130, 143': 'stopped by a signal (SIGHUP, SIGINT, SIGTERM); resume continues',
  },
  /** Of a command that shows or follows a run over a fleet. */
  fleet: {
    0: 'all VCHs are done, or the run is under way',
    ...ALWAYS,
    1: 'failed, or the run is held or cancelled',
    2: 'the run waits for a person: it needs an approval, or is paused',
    3: 'the run is over, but some VCHs are not where they should be',
    4: 'another process has the state directory',
    6: 'a person is needed now: a VCH is down',
  },
  /** Of a command that plans a run over a fleet. */
  fleetPlan: {
    0: 'the run is planned',
    ...ALWAYS,
    3: 'planned but for some: a vCenter or a VCH could not be looked at; the report names them',
    4: 'another process has the state directory',
  },
  /** Of any command. */
  all: {
    0: 'every VM in scope is where it should be (plan: planned)',
    1: 'failed; the report says in which state each VM is',
    2: 'plan --detailed-exitcode: changes are pending',
    3: 'done but for VMs that were refused, failed, in conflict, unreachable or unknown',
    4: 'an upgrade holds the VCH, or left its lock there',
    5: 'usage or settings; a plugin of --plugins that cannot be used',
    6: 'a person is needed now: a rollback failed, or the VCH is down',
    '129, 130, 143':
      'stopped by a signal (SIGHUP, SIGINT, SIGTERM); run the same command again, after an upgrade resume',
  },
} satisfies Record<string, ExitMeanings>;

export type Exit = (typeof EXIT)[keyof typeof EXIT] | (typeof STOP_EXIT_CODE)[StopCause];

/** The exit code that all commands over a VCH have in common; `undefined` if the command itself decides. */
export function commonExit(
  {upgrade, interrupted}: Pick<Report, 'upgrade' | 'interrupted'>,
  declined: boolean,
  stoppedBy: StopCause | null,
): Exit | undefined {
  if (upgrade?.result === 'needs-person') return EXIT.person;
  if (interrupted) return STOP_EXIT_CODE[stoppedBy ?? 'SIGINT'];
  return declined ? EXIT.failed : undefined;
}

/** The exit code of a run that brings every VM in scope to its goal. */
export function writesExit(summary: ReportSummary): Exit {
  const inScope = summary.total - summary.skipped;
  const stoppedEarly = summary['not-attempted'] + summary.pending > 0;
  const nothingWorked = inScope > 0 && summary.failed + summary.unknown === inScope;
  if (stoppedEarly || nothingWorked) return EXIT.failed;
  return summary.changed + summary.unchanged < inScope ? EXIT.partly : EXIT.done;
}

/** The exit code of a check whether all VMs are at their goal. */
export function goalExit(summary: ReportSummary): Exit {
  const atGoal = summary.unchanged + summary.changed + summary.skipped;
  const excused = summary.refused + summary.unreachable;
  if (atGoal + excused < summary.total) return EXIT.failed;
  return excused > 0 ? EXIT.partly : EXIT.done;
}

/** The exit code of a command that ended with an error. */
export function exitCodeOfError(error: VchError, stoppedBy: StopCause | null): Exit {
  switch (error.code) {
    case 'VCH_ERR_USAGE':
    // Which plugins there are is a setting (--plugins), and nothing was written.
    case 'VCH_ERR_PLUGIN_INVALID':
      return EXIT.usage;
    case 'VCH_ERR_LOCKED':
      return EXIT.locked;
    case 'VCH_ERR_ROLLBACK_FAILED':
      return EXIT.person;
    case 'VCH_ERR_INTERRUPTED':
      return STOP_EXIT_CODE[stoppedBy ?? 'SIGINT'];
    default:
      return stoppedBy === null ? EXIT.failed : STOP_EXIT_CODE[stoppedBy];
  }
}
