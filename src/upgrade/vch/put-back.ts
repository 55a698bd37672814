import {toVchError, VchError} from '../../errors.js';
import type {Appliance} from '../../inventory/appliance.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../../inventory/keys.js';
import {LEDGER_KEY} from '../../migration/ledger.js';
import {settle} from '../../vim25/recent-tasks.js';
import {
  readSnapshotConfig,
  revertToSnapshot,
  type Snapshot,
  type SnapshotConfig,
} from '../../vim25/snapshot.js';
import {type Missing, missingKeys} from './appliance-writer.js';
import type {VchContext} from './context.js';
import {removeUploaded} from './iso-files.js';
import {parseLock} from './lock-text.js';
import {ensureRemoved, findSnapshot} from './own-snapshot.js';
import {ensurePoweredOff, ensurePoweredOn} from './power.js';
import {waitUntilReady} from './ready.js';
import {reach} from './retry.js';

/**
 * Puts the appliance back to the snapshot of the upgrade on record, and writes what the revert did not bring back.
 * Where it was not touched yet, there is nothing to put back.
 */
export async function putApplianceBack(context: VchContext): Promise<void> {
  const {record} = context;
  context.step('revert');
  await context.enter('rollback');
  // A revert that was cut off leaves the record of the time of the snapshot, and the power off.
  const touched = record.touched || (await context.writer.read()).powerState !== record.powerState;
  if (!touched) return;
  const snapshot = await findSnapshot(context, record);
  if (snapshot === null) throw snapshotGone(context);
  context.amend({snapshot: snapshot.ref.value, touched});
  const before = await readSnapshotConfig(context.session, snapshot.ref);
  await ensurePoweredOff(context);
  await revert(context, snapshot);
  await restore(context, before);
  if (record.powerState !== 'poweredOn') return;
  context.step('power-on');
  await ensurePoweredOn(context);
  await expectReady(context);
}

/** Takes away what the upgrade left besides: its ISO files and its snapshot. What cannot be is told. */
export async function cleanUp(context: VchContext): Promise<void> {
  context.step('cleanup');
  await context.enter('rollback-cleanup');
  try {
    await removeUploaded(context);
  } catch (error) {
    context.find(
      'iso-left',
      `an ISO file that this upgrade uploaded is still there: ${toVchError(error).message}; remove it with govc datastore.rm`,
    );
  }
  const snapshot = await findSnapshot(context, context.record);
  if (snapshot === null) return;
  try {
    await ensureRemoved(context, snapshot.ref);
  } catch (error) {
    context.find(
      'snapshot-left',
      `the snapshot ${snapshot.ref.value} of this upgrade is still there: ${toVchError(error).message}; ` +
        `remove it with govc snapshot.remove -vm VirtualMachine:${context.vch.ref.value} ${snapshot.ref.value}`,
    );
  }
}

/** What becomes of flag and record when everything is as before. */
export function keysAsBefore({record}: Pick<VchContext, 'record'>): Readonly<Record<string, string | null>> {
  return {[UPGRADE_RECORD_KEY]: record.previous, [UPDATE_IN_PROGRESS_KEY]: record.updateInProgress};
}

/** The same revert twice is one revert: whether a lost one was carried out need not be known. */
function revert(context: VchContext, snapshot: Snapshot): Promise<void> {
  const {session, vch, writer, record} = context;
  let done = false;
  return writer.inTurn(async () => {
    await reach(
      async () => {
        await settle(session, vch.ref);
        return done ? true : null;
      },
      async () => {
        context.note({
          effect: 'RevertToSnapshot_Task',
          object: snapshot.ref.value,
          detail: `run ${record.run}`,
        });
        const task = await revertToSnapshot(session, snapshot.ref);
        await writer.waiter.wait(task, `reverting ${context.label} to ${snapshot.ref.value}`);
        done = true;
      },
    );
  });
}

/**
 * The snapshot was taken with the upgrade's lock and record in it, so ours are renewed first thing. Whether a revert
 * brings back every hidden key is not known of ESXi, and vcsim's brings back none: what differs is written.
 */
async function restore(context: VchContext, before: SnapshotConfig): Promise<void> {
  const {writer, lock, record} = context;
  const inSnapshot = parseLock(before.extraConfig[LOCK_KEY])?.id ?? null;
  const keys = [...record.keys, LEDGER_KEY];
  const wanted = Object.fromEntries(keys.map((key) => [key, before.extraConfig[key] ?? null]));
  await writer.write('renewing the lock after the revert', (appliance): Missing => {
    // Also what the revert itself has put there.
    if (parseLock(appliance.config[LOCK_KEY])?.id !== inSnapshot) lock.assertOurs(appliance);
    const extraConfig = missingKeys(appliance.config, {...wanted, ...lock.keys(context.record)});
    const deviceChange = drives(appliance, before, record.cdrom?.key);
    return extraConfig.length === 0 && deviceChange.length === 0 ? null : {extraConfig, deviceChange};
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
  context.step('ready');
  try {
    await waitUntilReady(context, undefined);
  } catch (error) {
    context.find(
      'not-ready-after-rollback',
      `${context.label} is put back and powered on, but not ready yet: ${toVchError(error).message}; look at it with vch-migrate status and docker info`,
    );
  }
}

function snapshotGone({label, record}: VchContext): VchError {
  return new VchError(
    'VCH_ERR_ROLLBACK_FAILED',
    `the snapshot ${record.snapshot ?? `of the run ${record.run}`} of ${label} is gone: somebody removed it, and without it the appliance cannot be put back; see govc snapshot.tree`,
  );
}
