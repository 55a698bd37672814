import {toVchError, VchError} from '../../errors.js';
import {findVch} from '../../inventory/find-vch.js';
import {LOCK_KEY, UPGRADE_RECORD_KEY} from '../../inventory/keys.js';
import {lockState} from '../../inventory/lock-state.js';
import {untilStopped} from '../../stopping.js';
import type {Session} from '../../vim25/session.js';
import {assertUnlocked} from '../assert-unlocked.js';
import type {RunOutcome} from '../outcome.js';
import {compose, lookAt} from './compose.js';
import {madeSince, planUndoContainers, type SeenContainer, undoContainers} from './containers.js';
import {VchContext} from './context.js';
import {tellEvent} from './events.js';
import {deadLock} from './liveness.js';
import type {VchOptions} from './options.js';
import type {UpgradeOutcome} from './outcome.js';
import {findSnapshot} from './own-snapshot.js';
import {cleanUp, keysAsBefore, looksBack, putApplianceBack} from './put-back.js';
import {parseRecord, type UpgradeRecord} from './record.js';
import {persist} from './retry.js';

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
  const {options, writer, vch, label} = context;
  context.step('check');
  const appliance = await writer.read();
  const record = parseRecord(appliance.config[UPGRADE_RECORD_KEY], label);
  if (record === null) {
    assertUnlocked(vch, lockState(appliance.config));
    throw nothingToRollBack(label);
  }
  const dead = await deadLock(writer, options);
  if (dead === null) assertUnlocked(vch, lockState({...appliance.config, [LOCK_KEY]: ''}));
  if (record.phase !== 'rollback-cleanup') {
    await assertNoNewer(context, record, 'Nothing was written');
    await assertSnapshot(context, record);
  }
  context.took(record);
  const {outcome} = await planUndoContainers(context);
  return {record, dead, containers: outcome};
}

async function carryOut(context: VchContext, planned: RunOutcome): Promise<UpgradeOutcome> {
  const {options} = context;
  let containers = planned;
  try {
    await tellEvent(context, 'rollback begins');
    if (context.record.phase !== 'rollback-cleanup') {
      // Where that phase is on record the appliance is back, and stays up.
      if (context.record.phase !== 'rollback-containers') {
        // The VCH was up while somebody was asked.
        await assertNoNewer(context, context.record, 'The appliance was not put back');
        await persist(() => putApplianceBack(context));
      }
      await context.enter('rollback-containers');
      stopHere(context);
      containers = await undoContainers(context);
      context.lock.lost.throwIfAborted();
      if (containers.interrupted) stopHere(context);
    }
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
    const down = context.record.phase === 'rollback' && !(await looksBack(context));
    await context.lock.stop(context.record);
    const result = down && failure.code !== 'VCH_ERR_LOCK_LOST' ? 'needs-person' : 'resumable';
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

/** What the newer version made, the older one cannot work with. */
async function assertNoNewer(context: VchContext, record: UpgradeRecord, written: string): Promise<void> {
  const {newer, unseen} = await madeSince(context, record);
  if (newer.length > 0) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${context.label} has ${newer.length} containerVMs that the newer version made, and that version ${record.from.version ?? record.from.dataVersion} cannot work with: ` +
        `${listed(newer)}. ${written}; remove them with docker rm, then run vch-migrate rollback again`,
    );
  }
  if (unseen.length === 0) return;
  context.find(
    'containers-unseen',
    `whether the newer version made ${listed(unseen)} cannot be seen: vCenter shows no configuration of them; look at them with vch-migrate status when their host is back`,
  );
}

function listed(vms: readonly SeenContainer[]): string {
  const more = vms.length > 20 ? ` and ${vms.length - 20} more` : '';
  const names = vms.slice(0, 20).map(({label}) => label);
  return `${names.join(', ')}${more}`;
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
