import {VchError} from '../errors.js';
import {type ManagedObjectReference, refString} from './managed-object.js';
import {refValue} from './property-value.js';
import type {Session} from './session.js';
import type {Arguments} from './transport.js';
import {child} from './xml-tree.js';

/** Calls a `*_Task` method and gives the task it started; waiting for its end is the TaskWaiter's. */
export async function startTask(
  session: Session,
  method: string,
  object: ManagedObjectReference,
  args: Arguments = {},
): Promise<ManagedObjectReference> {
  const task = refValue(child(await session.call(method, object, args), 'returnval'));
  if (task !== null) return task;
  throw new VchError('VCH_ERR_OUTCOME_UNKNOWN', `${method} on ${refString(object)} gave no task`, {
    failure: 'maybe-done',
  });
}
