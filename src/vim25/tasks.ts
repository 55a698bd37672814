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

/** Tasks that usually take less are quick: waiting for them costs more than they do. */
const SHORTEST_DELAY = 5;
const LONGEST_DELAY = 2_000;
/** So long, others whose calls are under way are waited for: they take the read with them. */
const PATIENCE = 100;
/** How much of the window one read should be for. While tasks take their time, the rest of it runs on. */
const ENOUGH = {short: 3 / 4, long: 1 / 8};
/** Tasks that take less are over before as many others are started. */
const LONG = 50;
/** By this part of the time that a task takes, its end may be seen too late. */
const LATE = 1 / 8;
/** Longer than any reconfiguration takes: a stuck task must not block the run for ever. */
const TIME_LIMIT = 10 * 60_000;
const STATE_PATHS = ['info.state', 'info.error'];
const TIME_PATHS = ['info.queueTime', 'info.completeTime'];
/** Of so many reads, one also asks for times: how long tasks take changes slowly. */
const READS_PER_TIMES = 4;

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

/** A task that is waited for. */
interface Waiting {
  readonly task: ManagedObjectReference;
  readonly since: number;
  /** When its state was read last, and it had not ended. */
  asked: number | null;
  /** A server may give the same reference twice, so two may wait for one task: as long as the first of them. */
  readonly callers: Caller[];
}

interface Caller {
  readonly what: string;
  readonly resolve: () => void;
  readonly reject: (error: VchError) => void;
}

/** How tasks come to a {@link TaskWaiter}. */
interface Joining {
  readonly window?: number;
  readonly joining?: () => number;
}

/**
 * Waits for many tasks with one read for all of them. It learns from finished tasks how long tasks take, and reads again
 * when enough of them should be done. So waiting costs a small fraction of a request per task.
 */
export class TaskWaiter {
  readonly #session: Session;
  /** By the task's moref, in the order in which they were started. */
  readonly #waiting = new Map<string, Waiting>();
  #polling = false;
  /** Milliseconds from queued to complete by the server's own clock: ours would count our waiting, too. */
  #usualTime: number | null = null;
  /** By how much that usually differs. */
  #deviation = 0;
  #fruitless = 0;
  #reads = 0;
  readonly #window: number;
  readonly #joining: () => number;
  #sleep = new AbortController();

  /** The window is how many tasks may wait at once, and `joining` how many will join soon: both save reads. */
  constructor(session: Session, {window = Number.POSITIVE_INFINITY, joining = () => 0}: Joining = {}) {
    this.#session = session;
    this.#window = window;
    this.#joining = joining;
  }

  /** Resolves when the task has succeeded; rejects with its fault, or if its end cannot be read. */
  wait(task: ManagedObjectReference, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#add(task, {what, resolve, reject});
      if (!this.#polling) void this.#poll();
      else if (this.#isFull() || this.#joining() === 0) this.#sleep.abort('joined');
    });
  }

  #add(task: ManagedObjectReference, caller: Caller): void {
    const known = this.#waiting.get(task.value);
    if (known !== undefined) {
      known.callers.push(caller);
      return;
    }
    const waiting = {task, since: this.#session.clock.now(), asked: null, callers: [caller]};
    this.#waiting.set(task.value, waiting);
  }

  /** Waits for it no longer, and gives those who did. */
  #remove(waiting: Waiting): readonly Caller[] {
    const {value} = waiting.task;
    if (this.#waiting.get(value) === waiting) this.#waiting.delete(value);
    return waiting.callers;
  }

  async #poll(): Promise<void> {
    this.#polling = true;
    while (this.#waiting.size > 0) {
      await this.#untilDue();
      const before = this.#toAsk();
      const now = this.#session.clock.now();
      for (const waiting of before) waiting.asked = now;
      await this.#readStates(before);
      this.#expire();
      const settled = before.some((waiting) => this.#waiting.get(waiting.task.value) !== waiting);
      this.#fruitless = settled ? 0 : this.#fruitless + 1;
    }
    this.#polling = false;
  }

