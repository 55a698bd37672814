import {assertFree, watchOwner} from '../appliance/lease.js';
import {UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import {VchError} from '../errors.js';
import type {Appliance} from '../inventory/appliance.js';
import {untilStopped} from '../stopping.js';
import {refString} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import {assertNoNewer, planUndoContainers} from './containers.js';
import {discardedBy} from './discarded.js';
import {agreed, lookAt, outcomeOf, tellAbout, type UpgradeOutcome} from './outcome.js';
import {findSnapshot} from './own-snapshot.js';
import {keysAsBefore, looksBack, revertGoal} from './put-back.js';
import type {UpgradeRecord} from './record.js';
import {runSteps} from './run-steps.js';
import {
  CHECK,
  isRollingBack,
  ROLLBACK_STEPS,
  reached,
  recordOn,
  resumePoint,
  type Step,
  showStep,
  stepsFrom,
} from './steps.js';
import {takeLock} from './take-lock.js';
import {type LockedVch, logEvent, openVch, type RollbackOptions, type VchTarget} from './vch-target.js';

/**
 * Rolls back the last upgrade on record, finished or not: the appliance to its snapshot, the containerVMs by their
 * ledgers. Rejects before anything is written if something speaks against it.
 */
export async function rollbackVch(session: Session, options: RollbackOptions): Promise<UpgradeOutcome> {
  const target = await openVch(session, options);
  const {dead, record, appliance, containers, lost} = await untilStopped(options.signal, () =>
    prepare(target),
  );
  return agreed(options, outcomeOf(target, {record, appliance, containers, result: 'planned'}), async () => {
    const locked = await takeLock(target, dead, async ({config}) => {
      const now = recordOn(config, target.label);
      if (now === null || now.run !== record.run) throw moved(target.label);
      return now;
    });
    tellAbout(locked, containers);
    await logEvent(locked, 'rollback begins');
    const ran = await runSteps(locked, (held) => stepsToGo(held, lost), containers, keysAsBefore);
    const ended = ran.error === null ? await rolledBack(locked) : await failed(locked, ran.error);
    return outcomeOf(locked, {
      ...ended,
      record: locked.record,
      lockId: locked.lock.id,
      containers: ran.containers,
      appliance: await lookAt(locked),
      outage: locked.outage,
    });
  });
}

async function prepare(target: VchTarget<RollbackOptions>) {
  const {options, writer, label} = target;
  showStep(options, CHECK);
  const {config} = await writer.read();
  if (recordOn(config, label) === null) {
    assertFree(UPGRADE_LOCK, config, label);
    throw nothingToRollBack(label);
  }
  const {over: dead, appliance} = await watchOwner(writer, UPGRADE_LOCK, options);
  const record = recordOn(appliance.config, label);
  if (record === null) throw moved(label);
  if (mayRefuse(record, appliance)) await assertNoNewer(target, record, 'Nothing was written');
  if (!reached(record.phase, 'rollback-containers')) await assertSnapshot(target, record);
  const lost = await changedSince(target, record, appliance);
  if (options.confirm === undefined && options.discardChanges !== true && mayRefuse(record, appliance))
    assertNothingLost(target, lost, 'Nothing was written');
  for (const line of lost)
    target.addFinding(
      'changed-since-upgrade',
      `changed since the upgrade, and discarded by its rollback: ${line}`,
    );
  const {outcome} = await planUndoContainers(target, record);
  return {dead, record, appliance, containers: outcome, lost};
}

/** What has changed on the appliance since the upgrade, so that the revert would discard it. */
async function changedSince(
  target: VchTarget,
  record: UpgradeRecord,
  appliance: Appliance,
): Promise<readonly string[]> {
  // The user agreed to that when the rollback began.
  if (isRollingBack(record.phase)) return [];
  const goal = await revertGoal(target, record, reached(record.phase, 'appliance'), appliance);
  return goal === null ? [] : discardedBy(target, record, goal.before, appliance);
}

function assertNothingLost({label}: VchTarget, lost: readonly string[], what: string): void {
  if (lost.length === 0) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `${label} has changed since its upgrade, and a rollback would discard these changes: ${lost.join('; ')}. ${what}. ` +
      'To discard them, run vch-migrate rollback with --discard-changes',
  );
}

/** The steps that are left. While the containerVMs are undone, the appliance is restored and stays up. */
async function stepsToGo(locked: LockedVch, agreed: readonly string[]): Promise<readonly Step[]> {
  const {record, writer} = locked;
  const appliance = await writer.read();
  if (appliance.powerState === 'poweredOff') locked.outage?.off();
  // The VCH was up while the user was asked.
  if (mayRefuse(record, appliance)) {
    const what = 'The appliance was not rolled back';
    await assertNoNewer(locked, record, what);
    const lost = await changedSince(locked, record, appliance);
    assertNothingLost(
      locked,
      lost.filter((line) => !agreed.includes(line)),
      what,
    );
  }
  return stepsFrom(ROLLBACK_STEPS, resumePoint(record.phase));
}

async function rolledBack(locked: LockedVch) {
  await logEvent(locked, 'rollback ends: rolled back');
  return {result: 'rolled-back', error: null} as const;
}

/** Ends a rollback that failed. Rejects if nothing was done under the lock yet. */
async function failed(locked: LockedVch, error: VchError) {
  const {lock, record, options, label} = locked;
  if (!isRollingBack(record.phase)) {
    // Restores the lock as it was.
    await lock.undo();
    throw error;
  }
  const result = (await isHalfBack(locked, error)) ? 'needs-person' : 'resumable';
  await lock.stop();
  await logEvent(locked, `rollback ends: ${result}, ${error.code}`);
  options.log.error(`the rollback of ${label} failed: ${error.message}`);
  return {result, error: asRollback(error, result)} as const;
}

function asRollback(failure: VchError, result: string): VchError {
  if (result !== 'needs-person' || failure.code === 'VCH_ERR_ROLLBACK_FAILED') return failure;
  return new VchError('VCH_ERR_ROLLBACK_FAILED', `the rollback failed: ${failure.message}`, {
    cause: failure,
    fault: failure.fault,
  });
}

/** Whether the rollback may be refused. A VCH that is down or half rolled back must always come up again. */
function mayRefuse({phase, powerState}: UpgradeRecord, appliance: Appliance): boolean {
  return !isRollingBack(phase) && (appliance.powerState === 'poweredOn' || powerState === 'poweredOff');
}

/** Whether the VCH was left down, or with data of two versions. If the lock was lost, another process may own its keys. */
async function isHalfBack(locked: LockedVch, failure: VchError): Promise<boolean> {
  if (locked.record.phase !== 'rollback') return false;
  if (failure.code !== 'VCH_ERR_LOCK_LOST') return !(await looksBack(locked));
  return (await lookAt(locked))?.powerState !== locked.record.powerState;
}

async function assertSnapshot(target: VchTarget, record: UpgradeRecord): Promise<void> {
  if (!record.touched || (await findSnapshot(target, record)) !== null) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the snapshot ${record.snapshot ?? `of the run ${record.run}`} of ${target.label} is gone; without it the appliance cannot be rolled back. ` +
      `Nothing was written. List its snapshots with govc snapshot.tree -vm ${refString(target.vch.ref)}; vch-migrate undo restores the containerVMs alone`,
  );
}

function nothingToRollBack(label: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `${label} has no rollback record: vch-migrate never upgraded it, or the upgrade was rolled back already. ` +
      'Nothing was written. vch-migrate status shows its version',
  );
}

function moved(label: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `another process has changed the rollback record of ${label} meanwhile. Nothing was written. vch-migrate status shows its state`,
  );
}
