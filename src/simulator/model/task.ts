import {setMaxListeners} from 'node:events';
import {VimFault} from '../soap/fault.js';
import type {Value} from '../soap/value.js';
import type {ChangeFeed} from './change-feed.js';
import type {Clock} from './clock.js';

/** TaskInfoState of vim25. */
export type TaskState = 'queued' | 'running' | 'success' | 'error';

/** One task, as its `info` shows it. */
export interface Task {
  readonly type: 'Task';
  readonly id: string;
  /** The method as `TaskInfo.name` has it: `ReconfigVM_Task`. */
  readonly method: string;
  /** `VirtualMachine.reconfigure` */
  readonly descriptionId: string;
  readonly entity: {readonly type: string; readonly id: string};
  readonly entityName: string;
  readonly userName: string;
  readonly queueTime: number;
  readonly eventChainId: number;
  state: TaskState;
  startTime?: number;
  completeTime?: number;
  result?: Value;
  error?: VimFault;
}

/** What the task manager is told about a new task. */
export interface TaskRequest
  extends Pick<Task, 'method' | 'descriptionId' | 'entity' | 'entityName' | 'userName'> {
  /** Milliseconds from the start to the end. */
  readonly duration: number;
  /** What it does, as one step at its end; a VimFault makes the task fail. */
  readonly run: () => Value | undefined;
}

/** Finished tasks beyond this number are forgotten, oldest first, like those older than ten minutes. */
const REMEMBERED_TASKS = 5000;
/** Finished tasks that stay in an entity's `recentTask`. */
const RECENT_OF_ENTITY = 5;
const REMEMBERED_MS = 10 * 60 * 1000;

/** Runs tasks: one at a time for each entity, as many at once as there are entities. */
export class TaskManager {
  readonly #clock: Clock;
  readonly #changes: ChangeFeed;
  readonly #tasks = new Map<string, Task>();
  readonly #finished: Task[] = [];
  readonly #byEntity = new Map<string, Task[]>();
  readonly #lanes = new Map<string, Promise<void>>();
  readonly #closed = new AbortController();
  #count = 0;

  constructor(clock: Clock, changes: ChangeFeed) {
    this.#clock = clock;
    this.#changes = changes;
    // One listener for each task that runs.
    setMaxListeners(0, this.#closed.signal);
  }

  /** The task of that moref. */
  get(id: string): Task | undefined {
    return this.#tasks.get(id);
  }

  /** Every task still remembered, oldest first. */
  all(): Iterable<Task> {
    return this.#tasks.values();
  }

  /** What runs or waits on an entity, and the last few that have ended, oldest first. */
  recentOf(entity: string): Task[] {
    const expired = this.#clock.now() - REMEMBERED_MS;
    return recent(this.#byEntity.get(entity) ?? []).filter(
      ({completeTime}) => completeTime === undefined || completeTime >= expired,
    );
  }

  /** The task that runs on an entity, if there is one. */
  runningOn(entity: string): Task | undefined {
    return this.#byEntity.get(entity)?.find(isUnfinished);
  }

  /** Starts a task, or queues it behind the one that runs on its entity; `done` settles when it has ended. */
  start(request: TaskRequest): {task: Task; done: Promise<void>} {
    const number = ++this.#count;
    const {method, descriptionId, entity, entityName, userName} = request;
    const task: Task = {
      type: 'Task',
      id: `task-${number}`,
      method,
      descriptionId,
      entity,
      entityName,
      userName,
      queueTime: this.#clock.now(),
      eventChainId: 1000 + number,
      state: 'queued',
    };
    this.#tasks.set(task.id, task);
    this.#byEntity.set(entity.id, [...recent(this.#byEntity.get(entity.id) ?? []), task]);
    this.#changes.changed(entity.id);
    const ahead = this.#lanes.get(entity.id);
    const done = ahead === undefined ? this.#run(task, request) : ahead.then(() => this.#run(task, request));
    this.#lanes.set(entity.id, done);
    void done.then(() => {
      if (this.#lanes.get(entity.id) === done) this.#lanes.delete(entity.id);
    });
    return {task, done};
  }

  /** Forgets what still runs. */
  close(): void {
    this.#closed.abort();
  }

  #forget(task: Task): void {
    this.#tasks.delete(task.id);
    const left = (this.#byEntity.get(task.entity.id) ?? []).filter((other) => other !== task);
    if (left.length > 0) this.#byEntity.set(task.entity.id, left);
    else this.#byEntity.delete(task.entity.id);
  }

  #run(task: Task, request: TaskRequest): Promise<void> {
    task.state = 'running';
    task.startTime = this.#clock.now();
    this.#changes.changed(task.id);
    return new Promise((resolve) => {
      this.#clock.after(request.duration, this.#closed.signal, () => {
        this.#finish(task, request.run);
        resolve();
      });
    });
  }

  #finish(task: Task, run: TaskRequest['run']): void {
    try {
      const result = run();
      if (result !== undefined) task.result = result;
      task.state = 'success';
    } catch (error) {
      task.error =
        error instanceof VimFault
          ? error
          : new VimFault('SystemError', 'A general system error occurred.', []);
      task.state = 'error';
    }
    task.completeTime = this.#clock.now();
    this.#changes.changed(task.entity.id);
    this.#changes.changed(task.id);
    this.#finished.push(task);
    const expired = this.#clock.now() - REMEMBERED_MS;
    for (;;) {
      const oldest = this.#finished[0];
      if (oldest === undefined) return;
      if (this.#finished.length <= REMEMBERED_TASKS && (oldest.completeTime ?? 0) >= expired) return;
      this.#finished.shift();
      this.#forget(oldest);
    }
  }
}

function isUnfinished({state}: Task): boolean {
  return state === 'queued' || state === 'running';
}

function recent(tasks: readonly Task[]): Task[] {
  const finished = tasks.filter((task) => !isUnfinished(task)).slice(-RECENT_OF_ENTITY);
  return tasks.filter((task) => isUnfinished(task) || finished.includes(task));
}
