import {type Format, failureTitle} from '../format.js';
import {lockText} from '../lock-text.js';
import {
  CHECK_MARK,
  displayName,
  findingsOf,
  needAttention,
  notes,
  rollbackRunbook,
  stepTime,
  TITLE,
} from '../phrases.js';
import {printable} from '../printable.js';
import {type Report, type ReportChange, type ReportVm, VM_STATUSES} from '../report.js';

/** For a change ticket. */
export const markdown: Format = {
  name: 'markdown',
  ending: '.md',
  report: toMarkdown,
  failure: (failure) =>
    `# ${prose(failureTitle(failure))}\n\n${code(failure.error.code)}: ${prose(failure.error.message)}\n`,
};

/** A report as Markdown (CommonMark with GitHub's tables), for a change ticket. */
export function toMarkdown(report: Report): string {
  const blocks = [
    `# ${TITLE[report.command]} VCH ${code(report.vch.name)}`,
    facts(report),
    summary(report),
    ...section('Checks', checks(report)),
    ...section('Steps', steps(report)),
    ...section('Not where they should be', attention(report)),
    ...section('Changes', changes(report)),
    ...section('Findings', findings(report)),
    ...section(
      'Way back',
      rollbackRunbook(report).map((line) => `- ${code(line.trim())}`),
    ),
    `**Next:** ${code(report.next)}`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`## ${title}`, lines.join('\n')];
}

function facts({vch, target, runId, changeId, planDigest, startedAt, finishedAt, command}: Report): string {
  const lines = [
    `VCH: ${code(vch.name)} (${code(vch.id)}), build ${code(vch.build ?? 'unknown')}, data version ${vch.dataVersion ?? 'unknown'}`,
    `Target: ${code(target.url)}, ${prose(target.product)}, API ${code(target.apiVersion)}`,
    `Run: ${code(runId)}${changeId === null ? '' : `, change ${code(changeId)}`}, ${startedAt} to ${finishedAt}`,
    ...(planDigest === undefined ? [] : [`Saved plan: ${code(planDigest)}`]),
    ...(command === 'status' || vch.lock.held ? [prose(lockText(vch.lock))] : []),
  ];
  return lines.map((line) => `- ${line}`).join('\n');
}

function summary(report: Report): string {
  const rows = VM_STATUSES.filter((status) => report.summary[status] > 0).map(
    (status) => `| ${status} | ${report.summary[status]} |`,
  );
  const lines = ['| Status | VMs |', '|---|---:|', ...rows, `| **total** | **${report.summary.total}** |`];
  return [lines.join('\n'), ...notes(report).map(prose)].join('\n\n');
}

function checks({checks: made = []}: Report): string[] {
  if (made.length === 0) return [];
  const rows = made.map(
    ({title, status, message}) => `| ${prose(title)} | ${CHECK_MARK[status]} | ${prose(message)} |`,
  );
  return ['| Check | Status | Seen |', '|---|---|---|', ...rows];
}

function steps({steps: taken = []}: Report): string[] {
  return taken.map(
    (step) =>
      `1. ${prose(step.name)}: ${stepTime(step)}${step.status === 'done' ? '' : `, **${step.status}**`}`,
  );
}

function attention(report: Report): string[] {
  return needAttention(report).map((vm) => {
    const reason = vm.error === null ? '' : `: ${code(vm.error.code)}: ${prose(vm.error.message)}`;
    return `- ${label(vm)}: **${vm.status}**${reason}`;
  });
}

/** Every VM that changes, with its changes. */
function changes(report: Report): string[] {
  return report.vms
    .filter((vm) => vm.changes.length > 0)
    .flatMap((vm) => [
      `- ${label(vm)}: ${vm.status}`,
      ...vm.changes.map((change) => `  - ${changeLine(change)}`),
    ]);
}

function changeLine({key, before, after}: ReportChange): string {
  const value = (raw: string | null) => (raw === null ? 'absent' : code(raw));
  return `${code(key)}: ${value(before)} → ${value(after)}`;
}

function findings(report: Report): string[] {
  return findingsOf(report, label).map(
    (finding) => `- ${finding.about}: ${code(finding.code)}: ${prose(finding.message)}`,
  );
}

function label(vm: ReportVm): string {
  const container = vm.containerName === null ? '' : `, container ${code(vm.containerName)}`;
  return `${code(displayName(vm))} (${code(vm.id)}${container})`;
}

/**
 * A string from vSphere in Markdown: as code, so that nothing in it is marked up, linked or mentioned. If it contains
 * what could end the code, or the cell of a table, it is written as character references instead.
 */
export function code(text: string): string {
  const clean = printable(text).trim();
  if (clean === '') return '(empty)';
  return /[`|\\]/.test(clean) ? references(clean) : `\`${clean}\``;
}

/** Prose that may contain strings from vSphere: shown as it is, except that text in backquotes becomes code. */
export function prose(text: string): string {
  const parts = printable(text).trim().split('`');
  // With an odd number of backquotes, the last one has no partner.
  const pairs = parts.length % 2 === 1 ? parts.length : parts.length - 1;
  return parts
    .map((part, at) => {
      if (at >= pairs) return `&#96;${references(part)}`;
      return at % 2 === 1 ? code(part) : references(part);
    })
    .join('');
}

/** Writes every character that Markdown could interpret as a reference. */
function references(text: string): string {
  return text
    .replace(/[!#$&*<>@[-`{-~]|^[-+=]|(?<=^\d{1,9})[.)]/g, reference)
    .replace(/(?<=www)\.|:(?=\/\/)/gi, reference);
}

function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
