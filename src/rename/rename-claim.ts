import {isDeepStrictEqual} from 'node:util';
import {ApplianceWriter} from '../appliance/appliance-writer.js';
import {
  assertFree,
  type Found,
  heldBy,
  jsonMembers,
  LEASE_TIMES,
  Lease,
  type LeaseKind,
  type LeaseSpec,
  readHolder,
  signOfLife,
  word,
} from '../appliance/lease.js';
import {thisProcess} from '../appliance/machine.js';
import {UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import type {RunOptions} from '../containers/run-options.js';
import {hasCode, VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {isContainerId, RENAME_CLAIM_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import type {Vch} from '../inventory/vch.js';
import {canonicalJson} from '../migration/canonical-json.js';
import {waitUntil} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {isDockerName} from './docker-name.js';

/** A rename as the appliance has it: links in other containers may still use the old name. */
export type RenameRecord = {
  /** Container id. */
  readonly container: string;
  readonly from: string;
  readonly to: string;
};

/** What a rename claim has in addition to every lease. */
export interface SeenRename {
  /** What it was made for; `null` if it does not say. */
  readonly rename: RenameRecord | null;
}

/** The claim that makes renames on a VCH take turns. */
export const RENAME_CLAIM: LeaseKind<SeenRename> = {
  key: RENAME_CLAIM_KEY,
  name: 'the rename claim',
  activity: 'a rename on',
  leaseTime: LEASE_TIMES.rename.normal,
  longest: LEASE_TIMES.rename.longest,
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
  },
  isForeign: () => false,
};

/** What the owner of a claim keeps in it. */
interface ClaimBody {
  readonly rename: RenameRecord;
  /** What earlier renames have left. */
  readonly unfinished: readonly RenameRecord[];
}

const CLAIM: LeaseSpec<ClaimBody> = {
  ...RENAME_CLAIM,
  encode: ({id, user, runId, toolVersion, since}, {counter, leaseTime}, {rename, unfinished}) => {
    const own = thisProcess();
    return canonicalJson({
      ...own,
      id,
      owner: `${user} on ${own.host}, pid ${own.pid}`,
      rename,
      run: runId,
      tool: toolVersion,
      lease: leaseTime,
      counter,
      time: since,
      unfinished,
    });
  },
  beside: () => ({}),
  afterLoss: () => ({}),
  leaseTimeOf: (_body, base) => base,
  updating: () => 'announcing a rename',
  assertMayTake: (config, label) => assertFree(UPGRADE_LOCK, config, label),
  broken: (config, label) => heldBy(UPGRADE_LOCK, config, label),
  afterLosing: 'See vch-migrate status, and run rename again',
};

/** The value of the key while no rename holds the VCH: the unfinished renames, or `null` to remove it. */
export function encodeUnfinished(unfinished: readonly RenameRecord[]): string | null {
  return unfinished.length === 0 ? null : canonicalJson({unfinished});
}

/**
 * The unfinished renames in an appliance's keys: those that were left, and the one that the
 * claim was made for. Records that this tool could not have written are left out: their names go into commands.
 */
export function unfinishedIn(config: ExtraConfig): readonly RenameRecord[] {
  const members = jsonMembers(decodeValue(config[RENAME_CLAIM_KEY] ?? ''));
  const left = members.get('unfinished');
  const records = [...(Array.isArray(left) ? left : []), members.get('rename')].map(recordIn);
  // Each old name of a container once, with the latest new one.
  const distinct = new Map(
    records.flatMap((record) => (record === null ? [] : [[`${record.container} ${record.from}`, record]])),
  );
  return [...distinct.values()];
}

function recordIn(value: unknown): RenameRecord | null {
  if (typeof value !== 'object' || value === null) return null;
  const members = new Map<string, unknown>(Object.entries(value));
  const [container, from, to] = ['container', 'from', 'to'].map((name) => word(members, name));
  if (container == null || from == null || to == null) return null;
  return isContainerId(container) && from !== '' && isDockerName(to) ? {container, from, to} : null;
}

/** What a claim needs. */
export interface ClaimOptions extends Pick<RunOptions, 'runId' | 'user' | 'toolVersion' | 'signal' | 'log'> {
  /** What is claimed for. */
  readonly rename: RenameRecord;
  /** Seconds; 30 by default. */
  readonly lease?: number | undefined;
}

/** The right to rename on a VCH, for as long as it is held. */
export interface RenameClaim {
  /** The appliance as it was when the claim was made. */
  readonly appliance: Appliance;
  /** What earlier renames left unfinished, those of dead owners included. */
  readonly unfinished: readonly RenameRecord[];
  /** Makes sure that the claim is still ours and no upgrade has begun; throws VCH_ERR_LOCK_LOST or VCH_ERR_LOCKED. */
  assertHeld(): Promise<void>;
  /** Does the same, and puts this rename into the claim: if we die, the next owner knows what may be half done. */
  announce(rename: RenameRecord): Promise<void>;
  /** Says what is to be on the appliance when the claim is given back; else that is what was found there. */
  leave(unfinished: readonly RenameRecord[]): void;
}

/**
 * Waits for its turn, claims the right to rename on a VCH by compare-and-set on its appliance, and gives it back
 * whatever happens. No claim is made while an upgrade holds the VCH: both are keys of one VM, guarded by one
 * changeVersion. A claim that its owner has stopped renewing is taken over, and with it what it was made for: that
 * may be half done.
 */
export async function withRenameClaim<T>(
  session: Session,
  vch: Vch,
  options: ClaimOptions,
  use: (claim: RenameClaim) => Promise<T>,
): Promise<T> {
  const writer = new ApplianceWriter(session, vch);
  const lease = await acquire(writer, options);
  const {unfinished} = lease.body;
  let left = unfinished;
  const assertHeld = () => writer.inTurn(async (turn) => lease.assertOurs(await turn.read()));
  try {
    return await use({
      appliance: lease.found,
      unfinished,
      assertHeld,
      announce: (rename) =>
        isDeepStrictEqual(rename, lease.body.rename) ? assertHeld() : lease.update({rename, unfinished}),
      leave: (records) => {
        left = records;
      },
    });
  } finally {
    await release(writer, lease, left, options);
  }
}

async function acquire(writer: ApplianceWriter, options: ClaimOptions) {
  const {rename, lease: leaseTime, runId, user, toolVersion, log} = options;
  const owner = {runId, user, toolVersion, leaseTime, log};
  const make = async ({config}: Appliance) => ({rename, unfinished: unfinishedIn(config)});
  for (;;) {
    const over = await waitTurn(writer, options);
    try {
      return await Lease.acquire(writer, CLAIM, owner, {over, make});
    } catch (error) {
      // Another rename was quicker, or an upgrade: the next look tells.
      if (!hasCode(error, 'VCH_ERR_LOCKED')) throw error;
    }
  }
}

/** Milliseconds to wait for other renames that are alive. */
const PATIENCE = 120_000;
const POLL = 250;

/** Waits until no live owner has the claim; gives the raw value of a dead owner's claim, or `null`. */
async function waitTurn(writer: ApplianceWriter, {signal, log}: ClaimOptions): Promise<string | null> {
  const {label, session} = writer;
  const {clock} = session;
  const look = signOfLife(clock);
  let last: Found<SeenRename> | null = null;
  const turn = await waitUntil({clock, signal}, {every: POLL, within: PATIENCE}, async () => {
    const {config} = await writer.read();
    assertFree(UPGRADE_LOCK, config, label);
    const holder = readHolder(RENAME_CLAIM, config);
    if (!('found' in holder)) return {over: null};
    const {found} = holder;
    if (last === null) log.info(`${label}: waiting for a rename: ${RENAME_CLAIM.who(found)}`);
    last = found;
    if (look(found) !== 'over' && holder.state !== 'dead') return null;
    log.warn(`taking over the claim of a rename that is no longer renewed: ${RENAME_CLAIM.who(found)}`);
    return {over: found.raw};
  });
  if (turn !== null) return turn.over;
  if (signal?.aborted)
    throw new VchError(
      'VCH_ERR_INTERRUPTED',
      `stopped while waiting for another rename on ${label}; nothing was renamed, run the same command again`,
    );
  throw new VchError(
    'VCH_ERR_TIMEOUT',
    `other renames have held ${label} for ${PATIENCE / 1000} s, the last one ${last === null ? 'unknown' : RENAME_CLAIM.who(last)}. ` +
      'Nothing was renamed; run the same command again when they have finished',
  );
}

/** A failure is only logged: the renames are done, and other renames take the claim for dead. */
async function release(
  {label}: ApplianceWriter,
  lease: Lease<ClaimBody>,
  left: readonly RenameRecord[],
  {log}: ClaimOptions,
): Promise<void> {
  try {
    const unseen = await lease.release(encodeUnfinished(left));
    if (unseen !== null)
      log.debug(`the release of ${RENAME_CLAIM_KEY} on ${label} was not seen: ${unseen.message}`);
  } catch (error) {
    if (!(error instanceof VchError)) throw error;
    // Whoever took it over has it; the rename itself has failed of that already.
    const tell = error.code === 'VCH_ERR_LOCK_LOST' ? log.debug : log.warn;
    tell(
      `the claim ${RENAME_CLAIM_KEY} on ${label} could not be released: ${error.message}; the next rename takes it over once it is not renewed`,
    );
  }
}
