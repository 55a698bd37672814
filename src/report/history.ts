import {counted} from '../counted.js';
import type {Listing, ListingPage} from './format.js';
import {printable} from './printable.js';
import type {ReportVch} from './report.js';
import {table} from './table.js';
import {dayText, secondsText} from './times.js';

/** A run that the VMs' ledgers record. */
export interface HistoryRun {
  readonly runId: string;
  readonly time: string;
  readonly user: string;
  readonly changeId: string | null;
  readonly plugins: readonly string[];
  readonly vms: number;
}

interface History {
  readonly vch: ReportVch;
  /** Oldest first. */
  readonly runs: readonly HistoryRun[];
  /** VMs whose ledger could not be read. */
  readonly unreadable: number;
}

/** The runs of a VCH for people, one a line. */
export function historyText({vch, runs, unreadable}: History): Listing['text'] {
  const columns = [
    {heading: 'TIME', cells: runs.map(({time}) => printable(time.replace(/\.\d+Z$/, 'Z')))},
    {heading: 'USER', cells: runs.map(({user}) => printable(user)), limit: 32},
    {heading: 'CHANGE', cells: runs.map(({changeId}) => printable(changeId ?? '-')), limit: 24},
    {heading: 'VMS', cells: runs.map(({vms}) => String(vms))},
  ];
  // Never cut: `undo --run` needs the whole id.
  const plugins = {
    heading: 'RUN: PLUGINS',
    cells: runs.map((run) => printable(`${run.runId}: ${run.plugins.join(', ')}`)),
  };
  const head = `Runs recorded on VCH ${printable(vch.name)} (${printable(vch.id)}): ${runs.length}`;
  return (layout) => [
    [layout.paint('bold', head)],
    table(columns, plugins, layout),
    unreadable === 0 ? [] : [`The ledgers of ${counted(unreadable, 'VM')} could not be read.`],
  ];
}

/** The runs of a VCH as a page. */
export function historyPage({vch, runs, unreadable}: History): ListingPage {
  const unread = unreadable === 0 ? '' : `; the ledgers of ${counted(unreadable, 'VM')} could not be read`;
  const column = (heading: string, cells: readonly string[]) => ({heading, cells});
  return {
    kind: 'Runs',
    tone: unreadable === 0 ? 'info' : 'warn',
    text: `${counted(runs.length, 'run')} recorded on ${vch.name}${unread}`,
    columns: [
      column(
        'Time',
        runs.map(({time}) => `${dayText(time)}, ${secondsText(time)} UTC`),
      ),
      column(
        'User',
        runs.map(({user}) => user),
      ),
      column(
        'Change',
        runs.map(({changeId}) => changeId ?? '-'),
      ),
      column(
        'VMs',
        runs.map(({vms}) => String(vms)),
      ),
      column(
        'Run',
        runs.map(({runId}) => runId),
      ),
      column(
        'Plugins',
        runs.map(({plugins}) => plugins.join(', ')),
      ),
    ],
  };
}
