import {toVchError, VchError} from '../errors.js';
import {faultError, localizedFault} from './faults.js';
import {type ManagedObjectReference, refString} from './managed-object.js';
import {assertNothingMissing, type ObjectContent, retrieveProperties} from './property-collector.js';
import {refValue, refValues, textValue} from './property-value.js';
import {waitUntil} from './retry.js';
import type {Session} from './session.js';
import type {Arguments} from './transport.js';
import {child, type XmlElement} from './xml.js';

// Why: docs/decisions/002-wait-for-tasks-in-batches.md

const SHORTEST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/** Asking when most are done, not just the quickest, is what keeps the number of requests down. */
const MARGIN = 1.2;
/** Longer than any reconfigure takes; a task that is stuck must not keep the run for ever. */
const TIME_LIMIT = 10 * 60_000;
const STATE_PATHS = ['info.state', 'info.error', 'info.queueTime', 'info.completeTime'];

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

interface Waiting {
  readonly task: ManagedObjectReference;
  readonly what: string;
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: VchError) => void;
}

/**
 * Waits for many tasks with one read for all of them. It learns from those that are done how long tasks take, and
 * asks when the youngest should be done, too: waiting costs a small fraction of a request a task.
 */
export class TaskWaiter {
  readonly #session: Session;
  /** Two may wait for one task: a server may give the same reference twice. */
  readonly #waiting = new Set<Waiting>();
  #polling = false;
  /** Milliseconds from queued to complete by the server's own clock: ours would count our waiting, too. */
  #usualTime = 0;
  #fruitless = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Resolves when the task has succeeded; rejects with its fault, or when its end cannot be learnt. */
  wait(task: ManagedObjectReference, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({task, what, since: this.#session.clock.now(), resolve, reject});
      if (!this.#polling) void this.#poll();
    });
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#waiting.size > 0) {
      await this.#untilDue();
      const before = [...this.#waiting];
      await this.#readStates(before);
      this.#expire();
      const settled = before.some((waiting) => !this.#waiting.has(waiting));
      this.#fruitless = settled ? 0 : this.#fruitless + 1;
    }
    this.#polling = false;
  }

  /** Tasks join while it waits; the youngest decides, but the oldest is not kept waiting for ever. */
  async #untilDue(): Promise<void> {
    const pause = Math.max(this.#usualTime * MARGIN, SHORTEST_DELAY) * 2 ** Math.min(this.#fruitless, 8);
    const delay = Math.min(pause, LONGEST_DELAY);
    const deadline = this.#session.clock.now() + 2 * delay;
    for (;;) {
      const youngest = Math.max(...[...this.#waiting].map(({since}) => since));
      const due = Math.min(this.#fruitless > 0 ? deadline - delay : youngest + delay, deadline);
      const remaining = due - this.#session.clock.now();
      if (remaining <= 0) return;
      await this.#session.clock.sleep(remaining);
    }
  }

  async #readStates(asked: readonly Waiting[]): Promise<void> {
    try {
      await retrieveProperties(
        this.#session,
        [...new Map(asked.map(({task}) => [task.value, {obj: task}])).values()],
        [{type: 'Task', pathSet: STATE_PATHS}],
        (content) => this.#settle(content),
      );
    } catch (error) {
      const failure = toVchError(error);
      // One task that the server has forgotten fails the read for all: each is asked for alone, then.
      if (failure.fault === 'ManagedObjectNotFound' && asked.length > 1) {
        for (const waiting of asked) await this.#readStates([waiting]);
        return;
      }
      for (const waiting of asked) this.#lose(waiting, failure);
    }
  }

  #settle(content: ObjectContent): void {
    const waiting = [...this.#waiting].filter(({task}) => task.value === content.obj.value);
    const state = textValue(content.properties.get('info.state'));
    const [missing] = content.missing;
    if (state === null && missing !== undefined)
      for (const one of waiting) this.#lose(one, faultError(missing.fault, 'reading it'));
    if (state !== 'success' && state !== 'error') return;
    this.#learn(content);
    const error = content.properties.get('info.error');
    for (const one of waiting) {
      this.#waiting.delete(one);
      if (state === 'success') one.resolve();
      else one.reject(taskError(error, one.what));
    }
  }

  #expire(): void {
    const limit = `it has not ended within ${TIME_LIMIT / 60_000} minutes`;
    for (const waiting of [...this.#waiting]) {
      if (this.#session.clock.now() - waiting.since > TIME_LIMIT)
        this.#lose(waiting, new VchError('VCH_ERR_TIMEOUT', limit));
    }
  }

  #learn(content: ObjectContent): void {
    const [queued, completed] = ['info.queueTime', 'info.completeTime'].map((path) =>
      Date.parse(textValue(content.properties.get(path)) ?? ''),
    );
    const time = (completed ?? Number.NaN) - (queued ?? Number.NaN);
    if (Number.isFinite(time) && time >= 0) this.#usualTime += (time - this.#usualTime) * 0.2;
  }

  #lose(waiting: Waiting, failure: VchError): void {
    this.#waiting.delete(waiting);
    waiting.reject(
      new VchError('VCH_ERR_OUTCOME_UNKNOWN', `${waiting.what}: its end was not seen: ${failure.message}`, {
        cause: failure,
        failure: 'maybe-done',
      }),
    );
  }
}

function taskError(error: XmlElement | undefined, what: string): VchError {
  if (error !== undefined) return faultError(localizedFault(error), what);
  return new VchError('VCH_ERR_VIM_FAULT', `${what}: the task failed and does not say why`, {
    failure: 'maybe-done',
  });
}

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
