import {counted} from '../counted.js';
import {durationText} from '../duration.js';
import {printable} from './printable.js';
import {
  type Report,
  type ReportChange,
  type ReportCommand,
  type ReportStatus,
  type ReportStep,
  type ReportUpgrade,
  type ReportVm,
  VM_STATUSES,
} from './report.js';
import {snapshotNow} from './way-back.js';
import {truncate} from './width.js';

/** The first words of a report's heading. */
export const TITLE: Readonly<Record<ReportCommand, string>> = {
  plan: 'Plan for',
  apply: 'Apply to',
  undo: 'Undo on',
  status: 'Status of',
  verify: 'Verification of',
  rename: 'Rename on',
  audit: 'Audit of',
  check: 'Check of',
  upgrade: 'Upgrade of',
  rollback: 'Rollback of',
  resume: 'Resumed upgrade of',
  unlock: 'Unlocking of',
  rehearse: 'Rehearsal of',
};

/** A sentence to go on with after a colon. */
export function uncapitalized(text: string): string {
  return text.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase());
}

/** A sentence that begins with a capital letter, if it begins with a word. */
export function capitalized(text: string): string {
  return text.replace(/^[a-z](?=[a-z]* )/, (letter) => letter.toUpperCase());
}

/** `16 containerVMs: 9 pending, 5 unchanged, 2 refused`. */
export function countsText(report: Pick<Report, 'summary' | 'command' | 'vms'>): string {
  const {summary} = report;
  const counts = VM_STATUSES.filter((status) => summary[status] > 0).map(
    (status) => `${summary[status]} ${status}`,
  );
  return `${counted(summary.total, vmNoun(report))}${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`;
}

/** The VMs that are not at their goal, worst first. */
export function needAttention({vms}: Pick<Report, 'vms'>): readonly ReportVm[] {
  const worstFirst: readonly ReportStatus[] = ['failed', 'unknown', 'conflict', 'refused', 'unreachable'];
  return worstFirst.flatMap((status) => vms.filter((vm) => vm.status === status));
}

/** Every finding and what it is about: first the VCH, then VM by VM. */
export function findingsOf(
  report: Pick<Report, 'findings' | 'vms'>,
  label: (vm: ReportVm) => string = vmLabel,
) {
  return [
    ...report.findings.map((finding) => ({about: 'VCH', ...finding})),
    ...report.vms.flatMap((vm) => vm.findings.map((finding) => ({about: label(vm), ...finding}))),
  ];
}

const SENTENCES: Readonly<Record<ReportUpgrade['result'], string>> = {
  planned: 'Nothing was written: this is what it would do.',
  'not-started': 'Nothing was written.',
  unchanged: 'There was nothing to upgrade on the appliance; it was not touched.',
  upgraded: 'The VCH is upgraded.',
  'as-before': 'The appliance is as it was before.',
  'rolled-back': 'The VCH is rolled back: its appliance is as it was before.',
  resumable: 'The upgrade is unfinished: resume continues it, rollback takes it back.',
  'needs-person': 'A person is needed now: the upgrade is half-done, and the VCH may be down.',
  unlocked: 'The upgrade lock is removed.',
};

/** The state in which an upgrade, rollback or resumption left the VCH, and why; empty for other commands. */
export function upgradeSentences(report: Pick<Report, 'upgrade' | 'findings'>): readonly string[] {
  const {upgrade} = report;
  if (upgrade === undefined) return [];
  const snapshot = snapshotNow(report);
  const where = [
    `run ${upgrade.run}`,
    ...(upgrade.phase === null ? [] : [`phase ${upgrade.phase}`]),
    ...(snapshot === null ? [] : [`snapshot ${snapshot}`]),
    ...(upgrade.lockId === null || upgrade.result !== 'resumable' ? [] : [`lock ${upgrade.lockId}`]),
  ];
  const error = upgrade.error === null ? [] : [`${upgrade.error.code}: ${upgrade.error.message}`];
  const isRollback = upgrade.result === 'resumable' && upgrade.phase?.startsWith('rollback');
  const sentence = isRollback
    ? 'The rollback is unfinished: rollback continues it.'
    : SENTENCES[upgrade.result];
  return [`${sentence} (${where.join(', ')})`, ...error];
}