  async #untilDue(): Promise<void> {
    const {clock} = this.#session;
    const start = clock.now();
    for (;;) {
      const remaining = this.#due(start) - clock.now();
      if (remaining <= 0) return;
      this.#sleep = new AbortController();
      await clock.sleep(remaining, {signal: this.#sleep.signal});
    }
  }

  /**
   * When to read again. Tasks join meanwhile, so the youngest of the first ones decides, but the oldest must not wait for
   * ever. One that was read already takes longer than others, and nothing tells how long: it goes with the next ones.
   */
  #due(start: number): number {
    const expected = this.#expected();
    if (expected >= LONG) {
      const rest = (expected * LATE) / 2;
      return Math.min(Math.max(this.#dueOfLong(), start + rest), start + LONGEST_DELAY);
    }
    const soon = Math.max(expected / 8, SHORTEST_DELAY);
    if (this.#fruitless > 0)
      return start + Math.min(soon * 2 ** Math.min(this.#fruitless - 1, 9), LONGEST_DELAY);
    if (this.#isFull()) return start;
    const fresh = this.#fresh();
    const decides = fresh[Math.min(this.#enough(), fresh.length) - 1]?.since;
    if (decides === undefined) return start + soon;
    const delay = Math.max(expected, this.#joining() > 0 ? PATIENCE : SHORTEST_DELAY);
    return Math.min(decides + delay, start + LONGEST_DELAY);
  }

  /** When a part of the window may have ended, or the first of it is waited for long enough. */
  #dueOfLong(): number {
    const due = [...this.#waiting.values()].map((waiting) => this.#endOf(waiting)).sort((a, b) => a - b);
    const [first = 0] = due;
    const last = due[Math.min(this.#enough(), due.length) - 1] ?? first;
    return Math.min(last, first + this.#expected() * LATE);
  }

  /** When a task that takes its time may have ended. One that takes longer is asked about less and less often. */
  #endOf({since, asked}: Waiting): number {
    if (asked === null) return since + (this.#usualTime ?? 0) - this.#deviation + 1;
    return asked + Math.max(this.#expected(), asked - since) * LATE;
  }

  /** Those that may have ended; if none may, all of them. */
  #toAsk(): readonly Waiting[] {
    const all = [...this.#waiting.values()];
    if (this.#expected() < LONG) return all;
    const now = this.#session.clock.now();
    const ended = all.filter((waiting) => this.#endOf(waiting) <= now);
    return ended.length > 0 ? ended : all;
  }

  /** Those whose state was not read yet. */
  #fresh(): readonly Waiting[] {
    return [...this.#waiting.values()].filter(({asked}) => asked === null);
  }

  /** Enough quick tasks wait that should have ended by now. */
  #isFull(): boolean {
    const isQuick = this.#fruitless === 0 && this.#expected() < SHORTEST_DELAY;
    return isQuick && this.#fresh().length >= this.#enough();
  }

  /** Milliseconds in which most tasks end; the server tells whole ones. */
  #expected(): number {
    return (this.#usualTime ?? 0) + this.#deviation + 1;
  }

  /** How many tasks one read should be for. */
  #enough(): number {
    return Math.ceil(this.#window * (this.#expected() < LONG ? ENOUGH.short : ENOUGH.long));
  }

  async #readStates(asked: readonly Waiting[]): Promise<void> {
    try {
      const tasks = asked.map(({task}) => task);
      const withTimes = this.#usualTime === null || this.#reads % READS_PER_TIMES === 0;
      const paths = withTimes ? [...STATE_PATHS, ...TIME_PATHS] : STATE_PATHS;
      this.#reads += 1;
      await readObjects(this.#session, tasks, paths, (content) => this.#end(content));
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
    const waiting = this.#waiting.get(content.obj.value);
    if (waiting === undefined) return;
    const state = textValue(content.properties.get('info.state'));
    const [missing] = content.missing;
    if (state === null && missing !== undefined) this.#lose(waiting, faultError(missing.fault, 'reading it'));
    if (state !== 'success' && state !== 'error') return;
    this.#learn(content);
    const error = content.properties.get('info.error');
    for (const {what, resolve, reject} of this.#remove(waiting))
      if (state === 'success') resolve();
      else reject(taskError(error, what));
  }

  #expire(): void {
    const limit = `it has not ended within ${TIME_LIMIT / 60_000} minutes`;
    for (const waiting of [...this.#waiting.values()]) {
      if (this.#session.clock.now() - waiting.since > TIME_LIMIT)
        this.#lose(waiting, new VchError('VCH_ERR_TIMEOUT', limit));
    }
  }

  #learn(content: ObjectContent): void {
    const [queued, completed] = TIME_PATHS.map((path) =>
      Date.parse(textValue(content.properties.get(path)) ?? ''),
    );
    const time = (completed ?? Number.NaN) - (queued ?? Number.NaN);
    if (!Number.isFinite(time) || time < 0) return;
    this.#usualTime ??= time;
    this.#deviation += (Math.abs(time - this.#usualTime) - this.#deviation) * 0.2;
    this.#usualTime += (time - this.#usualTime) * 0.2;
  }

  #lose(waiting: Waiting, failure: VchError): void {
    for (const {what, reject} of this.#remove(waiting)) {
      const message = `${what}: its end was not seen: ${failure.message}`;
      reject(new VchError('VCH_ERR_OUTCOME_UNKNOWN', message, {cause: failure, failure: 'maybe-done'}));
    }
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
    {every: (n) => Math.min(20 * 2 ** (n - 1), LONGEST_DELAY), within: TIME_LIMIT},
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
