import {fleetText} from '../fleet/text.js';
import type {Format} from '../format.js';
import {type Layout, type LayoutOptions, layoutOf, STATUS_STYLE} from '../layout.js';
import {lockText} from '../lock-text.js';
import {
  CHECK_MARK,
  changeSign,
  changeText,
  containerName,
  count,
  countsText,
  displayName,
  findingsOf,
  needAttention,
  notes,
  pluginsText,
  rollbackRunbook,
  TITLE,
  uncapitalized,
  vmLabel,
  vmNoun,
} from '../phrases.js';
import {printable} from '../printable.js';
import type {Report, ReportAction, ReportStatus, ReportVm} from '../report.js';
import {table} from '../table.js';
import {wrap} from '../width.js';

/** For people at a terminal. */
export const text: Format = {
  name: 'text',
  ending: '.txt',
  report: toText,
  failure: ({error}) => `vch-migrate: ${error.code}: ${printable(error.message)}\n`,
  listing: ({document, text}, options) => page([...text(layoutOf(options)), nextLines(document)]),
  fleet: fleetText,
};

/** Blocks of lines; empty ones are left out. */
function page(blocks: readonly (readonly string[])[]): string {
  const lines = blocks.filter((block) => block.length > 0);
  return `${lines.map((block) => block.join('\n')).join('\n\n')}\n`;
}

/** What to do next. A command stands alone on its line, so that nothing else is copied with it. */
function nextLines({next, actions = []}: Pick<Report, 'next' | 'actions'>): readonly string[] {
  const [only, ...more] = actions;
  // Older reports have only the sentence.
  if (only === undefined) return [`Next: ${printable(next)}`];
  if (more.length === 0) return [`Next: ${uncapitalized(printable(only.text))}`, ...commandLines(only, '  ')];
  return [
    'Next',
    ...actions.flatMap((action, at) => [
      `  ${at + 1} ${printable(action.text)}`,
      ...commandLines(action, '      '),
    ]),
  ];
}

function commandLines({command}: ReportAction, indent: string): readonly string[] {
  return (command?.split('\n') ?? []).map((line) => indent + printable(line));
}

/** This many VMs are shown one by one; more are grouped by their changes. */
const TABLE_LIMIT = 30;

/** A report for people: the summary, the VMs, what needs a person, and the next command in the last line. */
export function toText(report: Report, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const vms = report.vms.length > TABLE_LIMIT ? changeGroups(report, layout) : vmTable(report, layout);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [layout.paint('bold', title), ...lines];
  return page([
    summaryLines(report, layout),
    section('Checks', checkTable(report, layout)),
    section(vmNoun(report) === 'VM' ? 'VMs' : 'ContainerVMs', vms),
    section('Not where they should be', attention(report, layout)),
    section('Findings', findings(report, layout)),
    section('Way back', rollbackRunbook(report).map(printable)),
    nextLines(report),
  ]);
}

function summaryLines(report: Report, {columns, paint}: Layout): string[] {
  const {vch, target, changeId, planDigest} = report;
  const ownName =
    vch.ownName === null || vch.ownName === vch.name ? '' : `, own name ${printable(vch.ownName)}`;
  const state = [
    `build ${printable(vch.build ?? 'unknown')}`,
    `data version ${vch.dataVersion ?? 'unknown'}`,
    ...(vch.powerState === null ? [] : [printable(vch.powerState)]),
    ...(vch.computeResource === null ? [] : [`in ${printable(vch.computeResource)}`]),
  ];
  const facts = [
    `on ${printable(target.url)}: ${printable(target.product)}, API ${printable(target.apiVersion)}`,
    state.join(', '),
    `run ${printable(report.runId)}${changeId === null ? '' : `, change ${printable(changeId)}`}`,
    ...(planDigest === undefined ? [] : [`saved plan ${printable(planDigest)}`]),
  ];
  // plan is allowed under a lock, and mentions it; the other commands would not have come this far.
  const lock = report.command === 'status' || vch.lock.held ? [lockText(vch.lock)] : [];
  return [
    paint('bold', `${TITLE[report.command]} VCH ${printable(vch.name)} (${printable(vch.id)}${ownName})`),
    ...facts.flatMap((fact) => wrap(fact, columns, '  ')),
    '',
    ...wrap(countsText(report), columns).map((line) => paint('bold', line)),
    ...[...lock, ...notes(report)].flatMap((note) => wrap(printable(note), columns)),
  ];
}

const CHECK_STYLE = {ok: 'green', warning: 'yellow', failed: 'red'} as const;

/** The checks before an upgrade, one a row. */
function checkTable({checks = []}: Pick<Report, 'checks'>, layout: Layout): string[] {
  const columns = [
    {heading: 'Check', cells: checks.map(({title}) => printable(title))},
    {
      heading: 'Status',
      cells: checks.map(({status}) => CHECK_MARK[status]),
      styles: checks.map(({status}) => CHECK_STYLE[status]),
    },
  ];
  return table(columns, {heading: 'Seen', cells: checks.map(({message}) => printable(message))}, layout);
}

