import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {isFalse} from '../extraconfig/value.js';
import {type Vch, type VchDescription, vchLabel} from '../inventory/vch.js';
import {describeHolder, type Held, LEASE_TIMES, type LeaseKind, readHolder, word} from './lease.js';

/** What only an upgrade lock says. */
export interface SeenUpgrade {
  readonly phase: string | null;
  readonly changeId: string | null;
}

/** The upgrade lock. `rename` and the commands on containerVMs respect it; only an upgrade takes it. */
export const UPGRADE_LOCK: LeaseKind<SeenUpgrade> = {
  key: LOCK_KEY,
  name: 'the upgrade lock',
  activity: 'an upgrade of',
  leaseTime: LEASE_TIMES.upgrade.normal,
  longest: LEASE_TIMES.upgrade.longest,
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
  },
  isForeign: (config) => !isFalse(config[UPDATE_IN_PROGRESS_KEY]),
};

/** The upgrade lock, as reports show it. */
export type LockState = {readonly held: false} | HeldLock;

type HeldLock = Readonly<ReturnType<typeof heldLock>>;

/** A VCH as `ls` and the reports show it. */
export interface VchSummary extends VchDescription {
  readonly lock: LockState;
}

/** A VCH that somebody holds, as messages name it: whoever finds it down must read so first. */
export function heldLabel(label: string, powerState: string | null): string {
  return powerState === 'poweredOff' ? `${label}, which is powered off,` : label;
}

/** A VCH with its upgrade lock, as the reading that found it shows them. */
export function vchSummary(vch: Vch): VchSummary {
  return {...vch.summary, lock: lockState(vch.leases, heldLabel(vchLabel(vch), vch.summary.powerState))};
}

/** The upgrade lock in an appliance's keys. */
export function lockState(config: ExtraConfig, label: string): LockState {
  const holder = readHolder(UPGRADE_LOCK, config);
  return holder.state === 'none' ? {held: false} : heldLock(holder, label);
}

function heldLock(holder: Held<SeenUpgrade>, label: string) {
  const {state, wayOut} = describeHolder(UPGRADE_LOCK, holder, label);
  const found = holder.state === 'foreign' ? null : holder.found;
  return {
    held: true as const,
    /** `vch-migrate`: our own lock; `vic-machine`: only VIC's flag `UpdateInProgress`. */
    by: found === null ? ('vic-machine' as const) : ('vch-migrate' as const),
    lockId: found?.id ?? null,
    owner: found?.owner ?? null,
    phase: found?.seen.phase ?? null,
    /** RFC 3339. */
    since: found?.since ?? null,
    /** Whether its owner has recorded that it stopped. */
    stopped: found?.stopped ?? false,
    /** Whether its owner is alive. */
    state: holder.state === 'foreign' ? ('unknown' as const) : holder.state,
    /** Who holds it and what to do about it, in sentences. */
    text: `${state.charAt(0).toUpperCase()}${state.slice(1)}. ${wayOut}.`,
  };
}
