import type {VchError} from '../errors.js';
import type {Report} from '../report/report.js';
import {STOP_EXIT_CODE, type StopSignal} from './stop.js';

/** What the process exits with; contract of the command line. */
export const EXIT = {done: 0, failed: 1, pending: 2, partly: 3, locked: 4, usage: 5, person: 6} as const;

export interface EndOfRun {
  readonly report: Pick<Report, 'command' | 'summary' | 'interrupted' | 'upgrade' | 'checks'> &
    Partial<Pick<Report, 'findings'>>;
  readonly detailedExitcode: boolean;
  /** The question before the first write was answered with no. */
  readonly declined: boolean;
  readonly stoppedBy: StopSignal | null;
}

/** The exit code of a command that ended with a report. */
export function exitCodeOf(end: EndOfRun): number {
  const {command, summary, interrupted, upgrade} = end.report;
  if (upgrade?.result === 'needs-person') return EXIT.person;
  if (interrupted) return STOP_EXIT_CODE[end.stoppedBy ?? 'SIGINT'];
  if (end.declined) return EXIT.failed;
  switch (command) {
    case 'plan':
      return end.detailedExitcode && summary.pending > 0 ? EXIT.pending : EXIT.done;
    case 'status':
      return EXIT.done;
    case 'verify':
    case 'audit': {
      const atGoal = summary.unchanged + summary.changed + summary.skipped;
      const excused = summary.refused + summary.unreachable;
      if (atGoal + excused < summary.total) return EXIT.failed;
      return excused > 0 ? EXIT.partly : EXIT.done;
    }
    case 'rename':
      // Without the container's own rename, by this run or an earlier one, there is nothing for links to follow.
      if (summary.changed + summary.unchanged === 0) return EXIT.failed;
      return summary.changed + summary.unchanged + summary.skipped < summary.total ? EXIT.partly : EXIT.done;
    case 'check': {
      if (end.report.checks?.some(({status}) => status === 'failed')) return EXIT.failed;
      const excused = summary.refused + summary.unreachable + summary.failed + summary.conflict;
      return excused > 0 ? EXIT.partly : EXIT.done;
    }
    case 'upgrade':
    case 'resume':
    case 'rollback':
    case 'unlock':
      return exitCodeOfUpgrade(end.report);
    case 'apply':
    case 'undo': {
      const inScope = summary.total - summary.skipped;
      const stoppedEarly = summary['not-attempted'] + summary.pending > 0;
      const nothingWorked = inScope > 0 && summary.failed === inScope;
      if (stoppedEarly || nothingWorked) return EXIT.failed;
      return summary.changed + summary.unchanged < inScope ? EXIT.partly : EXIT.done;
    }
  }
}

/** What an upgrade or its rollback has left behind for somebody to put away. */
const LEFT_BEHIND = new Set(['snapshot-left', 'iso-left', 'previous-snapshot-left']);

function exitCodeOfUpgrade({upgrade, summary, findings = []}: EndOfRun['report']): number {
  const leftBehind = findings.some(({code}) => LEFT_BEHIND.has(code));
  switch (upgrade?.result) {
    case 'planned':
    case 'unlocked':
      return EXIT.done;
    case 'upgraded':
    case 'rolled-back':
    case 'unchanged':
      if (leftBehind) return EXIT.partly;
      return summary.changed + summary.unchanged + summary.skipped < summary.total ? EXIT.partly : EXIT.done;
    case 'needs-person':
      return EXIT.person;
    default:
      return EXIT.failed;
  }
}

/** The exit code of a command that ended with an error. */
export function exitCodeOfError(error: VchError, stoppedBy: StopSignal | null): number {
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
