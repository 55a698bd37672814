import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {decodeValue, isFalse} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {type Vch, type VchDescription, vchLabel} from '../inventory/vch.js';
import type {Logger} from '../log.js';
import type {ApplianceWriter} from './appliance-writer.js';
import {type Machine, processState} from './machine.js';

// Why: docs/decisions/010-renames-take-turns.md, 012-one-writer-owns-the-appliance.md

/** A lease as it stands on an appliance, as far as it can be read: anybody may have written it. */
export interface Found<Seen> {
  readonly raw: string;
  readonly id: string | null;
  /** `user@host` of its process, or who it says it is. */
  readonly owner: string | null;
  /** vSphere user. */
  readonly user: string | null;
  readonly run: string | null;
  /** RFC 3339. */
  readonly since: string | null;
  readonly machine: Machine | null;
  readonly pid: number | null;
  /** When that process was started, by its kernel. */
  readonly started: string | null;
  /** Seconds within which its owner gives a sign of life; the kind's own where it does not say, or says nonsense. */
  readonly leaseTime: number;
  /** Its owner has said that it stopped. */
  readonly stopped: boolean;
  readonly seen: Seen;
}

/**
 * Who holds an appliance, as far as one reading tells. `foreign`: VIC's own flag, without a lease of ours. `unknown`:
 * its owner is dead if the raw value stays the same for `found.leaseTime` by the reader's clock.
 */
export type Holder<Seen> =
  | {readonly state: 'none'}
  | {readonly state: 'foreign'}
  | {readonly state: 'alive' | 'dead' | 'unknown'; readonly found: Found<Seen>};

type Held = Exclude<Holder<unknown>['state'], 'none'>;

/** A kind of lease, as everybody reads it. */
export interface LeaseKind<Seen> {
  /** The ExtraConfig key it stands under. */
  readonly key: string;
  /** What its holder does with a VCH: `an upgrade of`. */
  readonly activity: string;
  /** Seconds, where a lease does not say. */
  readonly leaseTime: number;
  /** Seconds. A lease that claims more was not written by this tool, and must not lock everybody out for a day. */
  readonly longest: number;
  /** What it says besides; `null` for what stands there while nobody holds it. */
  decode(members: ReadonlyMap<string, unknown>): Seen | null;
  /** The holder in words, without its owner's state. */
  who(found: Found<Seen>): string;
  /** What a person can do about it. */
  readonly wayOut: Readonly<Record<Held, string>>;
  /** Whether somebody else's mark says that the VCH is taken. */
  isForeign(config: ExtraConfig): boolean;
}

/** What the upgrade lock says besides. */
export interface SeenUpgrade {
  readonly phase: string | null;
  readonly changeId: string | null;
}

/** The upgrade lock. `rename` and the containerVMs' commands honour it; only an upgrade takes it. */
export const UPGRADE_LOCK: LeaseKind<SeenUpgrade> = {
  key: LOCK_KEY,
  activity: 'an upgrade of',
  // As long as one call to vCenter may take.
  leaseTime: 120,
  longest: 3600,
  decode: (members) => ({phase: word(members, 'phase'), changeId: word(members, 'changeId')}),
  who({id, owner, user, run, since, pid, seen}) {
    const process = pid === null ? '' : `, pid ${pid}`;
    const account = user === null ? '' : ` (vSphere user ${user}${process})`;
    const change = seen.changeId === null ? '' : `, change ${seen.changeId}`;
    return (
      `${owner ?? 'an unknown owner'}${account} since ${since ?? 'an unknown time'}, phase ${seen.phase ?? 'unknown'}, ` +
      `run ${run ?? 'unknown'}${change}, lock ${id ?? 'unreadable'}`
    );
  },
  wayOut: {
    alive:
      'Let it finish; vch-migrate status shows when it has. If its owner dies, continue with vch-migrate resume, or use rollback or unlock',
    dead: 'Continue it with vch-migrate resume, take it back with vch-migrate rollback, or remove the lock with vch-migrate unlock',
    unknown:
      'Wait for it to finish. If its owner is dead, continue it with vch-migrate resume, take it back with rollback, or remove the lock with unlock: each of them first watches for a sign of life',
    foreign: 'Wait for it to finish, and look where it was started; vch-migrate status shows when it has',
  },
  isForeign: (config) => !isFalse(config[UPDATE_IN_PROGRESS_KEY]),
};

