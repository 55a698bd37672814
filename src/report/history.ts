import {type LayoutOptions, layoutOf} from './layout.js';
import {count} from './phrases.js';
import {printable} from './printable.js';
import type {ReportTarget, ReportTool, ReportVch} from './report.js';
import {table} from './table.js';

/** One run, as the VMs' ledgers record it. */
export interface HistoryRun {
  readonly runId: string;
  readonly time: string;
  readonly user: string;
  readonly changeId: string | null;
  readonly toolVersion: string;
  readonly plugins: readonly string[];
  readonly vms: number;
}

/** What `history` tells. */
export interface History {
  readonly schema: 'vch-migrate/history/v1';
  readonly tool: ReportTool;
  readonly target: ReportTarget;
  readonly vch: ReportVch;
  /** Oldest first. */
  readonly runs: readonly HistoryRun[];
  /** VMs whose ledger could not be read. */
  readonly unreadable: number;
  readonly next: string;
}

/** The runs of a VCH for people, one a line. */
export function historyText(history: History, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const {vch, runs, unreadable} = history;
  const columns = [
    {heading: 'TIME', cells: runs.map(({time}) => printable(time.replace(/\.\d+Z$/, 'Z')))},
    {heading: 'USER', cells: runs.map(({user}) => printable(user)), limit: 32},
    {heading: 'CHANGE', cells: runs.map(({changeId}) => printable(changeId ?? '-')), limit: 24},
    {heading: 'VMS', cells: runs.map(({vms}) => String(vms))},
  ];
  // Never cut: `undo --run` wants the whole of it.
  const did = {
    heading: 'RUN: PLUGINS',
    cells: runs.map((run) => printable(`${run.runId}: ${run.plugins.join(', ')}`)),
  };
  const head = `Runs recorded on VCH ${printable(vch.name)} (${printable(vch.id)}): ${runs.length}`;
  return `${[
    layout.paint('bold', head),
    ...(runs.length === 0 ? [] : ['', ...table(columns, did, layout)]),
    ...(unreadable === 0 ? [] : ['', `The ledgers of ${count(unreadable, 'VM')} could not be read.`]),
    '',
    `Next: ${printable(history.next)}`,
  ].join('\n')}\n`;
}
