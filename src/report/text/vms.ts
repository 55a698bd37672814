import stringWidth from 'string-width';
import {counted} from '../../counted.js';
import {grouped} from '../attention.js';
import {type Layout, TONE_STYLE} from '../layout.js';
import {changeSign, changeText, displayName, pluginsText} from '../phrases.js';
import {printable} from '../printable.js';
import type {Report, ReportChange, ReportVm} from '../report.js';
import {fits, table} from '../table.js';
import {statusWord} from '../vm-words.js';
import {pad, wrap} from '../width.js';
import {shortName} from './reasons.js';
import {section} from './rows.js';

/** This many VMs are shown one by one without being asked for. */
const TABLE_LIMIT = 30;
/** This many names identify a group. */
const MOST_NAMES = 10;

/** The containerVMs: a table where it fits, else in groups what changes, or one after the other with all details. */
export function containerLines(report: Report, layout: Layout): readonly string[] {
  const vms = report.vms.filter(({kind}) => kind === 'container');
  const {columns, notes} = vmColumns(report, vms);
  if ((vms.length <= TABLE_LIMIT || layout.details) && fits(columns, notes, layout))
    return section('ContainerVMs', table(columns, notes, layout), layout);
  if (layout.details)
    return section(
      'ContainerVMs',
      vms.flatMap((vm) => vmLines(report, vm, layout)),
      layout,
    );
  if (report.command === 'status') return section('Plugins', pluginGroups(vms, layout), layout);
  const pending = vms.filter(({status}) => status === 'pending');
  const keys = pending.reduce((sum, {changes}) => sum + changes.length, 0);
  return section(`What will change (${counted(keys, 'key')})`, changeGroups(pending, layout), layout);
}

const POWER = new Map([
  ['poweredOn', 'on'],
  ['poweredOff', 'off'],
  ['suspended', 'suspended'],
]);
const RENAME = {disabled: 'disabled', 'not-persisted-by-vic': 'not kept', supported: 'supported'} as const;

function vmColumns(report: Report, vms: readonly ReportVm[]) {
  const words = vms.map(({status}) => statusWord(report, status));
  const columns = [
    {heading: 'VM', cells: vms.map(displayName)},
    {heading: 'CONTAINER', cells: vms.map((vm) => printable(vm.containerName ?? '-'))},
    {heading: 'POWER', cells: vms.map((vm) => powerText(vm.powerState))},
    {heading: 'DATA', cells: vms.map((vm) => String(vm.dataVersion ?? '-'))},
    {heading: 'RENAME', cells: vms.map((vm) => RENAME[vm.rename])},
    {
      heading: 'STATUS',
      cells: words.map(({text}) => text.toLowerCase()),
      styles: words.map(({tone}) => TONE_STYLE[tone]),
    },
  ];
  return {columns, notes: {heading: 'WHAT', cells: vms.map((vm) => what(report, vm))}};
}

function what(report: Report, vm: ReportVm): string {
  if (vm.error !== null) return printable(vm.error.code);
  if (report.command === 'status') return pluginsText(vm);
  return vm.changes.map(changeText).join(', ');
}

function powerText(state: string | null): string {
  return state === null ? '-' : (POWER.get(state) ?? printable(state));
}

/** One VM with everything that a report knows of it. */
function vmLines(report: Report, vm: ReportVm, {columns, paint}: Layout): readonly string[] {
  const {tone, text} = statusWord(report, vm.status);
  const facts = [
    vm.id,
    shortName(vm) === displayName(vm) ? '' : displayName(vm),
    `power ${powerText(vm.powerState)}`,
    `data ${vm.dataVersion ?? 'unknown'}`,
    `rename ${RENAME[vm.rename]}`,
    report.command === 'status' ? pluginsText(vm) : '',
    vm.error === null ? '' : vm.error.code,
  ].filter((fact) => fact !== '');
  return [
    `  ${paint('bold', shortName(vm))}  ${paint(TONE_STYLE[tone], text.toLowerCase())}`,
    ...wrap(printable(facts.join(', ')), columns, '    '),
    ...vm.changes.flatMap((change) => wrap(changeText(change), columns, '      ').map(hang)),
  ];
}

