import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {VchError} from '../errors.js';
import {LOCK_KEY} from '../extraconfig/keys.js';
import type {Logger} from '../log.js';
import type {ApplianceWriter} from './appliance-writer.js';
import {type FoundLock, parseLock} from './lock-text.js';
import {processState} from './machine.js';
import {LEASE} from './new-lock.js';

const POLL = 1000;

/** What is known of a lock's owner without waiting. */
export function ownerState(lock: FoundLock): 'alive' | 'dead' | 'unknown' {
  if (lock.stopped) return 'dead';
  if (lock.machine === null || lock.pid === null) return 'unknown';
  // A run of this very process may have ended without a word: it is watched like any other.
  if (lock.pid === process.pid) return 'unknown';
  const state = processState(lock.machine, {pid: lock.pid, started: lock.started});
  return state === 'gone' ? 'dead' : state;
}

/** Who holds a lock, where, since when and in which phase. */
export function describeLock(lock: FoundLock): string {
  const user =
    lock.user === null ? '' : ` (vSphere user ${lock.user}${lock.pid === null ? '' : `, pid ${lock.pid}`})`;
  const change = lock.changeId === null ? '' : `, change ${lock.changeId}`;
  return (
    `${lock.owner ?? 'somebody unknown'}${user} since ${lock.since ?? 'an unknown time'}, phase ${lock.phase ?? 'unknown'}, ` +
    `run ${lock.run ?? 'unknown'}${change}, lock ${lock.id ?? 'unreadable'}`
  );
}

/**
 * The raw value of a lock whose owner is dead; `null` where there is none. One that lives is VCH_ERR_LOCKED. On
 * another machine, dead is only an owner who shows no sign of life for a whole lease, by our own clock.
 */
export async function deadLock(
  writer: ApplianceWriter,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly log: Logger;
    readonly lockId?: string | undefined;
  },
): Promise<string | null> {
  let seen: {lock: FoundLock; since: number} | undefined;
  for (;;) {
    const lock = parseLock((await writer.read()).config[LOCK_KEY]);
    if (lock === null) return null;
    if (options.lockId !== undefined && lock.id !== options.lockId)
      throw otherLock(writer, lock, options.lockId);
    const state = ownerState(lock);
    if (state === 'dead') return lock.raw;
    if (state === 'alive') throw alive(writer, lock);
    const now = performance.now();
    if (seen === undefined) {
      const seconds = lock.lease ?? LEASE;
      options.log.info(
        `the upgrade lock on ${writer.label} is held by ${describeLock(lock)}; watching for up to ${seconds} s whether its owner lives`,
      );
      seen = {lock, since: now};
    }
    if (lock.raw !== seen.lock.raw) throw alive(writer, lock);
    if (now - seen.since >= (lock.lease ?? LEASE) * 1000) return lock.raw;
    await wait(Math.min(POLL, (lock.lease ?? LEASE) * 250), options.signal);
  }
}

async function wait(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await setTimeout(milliseconds, undefined, {signal});
  } catch {
    // Only the signal ends it early.
    throw new VchError(
      'VCH_ERR_INTERRUPTED',
      'stopped while watching whether the owner of the upgrade lock lives; nothing was written, run the same command again',
    );
  }
}

function alive(writer: ApplianceWriter, lock: FoundLock): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `an upgrade of ${writer.label} is going on: ${describeLock(lock)}. Its owner lives; nothing was written. ` +
      'Let it finish; vch-migrate status tells when it has',
  );
}

function otherLock(writer: ApplianceWriter, lock: FoundLock, wanted: string): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `the upgrade lock on ${writer.label} is not ${wanted}: it is held by ${describeLock(lock)}. Nothing was written; ` +
      'vch-migrate status shows the lock',
  );
}

/** Refuses a lock that somebody holds, saying what is known of its owner without waiting. */
export function refuseHeld(writer: ApplianceWriter, raw: string | undefined): void {
  const lock = parseLock(raw);
  if (lock === null) return;
  switch (ownerState(lock)) {
    case 'alive':
      throw alive(writer, lock);
    case 'dead':
      throw new VchError(
        'VCH_ERR_LOCKED',
        `an upgrade of ${writer.label} was begun and not finished: ${describeLock(lock)}. Its owner does not run any more; nothing was written. ` +
          'Go on with it with vch-migrate resume, take it back with rollback, or drop the lock with unlock',
      );
    case 'unknown':
      throw new VchError(
        'VCH_ERR_LOCKED',
        `an upgrade of ${writer.label} is going on or was left: ${describeLock(lock)}. From here it cannot be seen at once whether its owner lives; nothing was written. ` +
          'Wait for it; if it is dead, vch-migrate resume goes on with it, rollback takes it back and unlock drops the lock: each of them first watches for a sign of life',
      );
  }
}
