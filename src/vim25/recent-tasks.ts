import {setTimeout} from 'node:timers/promises';
import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import {assertNothingMissing, retrieveProperties} from './property-collector.js';
import {refValues, textValue} from './property-value.js';
import type {Session} from './session.js';

const SHORTEST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/** A task that is stuck must not keep the run for ever. */
const TIME_LIMIT = 10 * 60_000;

/**
 * Waits until nothing is queued or running on a VM, whoever began it: after a lost answer the task may be under way
 * without us knowing its reference. A task that the server has forgotten has ended.
 */
export async function settle(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<void> {
  const start = Date.now();
  for (let delay = SHORTEST_DELAY; ; delay = Math.min(delay * 2, LONGEST_DELAY)) {
    if (signal?.aborted) throw stopped(vm);
    const running = await runningTasks(session, vm);
    if (running.length === 0) return;
    if (Date.now() - start > TIME_LIMIT) {
      throw new VchError(
        'VCH_ERR_TIMEOUT',
        `${running.join(', ')} on ${vm.value} has not ended within ${TIME_LIMIT / 60_000} minutes; see vCenter's list of tasks`,
        {failure: 'busy'},
      );
    }
    // An abort ends the wait, and is told by the next round.
    await setTimeout(delay, undefined, {...(signal === undefined ? {} : {signal})}).catch(() => undefined);
  }
}

async function runningTasks(session: Session, vm: ManagedObjectReference): Promise<readonly string[]> {
  const [tasks = []] = await retrieveProperties(
    session,
    [{obj: vm}],
    [{type: 'VirtualMachine', pathSet: ['recentTask']}],
    (content) => {
      assertNothingMissing(content, 'waiting for tasks');
      return refValues(content.properties.get('recentTask'));
    },
  );
  return unfinished(session, tasks);
}

async function unfinished(
  session: Session,
  tasks: readonly ManagedObjectReference[],
): Promise<readonly string[]> {
  if (tasks.length === 0) return [];
  try {
    const read = await retrieveProperties(
      session,
      tasks.map((obj) => ({obj})),
      [{type: 'Task', pathSet: ['info.state']}],
      (content) => {
        assertNothingMissing(content, 'waiting for tasks');
        return {task: content.obj.value, state: textValue(content.properties.get('info.state'))};
      },
    );
    return read.filter(({state}) => state === 'queued' || state === 'running').map(({task}) => task);
  } catch (error) {
    if (!(error instanceof VchError) || error.fault !== 'ManagedObjectNotFound') throw error;
    if (tasks.length === 1) return [];
    // One that is gone fails the read of all: each is asked for alone.
    const alone: string[] = [];
    for (const task of tasks) alone.push(...(await unfinished(session, [task])));
    return alone;
  }
}

function stopped(vm: ManagedObjectReference): VchError {
  return new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for the tasks of ${vm.value}`);
}
