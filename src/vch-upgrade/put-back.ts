import {missingKeys} from '../appliance/appliance-writer.js';
import {findLease} from '../appliance/lease.js';
import {UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import {toVchError, VchError} from '../errors.js';
import {isStarted, LEDGER_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import {ACT, retried} from '../vim25/retry.js';
import {readSnapshotConfig, revertToSnapshot, type Snapshot, type SnapshotConfig} from '../vim25/snapshot.js';
import {settle} from '../vim25/tasks.js';
import {tellNewer} from './containers.js';
import type {VchContext, VchTarget} from './context.js';
import {removeUploaded} from './iso-files.js';
import {ensureRemoved, findSnapshot} from './own-snapshot.js';
import {ensurePoweredOff, ensurePoweredOn} from './power.js';
import {waitUntilReady} from './ready.js';
import type {UpgradeRecord} from './record.js';

// Why: docs/decisions/013-rollback-compares-first.md

/**
 * Puts the appliance back to the snapshot of the upgrade on record, and writes what the revert did not bring back.
 * `written`: the upgrade had come to write to the appliance. Gives what changes on record.
 */
export async function putApplianceBack(
  context: VchContext,
  written: boolean,
): Promise<Partial<UpgradeRecord>> {
  const patch = await tellNewer(context);
  const {record} = context;
  const appliance = await context.writer.read();
  const goal = await revertGoal(context, record, written, appliance);
  if (goal === null) return patch;
  const {snapshot, before} = goal;
  if (!record.touched || record.snapshot !== snapshot.ref.value)
    await context.write({snapshot: snapshot.ref.value, touched: true});
  if (record.powerState === 'poweredOff' && appliance.powerState !== 'poweredOff')
    context.finding(
      'left-off',
      `${context.label} was powered off before its upgrade, and is powered off again now`,
    );
  await ensurePoweredOff(context);
  await revert(context, snapshot);
  await restore(context, before);
  if (record.powerState !== 'poweredOn') return patch;
  context.tell('power-on');
  await ensurePoweredOn(context);
  await expectReady(context);
  return patch;
}

/** The snapshot that an appliance must be reverted to, with what it holds; `null` where no revert is needed. */
export async function revertGoal(
  target: VchTarget,
  record: UpgradeRecord,
  written: boolean,
  appliance: Appliance,
): Promise<{readonly snapshot: Snapshot; readonly before: SnapshotConfig} | null> {
  const snapshot = await findSnapshot(target, record);
  if (snapshot === null) {
    if (!record.touched) return null;
    throw snapshotGone(target, record);
  }
  // Nothing of ours was written to it: what differs from the snapshot is somebody else's.
  if (!written && appliance.powerState === record.powerState) return null;
  const before = await readSnapshotConfig(target.session, snapshot.ref);
  // It may never have been touched, or be back since a revert that was cut off later: no outage for nothing.
  return isBack(record, before, appliance) ? null : {snapshot, before};
}

/** Whether an appliance is as its snapshot has it, but for what its guest writes while it runs. */
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

/** Whether the appliance is as before, as far as can be seen now: what is said of a failure depends on it. */
export async function looksBack(context: VchContext): Promise<boolean> {
  try {
    const {record} = context;
    const appliance = await context.writer.read();
    const snapshot = await findSnapshot(context, record);
    if (snapshot === null) return !record.touched && appliance.powerState === record.powerState;
    return isBack(record, await readSnapshotConfig(context.session, snapshot.ref), appliance);
  } catch (error) {
    context.options.log.debug(`how ${context.label} stands cannot be seen: ${toVchError(error).message}`);
    return false;
  }
}

/** Takes away what the upgrade left besides: its ISO files and its snapshot. What cannot be is told. */
export async function cleanUp(context: VchContext): Promise<void> {
  try {
    await removeUploaded(context);
  } catch (error) {
    context.finding(
      'iso-left',
      `an ISO file that this upgrade uploaded is still there: ${toVchError(error).message}; remove it with govc datastore.rm`,
    );
  }
  const snapshot = await findSnapshot(context, context.record);
  if (snapshot === null) return;
  try {
    await ensureRemoved(context, snapshot.ref);
  } catch (error) {
    context.finding(
      'snapshot-left',
      `the snapshot ${snapshot.ref.value} of this upgrade is still there: ${toVchError(error).message}; ` +
        `remove it with govc snapshot.remove -vm VirtualMachine:${context.vch.ref.value} ${snapshot.ref.value}`,
    );
  }
}

/** What becomes of flag and record when everything is as before. */
export function keysAsBefore(record: UpgradeRecord): Readonly<Record<string, string | null>> {
  return {[UPGRADE_RECORD_KEY]: record.previous, [UPDATE_IN_PROGRESS_KEY]: record.updateInProgress};
}

/** The same revert twice is one revert: whether a lost one was carried out need not be known. */
function revert(context: VchContext, snapshot: Snapshot): Promise<true> {
  const {session, vch, writer, record} = context;
  return writer.inTurn(() =>
    retried<true, true>(session, ACT, {
      async look() {
        await settle(session, vch.ref);
        return {act: true};
      },
      async act() {
        await context.assertOurs();
        context.note({
          effect: 'RevertToSnapshot_Task',
          object: snapshot.ref.value,
          detail: `run ${record.run}`,
        });
        const task = await revertToSnapshot(session, snapshot.ref);
        await writer.waiter.wait(task, `reverting ${context.label} to ${snapshot.ref.value}`);
        return {done: true};
      },
    }),
  );
}

/**
 * The snapshot was taken with the upgrade's lock and record in it, so ours are renewed first thing. Whether a revert
 * brings back every hidden key is not known of ESXi, and vcsim's brings back none: what differs is written.
 */
async function restore(context: VchContext, before: SnapshotConfig): Promise<void> {
  const {writer, lock, record} = context;
  const inSnapshot = findLease(UPGRADE_LOCK, before.extraConfig)?.id ?? null;
  const keys = [...record.keys, LEDGER_KEY];
  const wanted = Object.fromEntries(keys.map((key) => [key, before.extraConfig[key] ?? null]));
  await writer.write('renewing the lock after the revert', (appliance) => {
    if (appliance.powerState !== 'poweredOff') throw poweredOnMeanwhile(context, appliance);
    // Also what the revert itself has put there.
    if (findLease(UPGRADE_LOCK, appliance.config)?.id !== inSnapshot) lock.assertOurs(appliance);
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

/** That the old version is slow to start again is no failed rollback. */
async function expectReady(context: VchContext): Promise<void> {
  context.tell('ready');
  try {
    await waitUntilReady(context, undefined);
  } catch (error) {
    context.finding(
      'not-ready-after-rollback',
      `${context.label} is put back and powered on, but not ready yet: ${toVchError(error).message}; look at it with vch-migrate status and docker info`,
    );
  }
}

/** A guestinfo key that is written to a running VM lasts until its power-off only. */
function poweredOnMeanwhile({label}: VchContext, {powerState}: Appliance): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `${label} is ${powerState} right after its revert: somebody powered it on; see vCenter's events for who, then vch-migrate rollback again`,
  );
}

function snapshotGone({label}: VchTarget, record: UpgradeRecord): VchError {
  return new VchError(
    'VCH_ERR_ROLLBACK_FAILED',
    `the snapshot ${record.snapshot ?? `of the run ${record.run}`} of ${label} is gone: somebody removed it, and without it the appliance cannot be put back; see govc snapshot.tree`,
  );
}
