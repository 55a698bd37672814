import type {Format} from '../format.js';
import {printable} from '../printable.js';
import type {Report, ReportChange, ReportCheck, ReportVm} from '../report.js';

/** For spreadsheets. */
export const csv: Format = {
  name: 'csv',
  ending: '.csv',
  report: toCsv,
  failure: ({error}) =>
    csvLines([
      ['error code', 'error'],
      [error.code, error.message],
    ]),
};

const COLUMNS = [
  'id',
  'kind',
  'display name',
  'container id',
  'container name',
  'power state',
  'data version',
  'rename',
  'status',
  'plugins',
  'key',
  'before',
  'after',
  'error code',
  'error',
  'findings',
] as const;

/** A report as a table for a spreadsheet (RFC 4180): a row for each change, one for each VM without any, and one for each check. */
export function toCsv(report: Report): string {
  const rows = report.vms.flatMap((vm) =>
    vm.changes.length === 0 ? [row(vm, null)] : vm.changes.map((change) => row(vm, change)),
  );
  return csvLines([COLUMNS, ...rows, ...(report.checks ?? []).map(checkRow)]);
}

/** Rows as CSV text. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(cell).join(',')}\r\n`).join('');
}

/** An absent key has an empty cell; VIC's empty string stands there as `<nil>`. */
function row(vm: ReportVm, change: ReportChange | null): readonly string[] {
  return [
    vm.id,
    vm.kind,
    vm.displayName,
    vm.containerId ?? '',
    vm.containerName ?? '',
    vm.powerState ?? '',
    vm.dataVersion === null ? '' : String(vm.dataVersion),
    vm.rename ?? '',
    vm.status,
    vm.applied.join(' '),
    change?.key ?? '',
    change?.before ?? '',
    change?.after ?? '',
    vm.error?.code ?? '',
    vm.error?.message ?? '',
    vm.findings.map(({code, message}) => `${code}: ${message}`).join('; '),
  ];
}

/** A check among the VMs: what it is about, how it came out, and what was seen. */
function checkRow({id, title, status, message}: ReportCheck): readonly string[] {
  const cells: Partial<Record<(typeof COLUMNS)[number], string>> = {
    id,
    kind: 'check',
    'display name': title,
    status,
    findings: message,
  };
  return COLUMNS.map((column) => cells[column] ?? '');
}

/** Quoted, and no formula: spreadsheets compute what begins like one, quoted or not, full-width or not. */
function cell(text: string): string {
  const clean = printable(text);
  const harmless = /^[\s'"]*[=+\-@\uff0b\uff0d\uff1d\uff20|%]/u.test(clean) ? `'${clean}` : clean;
  return `"${harmless.replaceAll('"', '""')}"`;
}
