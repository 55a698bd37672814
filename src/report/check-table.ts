import type {Layout} from './layout.js';
import {printable} from './printable.js';
import type {Report, ReportCheck} from './report.js';
import {table} from './table.js';

const MARK: Readonly<Record<ReportCheck['status'], string>> = {
  ok: '✓ ok',
  warning: '! warning',
  failed: '✗ failed',
};

const STYLE = {ok: 'green', warning: 'yellow', failed: 'red'} as const;

/** What a check came to, for a screen or a page. */
export function checkMark({status}: ReportCheck): string {
  return MARK[status];
}

/** What was looked at before an upgrade, a row for each; empty where nothing was. */
export function checkTable({checks = []}: Pick<Report, 'checks'>, layout: Layout): string[] {
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
