import {changeText} from './change-text.js';
import type {Layout} from './layout.js';
import {styleOf} from './paint.js';
import {printable} from './printable.js';
import type {Report, ReportVm} from './report.js';
import {table} from './table.js';
import {displayName} from './vm-name.js';

const POWER: Readonly<Record<string, string>> = {poweredOn: 'on', poweredOff: 'off', suspended: 'susp'};
const RENAME = {disabled: 'disabled', 'not-persisted-by-vic': 'not kept', supported: 'supported'} as const;

/** VM by VM: who it is, how it stands, and what was, or would be, done to it. */
export function vmTable(report: Report, layout: Layout): string[] {
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
  if (report.command === 'status') {
    const applied = vm.history ?? [];
    const pending = vm.pending ?? [];
    return printable(
      [
        ...(applied.length > 0 ? [`applied ${applied.join(', ')}`] : []),
        ...(pending.length > 0 ? [`pending ${pending.join(', ')}`] : []),
      ].join('; '),
    );
  }
  return vm.changes.map(changeText).join(', ');
}

function powerText(state: string | null): string {
  return state === null ? '-' : (POWER[state] ?? printable(state));
}
