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
  throw new VchError(
    'VCH_ERR_LOCKED',
    `an upgrade holds ${label}: owner ${lock.owner ?? 'unknown'}, phase ${lock.phase ?? 'unknown'}, lock ${lock.lockId ?? 'unreadable'}. ` +
      'Nothing was written; wait for it to end, or if its owner is dead, take it up with vch-migrate resume, rollback or unlock',
  );
}
