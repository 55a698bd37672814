import {jsonMembers, type LeaseKind, word} from '../appliance/lease.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {isContainerId, RENAME_CLAIM_KEY} from '../extraconfig/keys.js';
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

/** What a rename claim says besides. */
export interface SeenRename {
  /** What it was made for; `null` where it does not say. */
  readonly rename: RenameRecord | null;
}

/** The claim that makes renames on a VCH take turns. */
export const RENAME_CLAIM: LeaseKind<SeenRename> = {
  key: RENAME_CLAIM_KEY,
  activity: 'a rename on',
  leaseTime: 30,
  longest: 600,
  decode(members) {
    // Unfinished renames alone are what an earlier owner left.
    if (members.size === 1 && Array.isArray(members.get('unfinished'))) return null;
    return {rename: recordIn(members.get('rename'))};
  },
  who({owner, since, seen: {rename}}) {
    const purpose = rename === null ? 'of unknown names' : `${rename.from} to ${rename.to}`;
    return `${purpose}, claimed by ${owner ?? 'an unknown owner'} at ${since ?? 'an unknown time'}`;
  },
  wayOut: {
    alive: 'Other renames wait for it',
    dead: 'The next rename takes over its claim',
    unknown:
      'It delays other renames only while its owner renews the claim; the next rename takes over from a dead one',
    foreign: '',
  },
  isForeign: () => false,
};

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

/**
 * The renames that are not finished as far as an appliance's keys tell: those that were left, and the one that the
 * claim was made for. Records that this tool could not have written are left out: their names go into commands.
 */
export function unfinishedIn(config: ExtraConfig): readonly RenameRecord[] {
  const members = jsonMembers(decodeValue(config[RENAME_CLAIM_KEY] ?? ''));
  const left = members.get('unfinished');
  const records = [...(Array.isArray(left) ? left : []), members.get('rename')].map(recordIn);
  return distinctRecords(records.filter((record) => record !== null));
}

/** Each old name of a container once, with the latest new one. */
export function distinctRecords(records: readonly RenameRecord[]): readonly RenameRecord[] {
  return [...new Map(records.map((record) => [`${record.container} ${record.from}`, record])).values()];
}

function recordIn(value: unknown): RenameRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const members = new Map<string, unknown>(Object.entries(value));
  const [container, from, to] = ['container', 'from', 'to'].map((name) => word(members, name));
  if (container == null || from == null || to == null) return null;
  return isContainerId(container) && from !== '' && isDockerName(to) ? {container, from, to} : null;
}
