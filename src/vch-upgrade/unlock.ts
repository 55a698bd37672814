import {missing} from '../appliance/appliance-writer.js';
import {assertFree, watchOwner} from '../appliance/lease.js';
import {UPGRADE_LOCK, vchSummary} from '../appliance/upgrade-lock.js';
import {toVchError, type VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import type {Session} from '../vim25/session.js';
import {agreed, outcomeOf, type UpgradeOutcome, type UpgradeResult} from './outcome.js';
import type {UpgradeRecord} from './record.js';
import {CHECK, recordOn, showStep, UNLOCK} from './steps.js';
import {openVch, type UnlockOptions} from './vch-target.js';

/**
 * Removes a dead owner's lock, and restores VIC's flag. The rollback record stays: the upgrade can still be resumed or
 * rolled back. A flag without a lock was set by vic-machine and stays: whether its owner is alive cannot be known.
 */
export async function unlockVch(session: Session, options: UnlockOptions): Promise<UpgradeOutcome> {
  const target = await openVch(session, options);
  const {writer, vch, label} = target;
  showStep(options, CHECK);
  const {over: dead, appliance: before} = await watchOwner(writer, UPGRADE_LOCK, options);
  const ended = (result: UpgradeResult, appliance: Appliance) => {
    const containers = {vch: vchSummary(vch), vms: [], findings: [], interrupted: false};
    return outcomeOf(target, {result, appliance, containers});
  };
  if (dead === null) {
    target.addFinding('no-lock', `no upgrade is in progress on ${label}: there is no lock to remove`);
    return ended('unchanged', before);
  }
  return agreed(options, ended('planned', before), async () => {
    showStep(options, UNLOCK);
    const {appliance: after} = await writer.write('removing the upgrade lock', ({config}) => {
      // Only the lock whose owner was seen to be dead.
      if (config[LOCK_KEY] !== dead) {
        assertFree(UPGRADE_LOCK, config, label);
        return {missing: null, value: null};
      }
      const {record} = recordOrError(config, label);
      const flag = record === null ? 'false' : record.updateInProgress;
      return {missing: missing(config, {[LOCK_KEY]: null, [UPDATE_IN_PROGRESS_KEY]: flag}), value: null};
    });
    const {record, error} = recordOrError(after.config, label);
    if (error !== null) target.addFinding('record-unreadable', error.message);
    if (record !== null && record.phase !== 'done') {
      target.addFinding(
        'upgrade-unfinished',
        `the upgrade of ${label}, run ${record.run}, is still unfinished, in the phase ${record.phase}. Continue it with vch-migrate resume, or undo it with vch-migrate rollback`,
      );
    }
    return ended('unlocked', after);
  });
}

/** A dead owner's lock is removed even if its record cannot be read. */
function recordOrError(
  config: ExtraConfig,
  label: string,
): {readonly record: UpgradeRecord | null; readonly error: VchError | null} {
  try {
    return {record: recordOn(config, label), error: null};
  } catch (error) {
    return {record: null, error: toVchError(error)};
  }
}
