import type {Format} from '../format.js';
import {type Layout, type LayoutOptions, layoutOf, styleOf} from '../layout.js';
import {lockText} from '../lock-text.js';
import {
  changeSign,
  changeText,
  checkMark,
  containerName,
  count,
  countsText,
  displayName,
  NEED_ATTENTION,
  pluginsText,
  rollbackCard,
  TITLE,
  upgradeSentences,
  vmLabel,
  vmNoun,
} from '../phrases.js';
import {printable} from '../printable.js';
import type {Report, ReportFinding, ReportStatus, ReportVm} from '../report.js';
import {table} from '../table.js';
import {wrap} from '../width.js';

/** For people at a terminal. */
export const text: Format = {
  name: 'text',
  ending: '.txt',
  report: toText,
  failure: ({error}) => `vch-migrate: ${error.code}: ${printable(error.message)}\n`,
  listing: (listing, layout) => listing.text(layout),
};

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

const STYLE = {ok: 'green', warning: 'yellow', failed: 'red'} as const;

/** What was looked at before an upgrade, a row for each; empty where nothing was. */
function checkTable({checks = []}: Pick<Report, 'checks'>, layout: Layout): string[] {
  if (checks.length === 0) return [];
  return table(
    [
      {heading: 'Check', cells: checks.map(({title}) => printable(title))},
      {
        heading: 'Status',
        cells: checks.map(checkMark),
        style: (row) => STYLE[checks[row]?.status ?? 'ok'],
      },
    ],
    {heading: 'Seen', cells: checks.map(({message}) => printable(message))},
    layout,
  );
}

const POWER = new Map([
  ['poweredOn', 'on'],
  ['poweredOff', 'off'],
  ['suspended', 'susp'],
]);
const RENAME = {disabled: 'disabled', 'not-persisted-by-vic': 'not kept', supported: 'supported'} as const;

/** VM by VM: who it is, how it stands, and what was, or would be, done to it. */
function vmTable(report: Report, layout: Layout): string[] {
  const {vms} = report;
  const columns = [
    {heading: 'VM', cells: vms.map(displayName), limit: 40},
    {heading: 'CONTAINER', cells: vms.map((vm) => printable(vm.containerName ?? '-')), limit: 28},
    {heading: 'POWER', cells: vms.map((vm) => powerText(vm.powerState))},
    {heading: 'DATA', cells: vms.map((vm) => (vm.dataVersion === null ? '-' : String(vm.dataVersion)))},
    {heading: 'RENAME', cells: vms.map((vm) => (vm.rename === null ? '-' : RENAME[vm.rename]))},
    {
      heading: 'STATUS',
      cells: vms.map((vm) => vm.status),
      style: (row: number) => styleOf(vms[row]?.status ?? 'skipped'),
    },
  ];
  return table(columns, {heading: 'WHAT', cells: vms.map((vm) => what(report, vm))}, layout);
}

function what(report: Report, vm: ReportVm): string {
  if (vm.error !== null) return printable(vm.error.code);
  if (report.command === 'status') return pluginsText(vm);
  return vm.changes.map(changeText).join(', ');
}

function powerText(state: string | null): string {
  return state === null ? '-' : (POWER.get(state) ?? printable(state));
}

/** So many names say who a group is; the JSON report has them all. */
const NAMES_SHOWN = 24;
const UNTOUCHED: readonly ReportStatus[] = ['refused', 'conflict', 'unreachable', 'skipped'];

/** The VMs of a large VCH, those with the same changes on one line: `412 VMs: + common/name, …`, and their names. */
function changeGroups(report: Report, layout: Layout): string[] {
  const groups = new Map<string, ReportVm[]>();
  for (const vm of report.vms) {
    const what = groupOf(report, vm);
    if (what === null) continue;
    const group = groups.get(what);
    if (group === undefined) groups.set(what, [vm]);
    else group.push(vm);
  }
  const lines: string[] = [];
  for (const [what, vms] of [...groups].sort(([, a], [, b]) => b.length - a.length)) {
    const head = `${count(vms.length, 'VM')}: ${what}`;
    lines.push(...wrap(head, layout.columns, '  ').map((line) => layout.paint('bold', line)));
    lines.push(...wrap(names(vms), layout.columns, '    ').map((line) => layout.paint('dim', line)));
  }
  return lines;
}