const POWER = new Map([
  ['poweredOn', 'on'],
  ['poweredOff', 'off'],
  ['suspended', 'susp'],
]);
const RENAME = {disabled: 'disabled', 'not-persisted-by-vic': 'not kept', supported: 'supported'} as const;

/** VM by VM: its names and state, and what was, or would be, changed. */
function vmTable(report: Report, layout: Layout): string[] {
  const {vms} = report;
  const columns = [
    {heading: 'VM', cells: vms.map(displayName), limit: 40},
    {heading: 'CONTAINER', cells: vms.map((vm) => printable(vm.containerName ?? '-')), limit: 28},
    {heading: 'POWER', cells: vms.map((vm) => powerText(vm.powerState))},
    {heading: 'DATA', cells: vms.map((vm) => String(vm.dataVersion ?? '-'))},
    {heading: 'RENAME', cells: vms.map((vm) => RENAME[vm.rename])},
    {
      heading: 'STATUS',
      cells: vms.map((vm) => vm.status),
      styles: vms.map((vm) => STATUS_STYLE[vm.status]),
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

/** This many names identify a group; the JSON report has them all. */
const NAMES_SHOWN = 24;

/** The VMs of a large VCH, those with the same changes on one line: `412 VMs: + common/name, …`, and their names. */
function changeGroups(report: Report, {columns, paint}: Layout): string[] {
  return [...grouped(report.vms, (vm) => groupOf(report, vm))]
    .filter(([changes]) => changes !== '')
    .sort(([, a], [, b]) => b.length - a.length)
    .flatMap(([changes, vms]) => [
      ...wrap(`${count(vms.length, 'VM')}: ${changes}`, columns, '  ').map((line) => paint('bold', line)),
      ...wrap(firstOf(vms.map(shortName), NAMES_SHOWN), columns, '    ').map((line) => paint('dim', line)),
    ]);
}

const UNTOUCHED: readonly ReportStatus[] = ['refused', 'conflict', 'unreachable', 'skipped'];

/** What a VM has in common with others; empty if it does not change. */
function groupOf(report: Report, vm: ReportVm): string {
  if (report.command === 'status') return pluginsText(vm);
  // Another section shows why these were not written.
  if (UNTOUCHED.includes(vm.status)) return '';
  const changes = vm.changes.map((change) => `${changeSign(change)} ${printable(change.key)}`).join(', ');
  return changes === '' || vm.status === 'pending' || vm.status === 'changed'
    ? changes
    : `${changes} (${vm.status})`;
}

function grouped(
  vms: readonly ReportVm[],
  keyOf: (vm: ReportVm) => string,
): ReadonlyMap<string, readonly ReportVm[]> {
  const groups = new Map<string, ReportVm[]>();
  for (const vm of vms) {
    const key = keyOf(vm);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(vm);
  }
  return groups;
}

function shortName(vm: ReportVm): string {
  return vm.containerName === null ? displayName(vm) : containerName(vm.containerName);
}

function firstOf(names: readonly string[], most: number): string {
  const left = names.length - most;
  const more = left > 0 ? ` and ${left} more (--format json lists every VM)` : '';
  return `${names.slice(0, most).join(', ')}${more}`;
}

const SHOWN = 100;
/** This many VMs with one reason become one group. */
const MANY = 4;

/** The VMs that are not at their goal: many with one reason together, the others one by one. */
function attention(report: Report, {columns, paint}: Layout): string[] {
  const section = (title: string, {status, error}: ReportVm) => [
    ...wrap(`${title}: ${status}`, columns, '  ').map((line) =>
      // The status is the last word; a name may contain the same letters.
      line.endsWith(` ${status}`)
        ? line.slice(0, -status.length) + paint(STATUS_STYLE[status], status)
        : line,
    ),
    ...(error === null ? [] : wrap(printable(`${error.code}: ${error.message}`), columns, '    ')),
  ];
  const reasonOf = ({status, error}: ReportVm) => `${status} ${error?.code} ${error?.fault}`;
  const groups = [...grouped(needAttention(report), reasonOf).values()];
  return [
    ...groups.flatMap((vms) => {
      const [first] = vms;
      if (first === undefined || vms.length < MANY) return [];
      const names = wrap(firstOf(vms.map(vmLabel), SHOWN), columns, '    ');
      return [
        ...section(`${count(vms.length, 'VM')} for one reason`, first),
        ...names.map((line) => paint('dim', line)),
      ];
    }),
    ...limited(groups.filter((vms) => vms.length < MANY).flat(), (vm) => section(vmLabel(vm), vm)),
  ];
}

/** Other things a person should know: of the VCH first, then VM by VM. */
function findings(report: Report, {columns}: Layout): string[] {
  return limited(findingsOf(report), ({about, code, message}) =>
    wrap(`${about}: ${printable(code)}: ${printable(message)}`, columns - 2).map((line, at) =>
      at === 0 ? `  ${line}` : `    ${line}`,
    ),
  );
}

function limited<T>(items: readonly T[], render: (item: T) => readonly string[]): string[] {
  const lines = items.slice(0, SHOWN).flatMap(render);
  const left = items.length - SHOWN;
  return left > 0 ? [...lines, `  and ${left} more (--format json lists all)`] : lines;
}