/** What the counts do not say: how an upgrade ended, how many VMs cannot be renamed, whether the run was interrupted. */
export function notes(report: Report): readonly string[] {
  const {renameDisabled} = report.summary;
  return [
    ...upgradeSentences(report),
    ...(renameDisabled > 0
      ? [`docker rename is disabled on ${counted(renameDisabled, 'containerVM')}.`]
      : []),
    ...(report.interrupted && report.upgrade === undefined
      ? ['The run was interrupted: VMs that are not-attempted were not touched.']
      : []),
  ];
}

/** Which plugins a VM's ledger records, and which `apply` would still run. */
export function pluginsText({history = [], pending = []}: Pick<ReportVm, 'history' | 'pending'>): string {
  const plugins = [
    ...(history.length > 0 ? [`applied ${history.join(', ')}`] : []),
    ...(pending.length > 0 ? [`pending ${pending.join(', ')}`] : []),
  ];
  return printable(plugins.join('; '));
}

/** How to put the VCH back by hand; empty if no upgrade of this report may need it. */
export function rollbackRunbook({upgrade}: Pick<Report, 'upgrade'>): readonly string[] {
  if (upgrade === undefined) return [];
  return ['upgraded', 'resumable', 'needs-person'].includes(upgrade.result) ? upgrade.card : [];
}

/** What to call a report's VMs: if the appliance is one of them, not all are containerVMs. */
export function vmNoun({vms}: Pick<Report, 'vms'>): 'VM' | 'containerVM' {
  return vms.some(({kind}) => kind === 'appliance') ? 'VM' : 'containerVM';
}

/** A VM's display name for people, with 12 of the 64 digits of the container's id that VIC puts into it. */
export function displayName(vm: Pick<ReportVm, 'displayName'>): string {
  return printable(vm.displayName).replace(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])/g, '$1…');
}

/** A container's name in a list: in quotes if docker would not allow it. */
export function containerName(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : JSON.stringify(printable(name));
}

/** A VM's names and id, at the start of a line about it. */
export function vmLabel(vm: Pick<ReportVm, 'id' | 'displayName' | 'containerName'>): string {
  const container =
    vm.containerName === null || vm.containerName === vm.displayName
      ? ''
      : `, container ${containerName(vm.containerName)}`;
  return `${displayName(vm)} (${printable(vm.id)}${container})`;
}

const LONGEST_VALUE = 48;

/** `+` a new key, `~` a changed one, `-` a removed one. */
export function changeSign(change: ReportChange): '+' | '~' | '-' {
  if (change.before === null) return '+';
  return change.after === null ? '-' : '~';
}

/** One change for people: `+ common/name "web"`. */
export function changeText(change: ReportChange): string {
  const key = `${changeSign(change)} ${printable(change.key)}`;
  if (change.before === null) return `${key} ${quoted(change.after)}`;
  if (change.after === null) return `${key} (was ${quoted(change.before)})`;
  return `${key} ${quoted(change.before)} -> ${quoted(change.after)}`;
}

function quoted(value: string | null): string {
  return value === null ? '(absent)' : `"${truncate(printable(value), LONGEST_VALUE)}"`;
}

/** The result of a check, for a screen or a page. */
export const CHECK_MARK = {ok: '✓ ok', warning: '! warning', failed: '✗ failed'} as const;

/** When a step began and how long it took: `03:04:05 UTC, 1.2 s`. */
export function stepTime({startedAt, finishedAt}: ReportStep): string {
  return `${startedAt.slice(11, 19)} UTC, ${durationText(Date.parse(finishedAt) - Date.parse(startedAt))}`;
}
