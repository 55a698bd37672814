import type {Listing} from './format.js';
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
  const columns = [
    {heading: 'VCH', cells: vchs.map((vch) => nameText(vch.name, vch.ownName)), limit: 40},
    {heading: 'ID', cells: vchs.map((vch) => vch.id)},
    {heading: 'VERSION', cells: vchs.map((vch) => printable(vch.version ?? '-'))},
    {heading: 'BUILD', cells: vchs.map((vch) => printable(vch.build ?? '-'))},
    {heading: 'DATA', cells: vchs.map((vch) => String(vch.dataVersion ?? '-'))},
    {heading: 'CONTAINERVMS', cells: vchs.map((vch) => String(vch.containerVMs ?? '-'))},
    {heading: 'UPGRADE', cells: vchs.map(upgradeText)},
  ];
  const where = {heading: 'COMPUTE RESOURCE', cells: vchs.map((vch) => printable(vch.computeResource ?? ''))};
  return (layout) => [
    [layout.paint('bold', `VCHs on ${printable(target.url)}: ${vchs.length}`)],
    table(columns, where, layout),
    iso === undefined ? [] : [isoText(iso, vchs)],
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
