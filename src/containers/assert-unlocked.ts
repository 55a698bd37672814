import {VchError} from '../errors.js';
import type {LockState, Vch} from '../inventory/vch.js';

/** Throws VCH_ERR_LOCKED while an upgrade holds the VCH, a dead owner's included. */
export function assertUnlocked(vch: Vch, lock: LockState): void {
  if (!lock.held) return;
  const label = `${vch.summary.name} (${vch.summary.id})`;
  if (lock.by === 'vic-machine') {
    throw new VchError(
      'VCH_ERR_LOCKED',
      `an upgrade or configure operation is in progress on ${label}: vic-machine has set UpdateInProgress. Nothing was written; ` +
        'run the same command again when it has ended (vch-migrate status tells)',
    );
  }
  const held = `${lock.owner ?? 'unknown'} since ${lock.since ?? 'an unknown time'}, phase ${lock.phase ?? 'unknown'}, lock ${lock.lockId ?? 'unreadable'}`;
  const owner = lock.stopped ? `was left by its owner ${held}` : `is held by ${held}`;
  throw new VchError(
    'VCH_ERR_LOCKED',
    `an upgrade of ${label} ${owner}. Nothing was written; ` +
      (lock.stopped
        ? 'go on with vch-migrate resume, take it back with rollback, or drop the lock with unlock'
        : 'wait for it to end; if its owner is dead, vch-migrate resume goes on with it, rollback takes it back, unlock drops the lock, and each of them makes sure of that first'),
  );
}
