import {toVchError, VchError} from '../errors.js';
import {repeat, STEP} from '../vim25/retry.js';
import type {VchContext} from './context.js';
import {tellNewer} from './newer-containers.js';
import type {UpgradeResult} from './outcome.js';
import {cleanUp, keysAsBefore, looksBack, putApplianceBack} from './put-back.js';

/** Where a failure left the VCH, once everything was done that could be. */
export interface Recovered {
  readonly result: UpgradeResult;
  readonly error: VchError;
}

/** Puts the VCH into a state that can be told, after an upgrade under our lock has failed. */
export async function recover(context: VchContext, failure: VchError): Promise<Recovered> {
  switch (failure.code) {
    case 'VCH_ERR_INTERRUPTED':
      await context.lock.stop(context.record);
      return {result: 'resumable', error: failure};
    case 'VCH_ERR_LOCK_LOST':
      return lost(context, failure);
    default:
      // The upgrade itself is done by then, and proved; what is left is to say so.
      if (context.record.phase === 'drop-previous-snapshot') {
        await context.lock.stop(context.record);
        return {result: 'resumable', error: failure};
      }
      return takeBack(context, failure);
  }
}

/** Takes the appliance back and gives the lock back; the containerVMs keep what they got, which harms no VCH. */
async function takeBack(context: VchContext, failure: VchError): Promise<Recovered> {
  const {options, label} = context;
  options.log.error(`the upgrade of ${label} failed and is taken back: ${failure.message}`);
  const from = context.record.phase;
  try {
    await tellNewer(context);
    await repeat(context.session, STEP, () => putApplianceBack(context, from));
    await repeat(context.session, STEP, () => cleanUp(context));
    context.step('unlock');
    await context.lock.release(keysAsBefore(context));
    return {result: 'as-before', error: failure};
  } catch (error) {
    const second = toVchError(error);
    // Once that phase is entered, all that is left to do is to tidy up.
    const back = context.record.phase === 'rollback-cleanup' || (await looksBack(context));
    await context.lock.stop(context.record);
    // As before, but for lock and record: whoever goes on has only these to put away.
    if (back) return {result: 'resumable', error: withSecond(failure, failure.code, second)};
    return {result: 'needs-person', error: withSecond(failure, 'VCH_ERR_ROLLBACK_FAILED', second)};
  }
}

/** Somebody else may be at work on the appliance: nothing is reverted under their hands. */
async function lost(context: VchContext, failure: VchError): Promise<Recovered> {
  const {record} = context;
  await context.lock.stop(record);
  if (!record.touched) return {result: 'resumable', error: failure};
  try {
    const {powerState} = await context.writer.read();
    return {result: powerState === record.powerState ? 'resumable' : 'needs-person', error: failure};
  } catch (error) {
    return {result: 'needs-person', error: withSecond(failure, failure.code, toVchError(error))};
  }
}

function withSecond(failure: VchError, code: VchError['code'], second: VchError): VchError {
  const rollback =
    second.code === 'VCH_ERR_ROLLBACK_FAILED' ? second.message : `taking it back failed: ${second.message}`;
  return new VchError(code, `${failure.message}. And ${rollback}`, {
    cause: failure,
    ...(failure.fault === undefined ? {} : {fault: failure.fault}),
  });
}
