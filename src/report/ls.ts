import {type LayoutOptions, layoutOf} from './layout.js';
import {lockWord} from './lock-text.js';
import {printable} from './printable.js';
import type {ReportTarget, ReportTool, ReportVch} from './report.js';
import {table} from './table.js';

/** An ISO file of this machine, beside the VCHs. */
export interface ListedIso {
  readonly path: string;
  readonly version: string;
  readonly build: string;
  /** Ids of the VCHs that an upgrade with it would take to a newer release. */
  readonly newerThan: readonly string[];
}

/** What `ls` tells: the VCHs of a target. */
export interface Listing {
  readonly schema: 'vch-migrate/ls/v1';
  readonly tool: ReportTool;
  readonly target: ReportTarget;
  readonly vchs: readonly ReportVch[];
  /** The appliance ISO at hand; absent where there is none. */
  readonly iso?: ListedIso;
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
  const iso = listing.iso === undefined ? [] : ['', isoText(listing.iso, vchs)];
  return `${[layout.paint('bold', head), ...rows, ...iso, '', `Next: ${listing.next}`].join('\n')}\n`;
}

function nameText(name: string, ownName: string | null): string {
  return ownName === null || ownName === name
    ? printable(name)
    : `${printable(name)} (${printable(ownName)})`;
}

function isoText({path, version, build, newerThan}: ListedIso, vchs: readonly ReportVch[]): string {
  const older = vchs
    .filter(({id}) => newerThan.includes(id))
    .map(({name, id}) => `${printable(name)} (${id})`);
  const says = older.length === 0 ? 'newer than none of them' : `newer than ${older.join(', ')}`;
  return `${printable(path)} has version ${printable(version)}, build ${printable(build)}: ${says}`;
}
