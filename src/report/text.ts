import {attention, findings} from './attention.js';
import {changeGroups, count} from './change-groups.js';
import {checkTable} from './check-table.js';
import {type Layout, type LayoutOptions, layoutOf} from './layout.js';
import {lockText} from './lock-text.js';
import {printable} from './printable.js';
import {type Report, VM_STATUSES} from './report.js';
import {TITLE} from './title.js';
import {rollbackCard, upgradeSentences, vmNoun} from './upgrade-text.js';
import {vmTable} from './vm-table.js';
import {wrap} from './width.js';

/** Up to so many VMs are shown one by one; more are grouped by what changes. */
const TABLE_LIMIT = 30;

/** A report for people: the summary, the VMs, what needs a person, and the next command in the last line. */
export function toText(report: Report, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const sections: string[][] = [summaryLines(report, layout)];
  const add = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) sections.push([layout.paint('bold', title), ...lines]);
  };
  add('Checks', checkTable(report, layout));
  const small = report.vms.length <= TABLE_LIMIT;
  if (report.vms.length > 0)
    add(
      vmNoun(report) === 'VM' ? 'VMs' : 'ContainerVMs',
      small ? vmTable(report, layout) : changeGroups(report, layout),
    );
  add('Not where they should be', attention(report, layout));
  add('Findings', findings(report, layout));
  add('Way back', rollbackCard(report).map(printable));
  sections.push([`Next: ${printable(report.next)}`]);
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function summaryLines(report: Report, layout: Layout): string[] {
  const {vch, target, summary} = report;
  const named =
    vch.ownName !== null && vch.ownName !== vch.name ? `, own name ${printable(vch.ownName)}` : '';
  const facts = [
    `build ${printable(vch.build ?? 'unknown')}`,
    `data version ${vch.dataVersion ?? 'unknown'}`,
    ...(vch.powerState === null ? [] : [printable(vch.powerState)]),
    ...(vch.computeResource === null ? [] : [`in ${printable(vch.computeResource)}`]),
  ];
  const run = `run ${printable(report.runId)}${report.changeId === null ? '' : `, change ${printable(report.changeId)}`}`;
  const lines = [
    layout.paint(
      'bold',
      `${TITLE[report.command]} VCH ${printable(vch.name)} (${printable(vch.id)}${named})`,
    ),
    ...wrap(
      `on ${printable(target.url)}: ${printable(target.product)}, API ${printable(target.apiVersion)}`,
      layout.columns,
      '  ',
    ),
    ...wrap(facts.join(', '), layout.columns, '  '),
    ...wrap(run, layout.columns, '  '),
    ...(report.planDigest === undefined
      ? []
      : wrap(`saved plan ${printable(report.planDigest)}`, layout.columns, '  ')),
    '',
    ...wrap(countsText(report), layout.columns).map((line) => layout.paint('bold', line)),
  ];
  if (summary.renameDisabled > 0)
    lines.push(`docker rename is disabled on ${count(summary.renameDisabled, 'containerVM')}.`);
  // plan is allowed under a lock, and says so; the others would not have come this far.
  if (report.command === 'status' || vch.lock.held) lines.push(...wrap(lockText(vch.lock), layout.columns));
  for (const sentence of upgradeSentences(report)) lines.push(...wrap(printable(sentence), layout.columns));
  if (report.interrupted && report.upgrade === undefined)
    lines.push('The run was interrupted: what is not-attempted was not touched.');
  return lines;
}

/** `16 containerVMs: 9 pending, 5 unchanged, 2 refused`. */
export function countsText(report: Pick<Report, 'summary' | 'command' | 'vms'>): string {
  const {summary} = report;
  const parts = VM_STATUSES.filter((status) => summary[status] > 0).map(
    (status) => `${summary[status]} ${status}`,
  );
  return `${count(summary.total, vmNoun(report))}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}