/** The lease under a kind's key; `null` where nobody holds it. One that cannot be read is held, too. */
export function findLease<Seen>(kind: LeaseKind<Seen>, config: ExtraConfig): Found<Seen> | null {
  const raw = config[kind.key] ?? '';
  const text = decodeValue(raw);
  if (text === '') return null;
  const members = jsonMembers(text);
  const seen = kind.decode(members);
  if (seen === null) return null;
  const host = word(members, 'host');
  const leaseTime = number(members, 'lease');
  return {
    raw,
    id: word(members, 'id'),
    owner: word(members, 'owner'),
    user: word(members, 'user'),
    run: word(members, 'run'),
    since: word(members, 'since') ?? word(members, 'time'),
    machine:
      host === null ? null : {host, boot: word(members, 'boot'), pidNamespace: word(members, 'pidNamespace')},
    pid: number(members, 'pid'),
    started: word(members, 'started'),
    leaseTime: leaseTime !== null && leaseTime > 0 && leaseTime <= kind.longest ? leaseTime : kind.leaseTime,
    stopped: members.get('stopped') === true,
    seen,
  };
}

/** Who holds an appliance, and whether the owner lives as far as that can be known without waiting. */
export function readHolder<Seen>(kind: LeaseKind<Seen>, config: ExtraConfig): Holder<Seen> {
  const found = findLease(kind, config);
  if (found !== null) return {state: ownerState(found), found};
  return {state: kind.isForeign(config) ? 'foreign' : 'none'};
}

function ownerState({stopped, machine, pid, started}: Found<unknown>): 'alive' | 'dead' | 'unknown' {
  if (stopped) return 'dead';
  // A run of this very process may have ended without a word: it is watched like any other.
  if (machine === null || pid === null || pid === process.pid) return 'unknown';
  const state = processState(machine, {pid, started});
  return state === 'gone' ? 'dead' : state;
}

/** The words for who holds a VCH, and what to do about it: neither begins a sentence nor ends one. */
export function describeHolder<Seen>(
  kind: LeaseKind<Seen>,
  holder: Exclude<Holder<Seen>, {state: 'none'}>,
  label: string,
): {readonly state: string; readonly wayOut: string} {
  const wayOut = kind.wayOut[holder.state];
  if (holder.state === 'foreign') {
    const state = `vic-machine has set ${UPDATE_IN_PROGRESS_KEY} on ${label}: its upgrade or configure operation is in progress, or died`;
    return {state, wayOut};
  }
  const {found} = holder;
  const [is, owner] = {
    alive: ['is in progress', 'its owner is running'],
    dead: ['was left unfinished', 'its owner is no longer running'],
    unknown: [
      'is in progress or was left unfinished',
      'whether its owner is still running cannot be seen from here',
    ],
  }[holder.state];
  return {state: `${kind.activity} ${label} ${is}: ${kind.who(found)}; ${owner}`, wayOut};
}

/** Throws VCH_ERR_LOCKED if somebody holds the VCH, a dead owner included; `over` is a dead one's that may be taken over. */
export function assertFree<Seen>(
  kind: LeaseKind<Seen>,
  config: ExtraConfig,
  label: string,
  over: string | null = null,
): void {
  const holder = readHolder(kind, config);
  if (holder.state === 'none') return;
  if ('found' in holder && holder.found.raw === over) return;
  throw lockedBy(kind, holder, label);
}

function lockedBy<Seen>(
  kind: LeaseKind<Seen>,
  holder: Exclude<Holder<Seen>, {state: 'none'}>,
  label: string,
): VchError {
  const {state, wayOut} = describeHolder(kind, holder, label);
  return new VchError('VCH_ERR_LOCKED', `${state}. Nothing was written. ${wayOut}`);
}

/** The upgrade lock, as reports show it. */
export type LockState =
  | {readonly held: false}
  | {
      readonly held: true;
      /** `vch-migrate`: our own lock; `vic-machine`: only VIC's flag `UpdateInProgress`. */
      readonly by: 'vch-migrate' | 'vic-machine';
      readonly lockId: string | null;
      readonly owner: string | null;
      readonly phase: string | null;
      /** RFC 3339. */
      readonly since: string | null;
      /** Its owner has said that it stopped. */
      readonly stopped: boolean;
      /** Whether its owner lives. */
      readonly state: 'alive' | 'dead' | 'unknown';
      /** Who holds it and what to do about it, in sentences. */
      readonly text: string;
    };

