import {printable} from './printable.js';
import type {ReportLock} from './report.js';

/** Whether an upgrade is going on, said as plainly either way, and how to go on if one is. */
export function lockText(lock: ReportLock): string {
  if (!lock.held) return 'No upgrade in progress.';
  const owner = lock.owner === null ? '' : `, owner ${printable(lock.owner)}`;
  const since = lock.since == null ? '' : `, since ${printable(lock.since)}`;
  const phase = lock.phase === null ? '' : `, phase ${printable(lock.phase)}`;
  const id = lock.lockId === null ? '' : `, lock ${printable(lock.lockId)}`;
  return lock.by === 'vic-machine'
    ? "An upgrade is in progress: VIC's own flag UpdateInProgress is set, by a vic-machine upgrade or configure that runs, " +
        'or that died. Wait for it, and look where it was started.'
    : lock.stopped === true
      ? `An upgrade was stopped: by vch-migrate${owner}${since}${phase}${id}. ` +
        'Go on with it with vch-migrate resume, take it back with rollback, or drop its lock with unlock.'
      : `An upgrade is in progress: by vch-migrate${owner}${since}${phase}${id}. ` +
        'Let its owner finish; if it is dead, vch-migrate resume, rollback or unlock make sure of that and take it up.';
}

/** The same in two words, for a table. */
export function lockWord(lock: ReportLock): string {
  return lock.held ? `in progress (${lock.by})` : 'none in progress';
}
