import {assertFree, UPGRADE_LOCK, watchOwner} from '../appliance/lease.js';
import {persist} from '../appliance/retry.js';
import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, VchError} from '../errors.js';
import {UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import {findVch} from '../inventory/find-vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {compose, lookAt} from './compose.js';
import {planUndoContainers, undoContainers} from './containers.js';
import {VchContext} from './context.js';
import {tellEvent} from './events.js';
import {assertNoNewer, tellNewer} from './newer-containers.js';
import type {VchOptions} from './options.js';
import type {UpgradeOutcome} from './outcome.js';
import {findSnapshot} from './own-snapshot.js';
import {isRollingBack, reached} from './phase.js';
import {cleanUp, keysAsBefore, looksBack, putApplianceBack} from './put-back.js';
import {parseRecord, type UpgradeRecord} from './record.js';

/**
 * Takes back the last upgrade on record, finished or not: the appliance by its snapshot, the containerVMs by their
 * ledgers. Rejects with what speaks against it before anything is written.
 */
export async function rollbackVch(session: Session, options: VchOptions): Promise<UpgradeOutcome> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await untilStopped(options.signal, () => findVch(session, options.vch));
  // What an upgrade wrote is taken back as a whole.
  const context = new VchContext(session, found, {...options, select: undefined});
  const {record, dead, containers} = await untilStopped(options.signal, () => prepare(context));
  const outcome = (vms: RunOutcome, result: 'planned' | 'not-started') =>
    compose(context, {planned: null, containers: vms, checks: [], result, error: null});
  const goOn = await options.confirm?.(outcome(containers, 'planned'));
  if (options.signal?.aborted || goOn === false)
    return {...outcome(containers, 'not-started'), interrupted: options.signal?.aborted === true};
  context.step('lock');
  const taken = await context.lock.take(dead, async ({config}) => {
    const now = parseRecord(config[UPGRADE_RECORD_KEY], context.label);
    if (now === null || now.run !== record.run) throw moved(context.label);
    return now;
  });
  context.took(taken.record);
  return carryOut(context, containers);
}

async function prepare(context: VchContext) {
  const {options, writer, label} = context;
  context.step('check');
  const appliance = await writer.read();
  const record = parseRecord(appliance.config[UPGRADE_RECORD_KEY], label);
  if (record === null) {
    assertFree(UPGRADE_LOCK, appliance.config, label);
    throw nothingToRollBack(label);
  }
  const {over: dead} = await watchOwner(writer, UPGRADE_LOCK, options);
  context.took(record);
  if (mayRefuse(record, appliance)) await assertNoNewer(context, 'Nothing was written');
  if (!reached(record.phase, 'rollback-containers')) await assertSnapshot(context, record);
  const {outcome} = await planUndoContainers(context);
  return {record, dead, containers: outcome};
}

async function carryOut(context: VchContext, planned: RunOutcome): Promise<UpgradeOutcome> {
  const {options} = context;
  let containers = planned;
  try {
    await tellEvent(context, 'rollback begins');
    const from = context.record.phase;
    // Where that phase is on record the appliance is back, and stays up.
    if (!reached(from, 'rollback-containers')) {
      // The VCH was up while somebody was asked.
      if (mayRefuse(context.record, await context.writer.read()))
        await assertNoNewer(context, 'The appliance was not put back');
      else await tellNewer(context);
      await persist(() => putApplianceBack(context, from));
    }
    // A rollback by itself never came to them, so they are looked at even where nothing but the tidying is left.
    if (from !== 'rollback-cleanup') await context.enter('rollback-containers');
    stopHere(context);
    containers = await undoContainers(context);
    context.lock.lost.throwIfAborted();
    if (containers.interrupted) stopHere(context);
    await persist(() => cleanUp(context));
    context.step('unlock');
    await context.lock.release(keysAsBefore(context));
    await tellEvent(context, 'rollback ends: rolled back');
    const live = await lookAt(context);
    return compose(context, {
      planned: null,
      containers,
      checks: [],
      result: 'rolled-back',
      error: null,
      live,
    });
  } catch (error) {
    const failure = toVchError(error);
    if (!isRollingBack(context.record.phase)) {
      // Nothing was done under the lock: it goes back to whoever left it.
      await context.lock.undo();
      throw failure;
    }
    const result = (await isHalfBack(context, failure)) ? 'needs-person' : 'resumable';
    await context.lock.stop(context.record);
    await tellEvent(context, `rollback ends: ${result}, ${failure.code}`);
    options.log.error(`the rollback of ${context.label} failed: ${failure.message}`);
    return compose(context, {
      planned: null,
      containers,
      checks: [],
      result,
      error: asRollback(failure, result),
      live: await lookAt(context),
    });
  } finally {
    context.lock.close();
  }
}

function asRollback(failure: VchError, result: string): VchError {
  if (result !== 'needs-person' || failure.code === 'VCH_ERR_ROLLBACK_FAILED') return failure;
  return new VchError('VCH_ERR_ROLLBACK_FAILED', `the rollback failed: ${failure.message}`, {
    cause: failure,
    ...(failure.fault === undefined ? {} : {fault: failure.fault}),
  });
}

/** Whether there is still a choice: a VCH that is down, or on its way back, must come up again whatever was made. */
function mayRefuse({phase, powerState}: UpgradeRecord, appliance: Appliance): boolean {
  return !isRollingBack(phase) && (appliance.powerState === 'poweredOn' || powerState === 'poweredOff');
}

/** Whether the VCH was left down or of two versions. Where the lock was lost its keys may be somebody else's by now. */
async function isHalfBack(context: VchContext, failure: VchError): Promise<boolean> {
  if (context.record.phase !== 'rollback') return false;
  if (failure.code !== 'VCH_ERR_LOCK_LOST') return !(await looksBack(context));
  return (await lookAt(context))?.powerState !== context.record.powerState;
}

async function assertSnapshot(context: VchContext, record: UpgradeRecord): Promise<void> {
  if (!record.touched || (await findSnapshot(context, record)) !== null) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the snapshot ${record.snapshot ?? `of the run ${record.run}`} of ${context.label} is gone, and without it the appliance cannot be put back. ` +
      'Nothing was written; see govc snapshot.tree, and vch-migrate undo for the containerVMs alone',
  );
}

/** The first signal: the appliance is back by now, and what is left can be taken up any time. */
function stopHere({options, label}: VchContext): void {
  if (!options.signal?.aborted) return;
  throw new VchError(
    'VCH_ERR_INTERRUPTED',
    `the rollback of ${label} was stopped: its appliance is back, its containerVMs are not all yet; go on with vch-migrate rollback`,
  );
}

function nothingToRollBack(label: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `a version of ${label} from before the last upgrade could not be found: there is no rollback record, so it was never upgraded with vch-migrate, ` +
      'or that was rolled back already. Nothing was written; vch-migrate status shows its version',
  );
}

function moved(label: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `the rollback record of ${label} is another one by now: somebody else is at work. Nothing was written; see vch-migrate status`,
  );
}
