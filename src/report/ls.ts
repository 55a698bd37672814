import {type LayoutOptions, layoutOf} from './layout.js';
import {lockWord} from './lock-text.js';
import {printable} from './printable.js';
import type {ReportTarget, ReportTool, ReportVch} from './report.js';
import {table} from './table.js';

/** What `ls` tells: the VCHs of a target. */
export interface Listing {
  readonly schema: 'vch-migrate/ls/v1';
  readonly tool: ReportTool;
  readonly target: ReportTarget;
  readonly vchs: readonly ReportVch[];
  readonly next: string;
}

/** The VCHs of a target for people, one a line. */
export function listingText(listing: Listing, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const {vchs} = listing;
  const head = `VCHs on ${printable(listing.target.url)}: ${vchs.length}`;
  const columns = [
    {heading: 'VCH', cells: vchs.map((vch) => nameText(vch.name, vch.ownName)), limit: 40},
    {heading: 'ID', cells: vchs.map((vch) => vch.id)},
    {heading: 'VERSION', cells: vchs.map((vch) => printable(vch.version ?? '-'))},
    {heading: 'BUILD', cells: vchs.map((vch) => printable(vch.build ?? '-'))},
    {heading: 'DATA', cells: vchs.map((vch) => String(vch.dataVersion ?? '-'))},
    {heading: 'CONTAINERVMS', cells: vchs.map((vch) => String(vch.containerVMs ?? '-'))},
    {heading: 'UPGRADE', cells: vchs.map((vch) => lockWord(vch.lock))},
  ];
  const where = {heading: 'COMPUTE RESOURCE', cells: vchs.map((vch) => printable(vch.computeResource ?? ''))};
  const rows = vchs.length === 0 ? [] : ['', ...table(columns, where, layout)];
  return `${[layout.paint('bold', head), ...rows, '', `Next: ${listing.next}`].join('\n')}\n`;
}

function nameText(name: string, ownName: string | null): string {
  return ownName === null || ownName === name
    ? printable(name)
    : `${printable(name)} (${printable(ownName)})`;
}