/** The appliance's changes, one key a line. */
export function applianceLines(report: Report, layout: Layout): readonly string[] {
  const [appliance] = report.vms.filter(({kind}) => kind === 'appliance');
  const changes = appliance?.changes ?? [];
  const title = `Appliance (${counted(changes.length, 'key')})`;
  return section(
    title,
    changes.flatMap((change) => applianceLine(change, layout)),
    layout,
  );
}

/** Key and values on one line, or the values on lines of their own. */
function applianceLine(change: ReportChange, {columns, paint, details}: Layout): readonly string[] {
  const sign = paint('cyan', changeSign(change));
  const key = printable(change.key);
  const value = valueText(change, details ? Number.POSITIVE_INFINITY : LONGEST_VALUE);
  if (stringWidth(`${key}   ${value}`) + 4 <= columns) return [`  ${sign} ${key}   ${value}`];
  return [`  ${sign} ${key}`, ...wrap(value, columns, '      ')];
}

/** A longer value is cut, and says how long it is. */
const LONGEST_VALUE = 300;

/** A second line of a change stands below its key. */
function hang(line: string, at: number): string {
  return at === 0 ? line : `  ${line}`;
}

/** VMs with the same changes together, the largest group first: their keys, and their names. */
function changeGroups(vms: readonly ReportVm[], layout: Layout): readonly string[] {
  const groups = grouped(vms, ({changes}) =>
    changes.map((change) => `${changeSign(change)} ${change.key}`).join('\n'),
  );
  return groups
    .sort((a, b) => b.length - a.length)
    .flatMap((group) => [
      `  ${counted(group.length, 'containerVM')}`,
      ...keyLines(group, layout),
      ...nameLines(group, layout),
    ]);
}

function keyLines(group: readonly ReportVm[], {columns, paint}: Layout): readonly string[] {
  const changes = group[0]?.changes ?? [];
  const width = Math.max(...changes.map(({key}) => printable(key).length), 0);
  return changes.flatMap((change, at) => {
    const values = new Set(group.map((vm) => valueText(vm.changes[at])));
    const names = group.every((vm) => vm.changes[at]?.after === vm.containerName);
    const [only = ''] = values;
    const value = values.size === 1 ? only : names ? "the container's own name" : 'a value of its own each';
    const key = pad(printable(change.key), width);
    return wrap(`${changeSign(change)} ${key}   ${value}`, columns, '    ').map((line, n) =>
      n === 0
        ? line.replace(/^ {4}([+~-])/, (_all, sign: string) => `    ${paint('cyan', sign)}`)
        : `  ${line}`,
    );
  });
}

function valueText(change: ReportChange | undefined, longest = LONGEST_VALUE): string {
  if (change === undefined) return '';
  const shown = (value: string) => {
    const text = printable(value);
    return text.length <= longest ? text : `${text.slice(0, longest)}… (${text.length} characters)`;
  };
  const {before, after} = change;
  if (before === null) return shown(after ?? '');
  return after === null ? `was ${shown(before)}` : `${shown(before)} → ${shown(after)}`;
}

/** VMs by the plugins that their ledgers record, and that `apply` would still run. */
function pluginGroups(vms: readonly ReportVm[], layout: Layout): readonly string[] {
  const groups = grouped(
    vms.filter((vm) => pluginsText(vm) !== ''),
    pluginsText,
  );
  return groups
    .sort((a, b) => b.length - a.length)
    .flatMap((group) => [
      ...wrap(
        `${counted(group.length, 'containerVM')}: ${pluginsText(group[0] ?? {})}`,
        layout.columns,
        '  ',
      ).map((line, at) => (at === 0 ? line : `  ${line}`)),
      ...nameLines(group, layout),
    ]);
}

function nameLines(vms: readonly ReportVm[], {columns, paint}: Layout): readonly string[] {
  const names = vms.slice(0, MOST_NAMES).map(shortName);
  const left = vms.length - names.length;
  const more = left > 0 ? ` and ${left} more (--details lists them)` : '';
  return wrap(names.join(', ') + more, columns, '    ').map((line) => paint('dim', line));
}
