import type {Report, ReportStatus} from './report.js';

/** What a colour means: at its goal, needs a person, failed, planned or prepared, VCH down, nothing to do. */
export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'down' | 'mute';

/** Some words and what they mean for the reader. */
export interface Remark {
  readonly tone: Tone;
  readonly text: string;
}

const WORDS: Readonly<Record<ReportStatus, Remark>> = {
  failed: {tone: 'bad', text: 'Failed'},
  unknown: {tone: 'bad', text: 'Outcome unknown'},
  conflict: {tone: 'warn', text: 'Conflict'},
  refused: {tone: 'warn', text: 'Refused'},
  unreachable: {tone: 'warn', text: 'Unreachable'},
  'not-attempted': {tone: 'mute', text: 'Not attempted'},
  pending: {tone: 'info', text: 'Will change'},
  changed: {tone: 'ok', text: 'Changed'},
  unchanged: {tone: 'mute', text: 'No change needed'},
  skipped: {tone: 'mute', text: 'Left out'},
};

/** The statuses of containerVMs, worst first. */
export const WORST_FIRST: readonly ReportStatus[] = [
  'failed',
  'unknown',
  'conflict',
  'refused',
  'unreachable',
  'not-attempted',
  'pending',
  'changed',
  'unchanged',
  'skipped',
];

/** Those of VMs that are not at their goal, and need somebody. */
export const EXCEPTIONS: readonly ReportStatus[] = WORST_FIRST.slice(0, 5);

/** Commands that compare, and write nothing. */
export function compares({command}: Pick<Report, 'command'>): boolean {
  return command === 'verify' || command === 'audit';
}

/** Whether an upgrade ended before its goal: what it wrote to containerVMs only prepares the next one. */
export function isUnfinished({command, upgrade}: Pick<Report, 'command' | 'upgrade'>): boolean {
  const results: readonly string[] = ['as-before', 'resumable', 'needs-person'];
  return upgrade !== undefined && command !== 'rollback' && results.includes(upgrade.result);
}

/** What a containerVM's status means in this report. */
export function statusWord(report: Pick<Report, 'command' | 'upgrade'>, status: ReportStatus): Remark {
  const {command} = report;
  if (status === 'changed' && isUnfinished(report)) return {tone: 'info', text: 'Prepared'};
  if (status === 'changed' && (command === 'undo' || command === 'rollback'))
    return {tone: 'ok', text: 'Put back'};
  if (status === 'unchanged' && compares(report)) return {tone: 'ok', text: 'As it should be'};
  if (status === 'failed' && compares(report))
    return {tone: command === 'audit' ? 'warn' : 'bad', text: 'Differs'};
  return WORDS[status];
}
