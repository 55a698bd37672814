import {toVchError, VchError} from '../errors.js';
import {faultError, localizedFault} from './faults.js';
import {type ManagedObjectReference, refString} from './managed-object.js';
import {
  assertNothingMissing,
  type ObjectContent,
  readEach,
  readObject,
  readObjects,
} from './property-collector.js';
import {refValue, refValues, textValue} from './property-value.js';
import {waitUntil} from './retry.js';
import type {Session} from './session.js';
import type {Arguments} from './transport.js';
import {child, type XmlElement} from './xml.js';

// Why: docs/decisions/002-wait-for-tasks-in-batches.md

const SHORTEST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/** Reading when most tasks are done, and not just the quickest, keeps the number of requests low. */
const MARGIN = 1.2;
/** Longer than any reconfiguration takes: a stuck task must not block the run for ever. */
const TIME_LIMIT = 10 * 60_000;
const STATE_PATHS = ['info.state', 'info.error', 'info.queueTime', 'info.completeTime'];

/** Calls a `*_Task` method and gives the task that it started; TaskWaiter waits for its end. */
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
 * Waits for many tasks with one read for all of them. It learns from finished tasks how long tasks take, and reads again
 * when the youngest should be done, too: waiting costs a small fraction of a request per task.
 */
export class TaskWaiter {
  readonly #session: Session;
  /** A server may give the same reference twice, so two may wait for one task. */
  readonly #waiting = new Set<Waiting>();
  #polling = false;
  /** Milliseconds from queued to complete by the server's own clock: ours would count our waiting, too. */
  #usualTime = 0;
  #fruitless = 0;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Resolves when the task has succeeded; rejects with its fault, or if its end cannot be read. */
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

  /** Tasks join while it waits: the youngest decides, but the oldest must not wait for ever. */
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
      const tasks = new Map(asked.map(({task}) => [task.value, task]));
      await readObjects(this.#session, [...tasks.values()], STATE_PATHS, (content) => this.#end(content));
    } catch (error) {
      const failure = toVchError(error);
      // A task that the server has forgotten fails the read of all: each is then read alone.
      if (isGone(failure) && asked.length > 1) {
        for (const waiting of asked) await this.#readStates([waiting]);
        return;
      }
      for (const waiting of asked) this.#lose(waiting, failure);
    }
  }

  #end(content: ObjectContent): void {
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
 * Waits until no task is queued or running on a VM: after a lost answer, one of ours may be, although its reference is not
 * known. A task or a VM that the server has forgotten counts as idle.
 */
export async function waitUntilIdle(
  session: Session,
  vm: ManagedObjectReference,
  signal?: AbortSignal,
): Promise<void> {
  let running: readonly string[] = [];
  const idle = await waitUntil(
    {clock: session.clock, signal},
    {every: (n) => Math.min(SHORTEST_DELAY * 2 ** (n - 1), LONGEST_DELAY), within: TIME_LIMIT},
    async () => {
      running = await runningTasks(session, vm);
      return running.length === 0 || null;
    },
  );
  if (idle) return;
  if (signal?.aborted)
    throw new VchError('VCH_ERR_INTERRUPTED', `stopped while waiting for the tasks of ${vm.value}`);
  throw new VchError(
    'VCH_ERR_TIMEOUT',
    `${running.join(', ')} on ${vm.value} has not ended within ${TIME_LIMIT / 60_000} minutes; see vCenter's list of tasks`,
    {failure: 'busy'},
  );
}

async function runningTasks(session: Session, vm: ManagedObjectReference): Promise<readonly string[]> {
  try {
    const properties = await readObject(session, vm, ['recentTask'], 'waiting for tasks');
    return unfinished(session, refValues(properties.get('recentTask')));
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

async function unfinished(
  session: Session,
  tasks: readonly ManagedObjectReference[],
): Promise<readonly string[]> {
  const read = await readEach(session, tasks, ['info.state'], (content) => {
    assertNothingMissing(content, 'waiting for tasks');
    return {state: textValue(content.properties.get('info.state'))};
  });
  return tasks.flatMap(({value}) => {
    const task = read.get(value);
    // One that the answer leaves out may be running.
    const ended =
      task === 'gone' || (task !== undefined && task.state !== 'queued' && task.state !== 'running');
    return ended ? [] : [value];
  });
}

function isGone(error: unknown): boolean {
  return error instanceof VchError && error.fault === 'ManagedObjectNotFound';
}