function groupOf(report: Report, vm: ReportVm): string | null {
  if (report.command === 'status') return pluginsText(vm) || null;
  // What never came to a write says why elsewhere.
  if (vm.changes.length === 0 || UNTOUCHED.includes(vm.status)) return null;
  const changes = vm.changes.map((change) => `${changeSign(change)} ${printable(change.key)}`).join(', ');
  return vm.status === 'pending' || vm.status === 'changed' ? changes : `${changes} (${vm.status})`;
}

function names(vms: readonly ReportVm[]): string {
  const shown = vms
    .slice(0, NAMES_SHOWN)
    .map((vm) => (vm.containerName === null ? displayName(vm) : containerName(vm.containerName)));
  const left = vms.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more (--format json lists every VM)` : shown.join(', ');
}

const SHOWN = 100;
/** This many VMs with one reason become one group. */
const MANY = 4;

/** The VMs that are not where they should be: those with one reason together, where they are many, or one by one. */
function attention(report: Report, layout: Layout): string[] {
  const vms = NEED_ATTENTION.flatMap((status) => report.vms.filter((vm) => vm.status === status));
  const reasons = [...new Set(vms.map(reasonOf))];
  const groups = reasons.map((one) => vms.filter((vm) => reasonOf(vm) === one));
  const many = groups.filter((group) => group.length >= MANY);
  const single = vms.filter((vm) => !many.some((group) => group.includes(vm)));
  return [
    ...many.flatMap((group) => together(group, layout)),
    ...limited(single, (vm) => {
      const head = wrap(`${vmLabel(vm)}: ${vm.status}`, layout.columns, '  ');
      return [...head.map((line) => painted(line, vm.status, layout)), ...reason(vm, layout)];
    }),
  ];
}

function reasonOf({status, error}: ReportVm): string {
  return `${status} ${error?.code ?? ''} ${error?.fault ?? ''}`;
}

/** How many they are, the reason in the words of the first one, and their names. */
function together(group: readonly ReportVm[], layout: Layout): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const names = group.slice(0, SHOWN).map(vmLabel).join(', ');
  const left = group.length - SHOWN;
  const more = left > 0 ? ` and ${left} more (--format json lists all)` : '';
  const head = `${count(group.length, 'VM')} for one reason: ${first.status}`;
  return [
    ...wrap(head, layout.columns, '  ').map((line) => painted(line, first.status, layout)),
    ...reason(first, layout),
    ...wrap(`${names}${more}`, layout.columns, '    ').map((line) => layout.paint('dim', line)),
  ];
}

function reason({error}: ReportVm, layout: Layout): string[] {
  return error === null ? [] : wrap(printable(`${error.code}: ${error.message}`), layout.columns, '    ');
}

/** What a person should know besides: of the VCH first, then VM by VM. */
function findings(report: Report, layout: Layout): string[] {
  const all: {readonly about: string; readonly finding: ReportFinding}[] = [
    ...report.findings.map((finding) => ({about: 'VCH', finding})),
    ...report.vms.flatMap((vm) => vm.findings.map((finding) => ({about: vmLabel(vm), finding}))),
  ];
  return limited(all, ({about, finding}) =>
    wrap(`${about}: ${printable(finding.code)}: ${printable(finding.message)}`, layout.columns - 2, '').map(
      (line, at) => (at === 0 ? `  ${line}` : `    ${line}`),
    ),
  );
}

/** The status is the last word of its line; a name may hold the same letters. */
function painted(line: string, status: ReportStatus, layout: Layout): string {
  if (!line.endsWith(` ${status}`)) return line;
  return line.slice(0, -status.length) + layout.paint(styleOf(status), status);
}

function limited<T>(items: readonly T[], render: (item: T) => readonly string[]): string[] {
  const lines = items.slice(0, SHOWN).flatMap(render);
  const left = items.length - SHOWN;
  return left > 0 ? [...lines, `  and ${left} more (--format json lists all)`] : lines;
}