/** A VCH as `ls` and the reports show it. */
export interface VchSummary extends VchDescription {
  readonly lock: LockState;
}

/** A VCH with its upgrade lock, as the reading that found it shows them. */
export function vchSummary(vch: Vch): VchSummary {
  return {...vch.summary, lock: lockState(vch.leases, vchLabel(vch))};
}

/** The upgrade lock in an appliance's keys. */
export function lockState(config: ExtraConfig, label: string): LockState {
  const holder = readHolder(UPGRADE_LOCK, config);
  if (holder.state === 'none') return {held: false};
  const {state, wayOut} = describeHolder(UPGRADE_LOCK, holder, label);
  const text = `${state.charAt(0).toUpperCase()}${state.slice(1)}. ${wayOut}.`;
  if (holder.state === 'foreign') {
    const nobody = {lockId: null, owner: null, phase: null, since: null, stopped: false};
    return {held: true, by: 'vic-machine', ...nobody, state: 'unknown', text};
  }
  const {id, owner, since, stopped, seen} = holder.found;
  const {phase} = seen;
  return {held: true, by: 'vch-migrate', lockId: id, owner, phase, since, stopped, state: holder.state, text};
}

/** How a command that takes a lease over from a dead owner looks at it first. */
export interface WatchOptions {
  /** The lease that is meant; any other is VCH_ERR_LOCKED. */
  readonly lockId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
}

const POLL = 1000;

/**
 * Waits until it is certain that a lease's owner is dead, and gives the raw value to take over, `null` where there is
 * no lease, with the reading that showed it. VCH_ERR_LOCKED where the owner lives, or somebody else's mark stands alone.
 */
export async function watchOwner<Seen>(
  writer: ApplianceWriter,
  kind: LeaseKind<Seen>,
  {lockId, signal, log}: WatchOptions,
): Promise<{readonly over: string | null; readonly appliance: Appliance}> {
  let first: {readonly raw: string; readonly at: number} | undefined;
  for (;;) {
    const appliance = await writer.read();
    const holder = readHolder(kind, appliance.config);
    if (holder.state === 'none') return {over: null, appliance};
    if (holder.state === 'foreign') throw lockedBy(kind, holder, writer.label);
    const {found} = holder;
    if (lockId !== undefined && found.id !== lockId) throw otherLease(kind, found, writer.label, lockId);
    if (holder.state === 'alive') throw lockedBy(kind, holder, writer.label);
    if (holder.state === 'dead') return {over: found.raw, appliance};
    const now = performance.now();
    if (first === undefined) {
      first = {raw: found.raw, at: now};
      const {state} = describeHolder(kind, holder, writer.label);
      log.info(`${state}; watching for a sign of life for up to ${found.leaseTime} s`);
    }
    if (found.raw !== first.raw) throw lockedBy(kind, {state: 'alive', found}, writer.label);
    if (now - first.at >= found.leaseTime * 1000) return {over: found.raw, appliance};
    await wait(Math.min(POLL, found.leaseTime * 250), signal);
  }
}

async function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, {signal});
  } catch {
    // Only the signal ends it early.
    throw new VchError(
      'VCH_ERR_INTERRUPTED',
      'stopped while watching whether the owner of the lock is still running; nothing was written, run the same command again',
    );
  }
}

function otherLease<Seen>(
  kind: LeaseKind<Seen>,
  found: Found<Seen>,
  label: string,
  wanted: string,
): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `the lock on ${label} is not ${wanted}: it is held by ${kind.who(found)}. Nothing was written; vch-migrate status shows the lock`,
  );
}

/** A member that is a string. */
export function word(members: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = members.get(name);
  return typeof value === 'string' ? value : null;
}

function number(members: ReadonlyMap<string, unknown>, name: string): number | null {
  const value = members.get(name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The members of a JSON object in a text; none where it is no such text. */
export function jsonMembers(text: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    return new Map();
  }
}
