import type {Format} from '../format.js';
import {printable} from '../printable.js';
import type {Report, ReportChange, ReportVm} from '../report.js';

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

type Cell = (vm: ReportVm, change: ReportChange | undefined) => string | number | null | undefined;

/** A cell is empty if there is no value; VIC's empty string is `<nil>`. */
const COLUMNS: Readonly<Record<string, Cell>> = {
  id: (vm) => vm.id,
  kind: (vm) => vm.kind,
  'display name': (vm) => vm.displayName,
  'container id': (vm) => vm.containerId,
  'container name': (vm) => vm.containerName,
  'power state': (vm) => vm.powerState,
  'data version': (vm) => vm.dataVersion,
  rename: (vm) => vm.rename,
  status: (vm) => vm.status,
  plugins: (vm) => vm.applied.join(' '),
  key: (_vm, change) => change?.key,
  before: (_vm, change) => change?.before,
  after: (_vm, change) => change?.after,
  'error code': (vm) => vm.error?.code,
  error: (vm) => vm.error?.message,
  findings: (vm) => vm.findings.map(({code, message}) => `${code}: ${message}`).join('; '),
};

/** A report as a table for a spreadsheet (RFC 4180): a row for each change, for each VM without any, and for each check. */
export function toCsv({vms, checks = []}: Report): string {
  const cells = Object.values(COLUMNS);
  return csvLines([
    Object.keys(COLUMNS),
    ...vms.flatMap((vm) =>
      (vm.changes.length === 0 ? [undefined] : vm.changes).map((change) =>
        cells.map((cell) => String(cell(vm, change) ?? '')),
      ),
    ),
    ...checks.map(({id, title, status, message}) => {
      const row = new Map(
        Object.entries({id, kind: 'check', 'display name': title, status, findings: message}),
      );
      return Object.keys(COLUMNS).map((name) => row.get(name) ?? '');
    }),
  ]);
}

/** Rows as CSV text. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return rows.map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('');
}

/** Quoted, and not a formula: spreadsheets compute what begins like one, quoted or not, full-width or not. */
function quoted(text: string): string {
  const clean = printable(text);
  const harmless = /^[\s'"]*[=+\-@\uff0b\uff0d\uff1d\uff20|%]/u.test(clean) ? `'${clean}` : clean;
  return `"${harmless.replaceAll('"', '""')}"`;
}
