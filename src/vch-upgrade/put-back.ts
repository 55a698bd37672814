import {missingKeys} from '../appliance/appliance-writer.js';
import {toVchError, VchError} from '../errors.js';
import {isStarted, LEDGER_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import {govcFile} from '../vim25/datastore-path.js';
import {refString} from '../vim25/managed-object.js';
import {ACT} from '../vim25/retry.js';
import {readSnapshotConfig, revertToSnapshot, type Snapshot, type SnapshotConfig} from '../vim25/snapshot.js';
import {runUntil} from './appliance-task.js';
import {reportNewer} from './containers.js';
import {removeUploaded} from './iso-files.js';
import {ensureRemoved, findSnapshot} from './own-snapshot.js';
import {ensurePoweredOff, ensurePoweredOn} from './power.js';
import {waitUntilReady} from './ready.js';
import type {UpgradeRecord} from './record.js';
import {notStarted} from './upgrade-appliance.js';
import {type LockedVch, orFinding, type VchTarget} from './vch-target.js';

// Why: docs/decisions/013-rollback-compares-first.md

/**
 * Reverts the appliance to the snapshot of the upgrade on record, and writes what the revert does not restore. `written`:
 * the upgrade may have written to the appliance. Gives the changes to the record.
 */
export async function putApplianceBack(locked: LockedVch, written: boolean): Promise<Partial<UpgradeRecord>> {
  const patch = await reportNewer(locked);
  const {record} = locked;
  const appliance = await locked.writer.read();
  const goal = await revertGoal(locked, record, written, appliance);
  if (goal === null) return patch;
  const {snapshot, before} = goal;
  if (!record.touched || record.snapshot !== snapshot.ref.value)
    await locked.lock.update({snapshot: snapshot.ref.value, touched: true});
  if (record.powerState === 'poweredOff' && appliance.powerState !== 'poweredOff')
    locked.addFinding(
      'left-off',
      `${locked.label} was powered off before its upgrade, and is powered off again now`,
    );
  await ensurePoweredOff(locked);
  locked.lock.reverting(before.extraConfig);
  await revert(locked, snapshot);
  await restore(locked, before);
  if (record.powerState !== 'poweredOn') return patch;
  locked.showStep('power-on', {group: 'Put back'});
  await ensurePoweredOn(locked);
  locked.showStep('ready', {group: 'Put back'});
  // The rollback has not failed if the older version is slow to start.
  await orFinding(
    locked,
    'not-ready-after-rollback',
    (reason) =>
      `${locked.label} is rolled back and powered on, but not ready yet: ${reason}; look at it with vch-migrate status and docker info`,
    async () => {
      try {
        await waitUntilReady(locked, undefined);
      } catch (error) {
        locked.options.onProgress?.({type: 'phase-ended', status: 'failed'});
        throw error;
      }
    },
  );
  return patch;
}

/** The snapshot that an appliance must be reverted to, with what it holds; `null` if no revert is needed. */
export async function revertGoal(
  target: VchTarget,
  record: UpgradeRecord,
  written: boolean,
  appliance: Appliance,
): Promise<{readonly snapshot: Snapshot; readonly before: SnapshotConfig} | null> {
  const snapshot = await findSnapshot(target, record);
  if (snapshot === null) {
    if (!record.touched) return null;
    throw new VchError(
      'VCH_ERR_ROLLBACK_FAILED',
      `the snapshot ${record.snapshot ?? `of the run ${record.run}`} of ${target.label} was removed, and without it the appliance cannot be rolled back; list its snapshots with govc snapshot.tree -vm ${refString(target.vch.ref)}`,
    );
  }
  // The upgrade wrote nothing to it: any difference from the snapshot is another user's change.
  if (!written && appliance.powerState === record.powerState) return null;
  const before = await readSnapshotConfig(target.session, snapshot.ref);
  // It may never have been changed, or an earlier rollback may have reverted it: avoid a needless outage.
  return isBack(record, before, appliance) ? null : {snapshot, before};
}

/** Whether an appliance is as in its snapshot, except for what its guest writes while it runs. */
function isBack(
  {keys, cdrom, powerState}: UpgradeRecord,
  before: SnapshotConfig,
  appliance: Appliance,
): boolean {
  if (appliance.powerState !== powerState) return false;
  const own = [...keys, LEDGER_KEY].filter((key) => !isStarted(key));
  const wanted = Object.fromEntries(own.map((key) => [key, before.extraConfig[key] ?? null]));
  return (
    missingKeys(appliance.config, wanted).length === 0 && drives(appliance, before, cdrom?.key).length === 0
  );
}

/** Whether the appliance can be seen to be as before the upgrade. The report on a failure depends on it. */
export async function looksBack(locked: LockedVch): Promise<boolean> {
  try {
    const {record} = locked;
    const appliance = await locked.writer.read();
    const snapshot = await findSnapshot(locked, record);
    if (snapshot === null) return !record.touched && appliance.powerState === record.powerState;
    return isBack(record, await readSnapshotConfig(locked.session, snapshot.ref), appliance);
  } catch (error) {
    locked.options.log.debug(`the state of ${locked.label} cannot be read: ${toVchError(error).message}`);
    return false;
  }
}

/** Removes what else the upgrade left: its ISO files and its snapshot. */
export async function cleanUp(locked: LockedVch): Promise<void> {
  await orFinding(
    locked,
    'iso-left',
    (reason) =>
      `an ISO file that this upgrade uploaded is still there: ${reason}; remove it with ${removalOf(locked)}`,
    () => removeUploaded(locked),
  );
  const snapshot = await findSnapshot(locked, locked.record);
  if (snapshot === null) return;
  const {value} = snapshot.ref;
  await orFinding(
    locked,
    'snapshot-left',
    (reason) =>
      `the snapshot ${value} of this upgrade is still there: ${reason}; ` +
      `remove it with govc snapshot.remove -vm ${refString(locked.vch.ref)} ${value}`,
    () => ensureRemoved(locked, snapshot.ref),
  );
}

/** Flag and record once everything is as before the upgrade. */
export function keysAsBefore(record: UpgradeRecord): Readonly<Record<string, string | null>> {
  return {[UPGRADE_RECORD_KEY]: record.previous, [UPDATE_IN_PROGRESS_KEY]: record.updateInProgress};
}

/** A revert whose answer was lost is simply repeated: the result is the same. */
function revert(locked: LockedVch, snapshot: Snapshot): Promise<true> {
  const {session, writer, record} = locked;
  const task = {
    effect: 'RevertToSnapshot_Task',
    object: snapshot.ref.value,
    detail: `run ${record.run}`,
    what: `reverting ${locked.label} to ${snapshot.ref.value}`,
    start: () => revertToSnapshot(session, snapshot.ref),
  };
  return writer.inTurn(() => runUntil(locked, ACT, task, async (reverted) => reverted || null));
}

/**
 * The snapshot holds the upgrade's lock and record of its time, so ours are written at once. Whether a revert on ESXi
 * restores every hidden key is not known, and vcsim restores none: every difference is written.
 */
async function restore(locked: LockedVch, before: SnapshotConfig): Promise<void> {
  const {writer, lock, record} = locked;
  const keys = [...record.keys, LEDGER_KEY];
  const wanted = {
    ...Object.fromEntries(keys.map((key) => [key, before.extraConfig[key] ?? null])),
    // The snapshot was taken while it ran, and says that its services have started.
    ...(record.powerState === 'poweredOn' && notStarted(before.extraConfig)),
  };
  await writer.write('renewing the lock after the revert', (appliance) => {
    // A guestinfo key that is written to a running VM is lost at its power-off.
    if (appliance.powerState !== 'poweredOff')
      throw new VchError(
        'VCH_ERR_CONFLICT',
        `${locked.label} is ${appliance.powerState} right after its revert: another user or tool powered it on; find it in vCenter's events, then run vch-migrate rollback again`,
      );
    lock.assertOurs(appliance);
    const extraConfig = missingKeys(appliance.config, {...wanted, ...lock.keys()});
    const deviceChange = drives(appliance, before, record.cdrom?.key);
    const nothing = extraConfig.length === 0 && deviceChange.length === 0;
    return {missing: nothing ? null : {extraConfig, deviceChange}, value: null};
  });
}

function drives(appliance: Appliance, before: SnapshotConfig, key: number | undefined) {
  const was = before.cdroms.find((drive) => drive.key === key)?.fileName ?? null;
  return appliance.cdroms.flatMap((drive) =>
    drive.key !== key || was === null || drive.fileName === was ? [] : [{...drive, fileName: was}],
  );
}

/** The command that removes what was uploaded. */
function removalOf({record: {isos}}: LockedVch): string {
  const uploaded = [isos.appliance, isos.bootstrap].flatMap((iso) =>
    iso?.uploaded ? [govcFile(iso.path)] : [],
  );
  return uploaded.map((file) => `govc datastore.rm ${file}`).join(' and ');
}
