import type {VchError} from '../errors.js';
import type {Report, ReportSummary} from '../report/report.js';
import {STOP_EXIT_CODE, type StopSignal} from './stop.js';

/** The exit codes of the process; a part of the command line's contract. */
export const EXIT = {done: 0, failed: 1, pending: 2, partly: 3, locked: 4, usage: 5, person: 6} as const;

export type Exit = (typeof EXIT)[keyof typeof EXIT] | (typeof STOP_EXIT_CODE)[StopSignal];

/** The exit code that all commands over a VCH have in common; `undefined` if the command itself decides. */
export function commonExit(
  {upgrade, interrupted}: Pick<Report, 'upgrade' | 'interrupted'>,
  declined: boolean,
  stoppedBy: StopSignal | null,
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
export function exitCodeOfError(error: VchError, stoppedBy: StopSignal | null): Exit {
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
