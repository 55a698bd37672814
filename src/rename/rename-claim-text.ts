import {isContainerId} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {canonicalJson} from '../migration/canonical-json.js';
import {isDockerName} from './docker-name.js';

/** A rename as the appliance has it: links of others may still name the container as it was called before. */
export interface RenameRecord {
  /** Container id. */
  readonly container: string;
  readonly from: string;
  readonly to: string;
}

/** A claim as it stands on the appliance. What is for people may be anything; ids and lease are what counts. */
export interface ClaimText {
  readonly id: string;
  readonly owner: string;
  /** What it was made for. */
  readonly rename: RenameRecord;
  readonly run: string;
  readonly tool: string;
  /** Seconds within which the owner raises the counter, or is dead. */
  readonly lease: number;
  readonly counter: number;
  readonly time: string;
  /** What earlier renames have left undone. */
  readonly unfinished: readonly RenameRecord[];
}

/** Somebody's claim, as far as it can be read. */
export interface FoundClaim {
  readonly id: string;
  readonly owner: string;
  /** `web to web-old`. */
  readonly purpose: string;
  readonly time: string;
  /** `null` where it does not say. */
  readonly lease: number | null;
  /** `null` where it does not say. */
  readonly rename: RenameRecord | null;
}

/** The claim's raw value: ASCII, whatever the names in it are. */
export function encodeClaim(claim: ClaimText): string {
  return canonicalJson({
    ...claim,
    rename: {...claim.rename},
    unfinished: claim.unfinished.map((record) => ({...record})),
  });
}

/** What stands in the claim's place when nobody has it: what is left undone, or nothing at all. */
export function encodeUnfinished(unfinished: readonly RenameRecord[]): string {
  return unfinished.length === 0
    ? ''
    : canonicalJson({unfinished: unfinished.map((record) => ({...record}))});
}

/** The claim in a raw value; `null` where there is none. One that cannot be read is a claim, too. */
export function parseClaim(raw: string | undefined): FoundClaim | null {
  const text = decodeValue(raw ?? '');
  if (text === '') return null;
  const members = membersOf(parse(text));
  if (members.size === 1 && Array.isArray(members.get('unfinished'))) return null;
  const word = (name: string): string => {
    const value = members.get(name);
    return typeof value === 'string' ? value : 'unknown';
  };
  const lease = members.get('lease');
  const rename = recordIn(members.get('rename'));
  return {
    id: word('id'),
    owner: word('owner'),
    purpose: rename === null ? 'unknown' : `${rename.from} to ${rename.to}`,
    time: word('time'),
    lease: typeof lease === 'number' && lease > 0 && lease <= LONGEST_LEASE ? lease : null,
    rename,
  };
}

/**
 * The renames that are not finished as far as a raw value tells: those that were left undone, and the one that it is
 * claimed for. Records that nobody but us could have written are left out: their names go into commands for people.
 */
export function unfinishedIn(raw: string | undefined): readonly RenameRecord[] {
  const claimed = parseClaim(raw)?.rename ?? null;
  const left = membersOf(parse(decodeValue(raw ?? ''))).get('unfinished');
  const records = [...(Array.isArray(left) ? left : []).map(recordIn), claimed];
  return distinctRecords(records.filter((record) => record !== null));
}

/** Each old name of a container once, with the latest new one. */
export function distinctRecords(records: readonly RenameRecord[]): readonly RenameRecord[] {
  return [...new Map(records.map((record) => [`${record.container} ${record.from}`, record])).values()];
}

/** Seconds; a claim that asks for more was not written by us, and must not stop renames for a day. */
const LONGEST_LEASE = 600;

function recordIn(value: unknown): RenameRecord | null {
  const members = membersOf(value);
  const [container, from, to] = ['container', 'from', 'to'].map((name) => members.get(name));
  if (typeof container !== 'string' || typeof from !== 'string' || typeof to !== 'string') return null;
  return isContainerId(container) && from !== '' && isDockerName(to) ? {container, from, to} : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}
