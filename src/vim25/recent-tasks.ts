import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import {assertNothingMissing, retrieveProperties} from './property-collector.js';
import {refValues, textValue} from './property-value.js';
import {waitUntil} from './retry.js';
import type {Session} from './session.js';

const SHORTEST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/** A task that is stuck must not keep the run for ever. */
const TIME_LIMIT = 10 * 60_000;

/**
 * Waits until nothing is queued or running on a VM, whoever began it: after a lost answer the task may be under way
 * without us knowing its reference. A task or a VM that the server has forgotten has none.
 */
export async function settle(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<void> {
  let running: readonly string[] = [];
  const settled = await waitUntil(
    {clock: session.clock, signal},
    {every: (n) => Math.min(SHORTEST_DELAY * 2 ** (n - 1), LONGEST_DELAY), within: TIME_LIMIT},
    async () => {
      running = await runningTasks(session, vm);
      return running.length === 0 ? true : null;
    },
  );
  if (settled !== null) return;
  if (signal?.aborted)
    throw new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for the tasks of ${vm.value}`);
  throw new VchError(
    'VCH_ERR_TIMEOUT',
    `${running.join(', ')} on ${vm.value} has not ended within ${TIME_LIMIT / 60_000} minutes; see vCenter's list of tasks`,
    {failure: 'busy'},
  );
}

async function runningTasks(session: Session, vm: ManagedObjectReference): Promise<readonly string[]> {
  const tasks = await unlessGone([], () =>
    retrieveProperties(
      session,
      [{obj: vm}],
      [{type: 'VirtualMachine', pathSet: ['recentTask']}],
      (content) => {
        assertNothingMissing(content, 'waiting for tasks');
        return refValues(content.properties.get('recentTask'));
      },
    ),
  );
  return unfinished(session, tasks.flat());
}

/** What a reading gives, or `otherwise` if the object is no longer there. */
async function unlessGone<T>(otherwise: T, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof VchError && error.fault === 'ManagedObjectNotFound') return otherwise;
    throw error;
  }
}

async function unfinished(
  session: Session,
  tasks: readonly ManagedObjectReference[],
): Promise<readonly string[]> {
  if (tasks.length === 0) return [];
  const read = await unlessGone(null, () =>
    retrieveProperties(
      session,
      tasks.map((obj) => ({obj})),
      [{type: 'Task', pathSet: ['info.state']}],
      (content) => {
        assertNothingMissing(content, 'waiting for tasks');
        return {task: content.obj.value, state: textValue(content.properties.get('info.state'))};
      },
    ),
  );
  if (read !== null)
    return read.filter(({state}) => state === 'queued' || state === 'running').map(({task}) => task);
  if (tasks.length === 1) return [];
  // One task that is gone fails the read of all: each is asked for alone.
  const alone: string[] = [];
  for (const task of tasks) alone.push(...(await unfinished(session, [task])));
  return alone;
}
