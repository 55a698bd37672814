import {missingKeys} from '../appliance/appliance-writer.js';
import {assertFree, UPGRADE_LOCK, vchSummary, watchOwner} from '../appliance/lease.js';
import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, type VchError} from '../errors.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import {findVch} from '../inventory/find-vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {compose} from './compose.js';
import {VchContext} from './context.js';
import type {UnlockOptions} from './options.js';
import type {UpgradeOutcome} from './outcome.js';
import {parseRecord, type UpgradeRecord} from './record.js';

/**
 * Removes a dead owner's lock, and puts VIC's flag back to what it was. The rollback record stays: the upgrade can
 * still be resumed or rolled back. A flag that vic-machine set alone is left: whether its owner lives cannot be known.
 */
export async function unlockVch(session: Session, options: UnlockOptions): Promise<UpgradeOutcome> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await untilStopped(options.signal, () => findVch(session, options.vch));
  const context = new VchContext(session, found, {...options, timeout: 0});
  const {writer, label} = context;
  context.step('check');
  const {over: dead} = await watchOwner(writer, UPGRADE_LOCK, options);
  const outcome = (result: 'unlocked' | 'unchanged' | 'not-started' | 'planned') =>
    compose(context, {planned: null, containers: nothing(context), checks: [], result, error: null});
  if (dead === null) {
    context.find('no-lock', `no upgrade is in progress on ${label}: there is no lock to remove`);
    return outcome('unchanged');
  }
  const goOn = await options.confirm?.(outcome('planned'));
  if (options.signal?.aborted || goOn === false)
    return {...outcome('not-started'), interrupted: options.signal?.aborted === true};
  context.step('unlock');
  await writer.write('removing the upgrade lock', ({config}) => {
    // Only the very lock that was seen to be dead.
    if (config[LOCK_KEY] !== dead) {
      assertFree(UPGRADE_LOCK, config, label);
      return null;
    }
    const {record} = recordOf(config[UPGRADE_RECORD_KEY], label);
    const flag = record === null ? 'false' : record.updateInProgress;
    return {extraConfig: missingKeys(config, {[LOCK_KEY]: null, [UPDATE_IN_PROGRESS_KEY]: flag})};
  });
  const {record, unread} = recordOf((await writer.read()).config[UPGRADE_RECORD_KEY], label);
  if (unread !== null) context.find('record-unreadable', unread.message);
  if (record !== null && record.phase !== 'done') {
    context.find(
      'upgrade-unfinished',
      `the upgrade of ${label}, run ${record.run}, stays unfinished in the phase ${record.phase}: go on with it with vch-migrate resume, or take it back with rollback`,
    );
  }
  return outcome('unlocked');
}

function nothing({vch}: VchContext): RunOutcome {
  return {vch: vchSummary(vch), vms: [], findings: [], interrupted: false};
}

/** A record that cannot be read keeps no dead lock in its place. */
function recordOf(
  raw: string | undefined,
  label: string,
): {readonly record: UpgradeRecord | null; readonly unread: VchError | null} {
  try {
    return {record: parseRecord(raw, label), unread: null};
  } catch (error) {
    return {record: null, unread: toVchError(error)};
  }
}
