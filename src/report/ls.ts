import {counted} from '../counted.js';
import type {Listing, ListingPage} from './format.js';
import {lockWord} from './lock-text.js';
import {printable} from './printable.js';
import type {ReportTarget, ReportVch} from './report.js';
import {table} from './table.js';

/** An ISO file on this machine, compared with the VCHs. */
export interface ListedIso {
  readonly path: string;
  readonly version: string;
  readonly build: string;
  /** Ids of the VCHs that an upgrade with it would take to a newer release. */
  readonly newerThan: readonly string[];
}

interface ListedVchs {
  readonly target: ReportTarget;
  readonly vchs: readonly ReportVch[];
  /** The appliance ISO at hand; absent if there is none. */
  readonly iso?: ListedIso;
}

/** The VCHs of a target for people, one a line. */
export function listingText({target, vchs, iso}: ListedVchs): Listing['text'] {
  const [names = [], ids = [], ...facts] = cellsOf(vchs);
  const columns = [
    {heading: 'VCH', cells: names, limit: 40},
    {heading: 'ID', cells: ids},
    ...['VERSION', 'BUILD', 'DATA', 'CONTAINERVMS', 'UPGRADE'].map((heading, at) => ({
      heading,
      cells: facts[at] ?? [],
    })),
  ];
  const where = {heading: 'COMPUTE RESOURCE', cells: facts.at(-1) ?? []};
  return (layout) => [
    [layout.paint('bold', `VCHs on ${printable(target.url)}: ${vchs.length}`)],
    table(columns, where, layout),
    iso === undefined ? [] : [isoText(iso, vchs)],
  ];
}

const HEADINGS = ['VCH', 'Id', 'Version', 'Build', 'Data version', 'ContainerVMs', 'Upgrade', 'Lies in'];

/** The VCHs of a target as a page. */
export function listingPage({target, vchs, iso}: ListedVchs): ListingPage {
  const left = vchs.filter(({lock}) => lock.held && lock.state === 'dead').length;
  const unfinished = left === 0 ? '' : `; ${counted(left, 'upgrade')} left unfinished`;
  const compared = iso === undefined ? '' : `. ${isoText(iso, vchs)}`;
  const cells = cellsOf(vchs);
  return {
    kind: 'VCHs',
    tone: left === 0 ? 'info' : 'warn',
    text: `${counted(vchs.length, 'VCH')} on ${target.url}${unfinished}${compared}`,
    columns: HEADINGS.map((heading, at) => ({heading, cells: cells[at] ?? []})),
  };
}

/** What is said of each VCH, by column. */
function cellsOf(vchs: readonly ReportVch[]): readonly (readonly string[])[] {
  return [
    vchs.map((vch) => nameText(vch.name, vch.ownName)),
    vchs.map(({id}) => id),
    vchs.map(({version}) => printable(version ?? '-')),
    vchs.map(({build}) => printable(build ?? '-')),
    vchs.map(({dataVersion}) => String(dataVersion ?? '-')),
    vchs.map(({containerVMs}) => String(containerVMs ?? '-')),
    vchs.map(upgradeText),
    vchs.map(({computeResource}) => printable(computeResource ?? '')),
  ];
}

/** A VCH that an upgrade holds may be down: that comes with it. */
function upgradeText({lock, powerState}: ReportVch): string {
  return `${lockWord(lock)}${lock.held && powerState === 'poweredOff' ? ', powered off' : ''}`;
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
  const compared = older.length === 0 ? 'newer than none of them' : `newer than ${older.join(', ')}`;
  return `${printable(path)} has version ${printable(version)}, build ${printable(build)}: ${compared}`;
}
