import {type FailureClass, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Clock} from './clock.js';
import type {Contact} from './http-client.js';

/** Milliseconds for which a server that does not answer is waited for, where nobody says how long. */
export const RETRY_FOR = 2 * 60_000;

/**
 * What vSphere's faults mean for another attempt. `busy` and `moved-on` are tried again, reads and writes alike;
 * `maybe-done` is looked at first. `final` proves a refusal; a fault that is not listed does not, and is `doubtful`.
 */
const FAULT_CLASSES: Readonly<Record<string, FailureClass>> = {
  // vSphere's words for a failure that it cannot name: it may have happened before or after the change.
  SystemError: 'maybe-done',
  MethodFault: 'maybe-done',
  RuntimeFault: 'maybe-done',
  ConcurrentAccess: 'moved-on',
  ManagedObjectNotFound: 'moved-on',
  FailToLockFaultToleranceVMs: 'busy',
  FileLocked: 'busy',
  HostCommunication: 'busy',
  HostNotConnected: 'busy',
  HostNotReachable: 'busy',
  InvalidState: 'busy',
  NetworkDisruptedAndConfigRolledBack: 'busy',
  ResourceInUse: 'busy',
  TaskInProgress: 'busy',
  Timedout: 'busy',
  VAppTaskInProgress: 'busy',
  DuplicateName: 'final',
  InvalidArgument: 'final',
  InvalidLogin: 'final',
  InvalidPowerState: 'final',
  InvalidRequest: 'final',
  InvalidType: 'final',
  MethodNotFound: 'final',
  NoPermission: 'final',
  // The session has logged in again by then: a second refusal is final.
  NotAuthenticated: 'final',
  NotImplemented: 'final',
  NotSupported: 'final',
  ToolsUnavailable: 'final',
};

/** The class of a fault by its vim25 type name, such as `TaskInProgress`. */
export function classOfFault(type: string): FailureClass {
  return (Object.hasOwn(FAULT_CLASSES, type) && FAULT_CLASSES[type]) || 'doubtful';
}

/**
 * How one kind of work is tried. There are two budgets: the context's patience with a server that does not answer, and
 * the policy's with one that does. Both begin with the first failure of their sort after the last act that succeeded;
 * looks that succeed do not renew them, or a server that drops every write would never end it.
 */
export interface Policy {
  readonly name: string;
  /** Milliseconds for a server that answers, and refuses, or fails for no reason that it could tell. */
  readonly contention: number;
  /** Attempts against such a server, however long each of them takes: a large inventory is read for longer than that. */
  readonly attempts?: number;
  /** Once the run is told to stop, at most this much of either budget is left. */
  readonly afterStop?: number;
  /** Acts that succeed without the effect being seen, after which the work is given up. */
  readonly ineffective: number;
  /** Faults of an act that are looked after rather than believed: the object may be where it should be already. */
  readonly lookAfter?: readonly string[];
  /** Whether the user hears of every failure that is tried again. */
  readonly told?: boolean;
  /** Milliseconds before the attempt after the n-th failure. */
  pause(n: number): number;
}

/** 50 to 150 ms the first time, doubled each time up to about 5 s: after an outage nobody waits much longer. */
function doubling(n: number): number {
  return (50 + Math.random() * 100) * Math.min(2 ** (n - 1), 50);
}

/** Reading properties, and calls that change nothing. */
export const READ: Policy = {
  name: 'read',
  contention: 3_000,
  // As many as the pauses leave time for where each is answered at once.
  attempts: 6,
  afterStop: 5_000,
  ineffective: 1,
  pause: doubling,
};

/** A file of a datastore: 2, 4 and 8 seconds between the first attempts, and then 15. */
export const FILE: Policy = {
  name: 'file',
  contention: 30_000,
  afterStop: 0,
  ineffective: 5,
  told: true,
  pause: (n) => Math.min(2_000 * 2 ** (n - 1), 15_000),
};

/** One containerVM. */
export const CONTAINER: Policy = {
  name: 'container',
  contention: 5_000,
  afterStop: 5_000,
  ineffective: 1,
  pause: doubling,
};

/** A write to the appliance. It has no `afterStop`: a VCH that is down must come up again. */
export const APPLIANCE: Policy = {
  name: 'appliance',
  contention: 20_000,
  ineffective: 3,
  pause: doubling,
};

/** A snapshot, a revert or a change of power of the appliance. */
export const ACT: Policy = {
  name: 'act',
  contention: 10_000,
  ineffective: 6,
  pause: doubling,
};

/** A change of power: it may be in that state before us. */
export const POWER: Policy = {...ACT, name: 'power', lookAfter: ['InvalidPowerState']};

/** A whole step of an upgrade or a rollback, from its start. What it does inside has budgets of its own. */
export const STEP: Policy = {
  name: 'step',
  contention: 5_000,
  ineffective: 1,
  pause: (n) => doubling(n + 2),
};

/** What every kind of waiting needs. */
export interface RetryContext {
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
  /** Milliseconds for which the server is waited for while it does not answer. */
  readonly patience: number;
  /** Whether it answers: what others have waited already counts, too. */
  readonly contact: Pick<Contact, 'broken'>;
}

/** The same with something else in it; a session cannot be spread. */
export function waiting(
  {clock, signal, log, patience, contact}: RetryContext,
  other: Partial<RetryContext>,
): RetryContext {
  return {clock, signal, log, patience, contact, ...other};
}

/** Whether nobody answered, or nobody in vSphere's words: a fault is an answer. */
export function isOutage({failure, code}: VchError): boolean {
  return failure === 'not-sent' || (failure === 'maybe-done' && code !== 'VCH_ERR_VIM_FAULT');
}

/** Whether something failed because the server does not answer, which it still does not. */
export function isSilence({contact}: Pick<RetryContext, 'contact'>, error: unknown): boolean {
  return error instanceof VchError && isOutage(error) && contact.broken !== null;
}

/** What a look found: the work is done, or this is the state to act on. */
export type Look<S, T> = {readonly done: T} | {readonly act: S};

export interface Work<S, T> {
  /** A state that was looked at already: the work begins with an act on it. */
  readonly first?: S;
  /**
   * Looks how things stand. `last` is the state of the look before; `unsettled` says that an act since then may still
   * be under way: the object's tasks have to be waited for first.
   */
  look(last: S | null, unsettled: boolean): Promise<Look<S, T>>;
  /** Acts on a state. Without a result, the next look tells whether it had an effect. */
  act(state: S): Promise<{readonly done: T} | undefined>;
  /** The error for acts that keep succeeding without effect. */
  dropped?(state: S): VchError;
}

export type Ended<S, T> = {readonly status: 'done'; readonly value: T} | Failed<S>;

export interface Failed<S> {
  /**
   * `unknown`: the last act may have been carried out, and no look could tell since. `not-sent`: no act ever reached
   * the server. `failed`: the work is not done.
   */
  readonly status: 'failed' | 'unknown' | 'not-sent';
  /** What ended the work. */
  readonly error: VchError;
  /** The last act's failure, if it failed: where `error` is another one, a look after it ended the work. */
  readonly acted: VchError | null;
  /** The last act succeeded, and no look since has shown its effect. */
  readonly unseen: boolean;
  readonly last: S | null;
}

/**
 * Looks and acts until the work is done, fails for good, or a budget of the policy is spent; after an act that failed
 * it always looks once more. What is thrown and is no `VchError` is thrown on.
 */
export async function retry<S, T>(
  context: RetryContext,
  policy: Policy,
  work: Work<S, T>,
): Promise<Ended<S, T>> {
  const budget = new Budget(context, policy);
  let last: S | null = work.first ?? null;
  let looked = last !== null;
  let acted: VchError | null = null;
  let unsettled = false;
  let unseen = false;
  let left = false;
  let effectless = 0;
  const ended = (error: VchError): Ended<S, T> => {
    const status = unsettled ? 'unknown' : !left && isOutage(error) ? 'not-sent' : 'failed';
    return {status, error, acted, unseen, last};
  };
  for (;;) {
    if (!looked || last === null) {
      try {
        const seen = await work.look(last, unsettled);
        unsettled = false;
        unseen = false;
        if ('done' in seen) return {status: 'done', value: seen.done};
        last = seen.act;
      } catch (error) {
        if (!(error instanceof VchError)) throw error;
        // A look is the authority: an object that has gone is gone.
        if (isLast(error) || error.failure === 'moved-on') return ended(error);
        if (!(await budget.allows(error))) return ended(error);
        continue;
      }
    }
    looked = false;
    if (acted !== null && (budget.spent || acted.failure === 'doubtful')) return ended(acted);
    if (effectless === policy.ineffective) return ended(work.dropped?.(last) ?? noEffect(policy));
    try {
      const done = await work.act(last);
      if (done) return {status: 'done', value: done.done};
      acted = null;
      left = true;
      unseen = true;
      effectless += 1;
      budget.renew();
    } catch (error) {
      if (!(error instanceof VchError)) throw error;
      acted = error;
      const {failure, fault} = acted;
      if (failure !== 'not-sent') left = true;
      if (failure === 'maybe-done' || failure === 'doubtful') unsettled = true;
      if (failure === 'final' && !policy.lookAfter?.includes(fault ?? '')) return ended(acted);
      if (!isLast(acted)) await budget.allows(acted);
    }
  }
}

/** Trying again would give the same answer. */
function isLast({failure}: VchError): boolean {
  return failure === 'final' || failure === 'doubtful';
}

/** {@link retry} for who has no use for the ways in which it can fail. */
export async function retried<S, T>(context: RetryContext, policy: Policy, work: Work<S, T>): Promise<T> {
  const ended = await retry(context, policy, work);
  if (ended.status === 'done') return ended.value;
  throw ended.error;
}

/** Repeats what changes nothing, or looks by itself before it acts. */
export function repeat<T>(context: RetryContext, policy: Policy, read: () => Promise<T>): Promise<T> {
  return retried<never, T>(context, policy, {
    look: async () => ({done: await read()}),
    act: (state) => state,
  });
}

/**
 * Looks every so often until a look finds something. `null` when `within` is over or the signal has come; a look is
 * the first and the last thing it does.
 */
export async function waitUntil<T>(
  {clock, signal}: Pick<RetryContext, 'clock' | 'signal'>,
  {
    every,
    within,
  }: {readonly every: number | ((n: number) => number); readonly within: number | (() => number)},
  look: () => Promise<T | null>,
): Promise<T | null> {
  const start = clock.now();
  for (let n = 1; ; n += 1) {
    if (signal?.aborted) return null;
    const found = await look();
    if (found !== null) return found;
    const left = start + (typeof within === 'number' ? within : within()) - clock.now();
    if (left <= 0) return null;
    await clock.sleep(Math.min(typeof every === 'number' ? every : every(n), left), {signal});
  }
}

/** What is left of the two budgets. */
class Budget {
  readonly #context: RetryContext;
  readonly #policy: Policy;
  /** When the first failure of either sort came. */
  #since: {outage?: number; contention?: number} = {};
  #failures = 0;
  #stopped: number | null = null;
  spent = false;

  constructor(context: RetryContext, policy: Policy) {
    this.#context = context;
    this.#policy = policy;
  }

  /** An act has succeeded. */
  renew(): void {
    this.#since = {};
    this.#failures = 0;
    this.spent = false;
  }

  /** Takes note of a failure, and pauses if the budget allows for another attempt. */
  async allows(failure: VchError): Promise<boolean> {
    const {clock, signal, log} = this.#context;
    const {name, told, pause, attempts = 0} = this.#policy;
    this.#failures += 1;
    const sort = isOutage(failure) ? 'outage' : 'contention';
    const left = this.#left(sort);
    const more = sort === 'contention' && this.#failures < attempts && !signal?.aborted;
    if (left <= 0 && !more) {
      // A request that hangs may take the whole budget by itself, and says nothing about the server as it is now.
      const lastTry = !this.spent && failure.code === 'VCH_ERR_TIMEOUT';
      this.spent = true;
      return lastTry;
    }
    const wait = Math.min(pause(this.#failures), more ? Number.POSITIVE_INFINITY : left);
    const text = `${failure.message}; trying again in ${Math.ceil(wait / 100) / 10} s (${name})`;
    if (told) log.warn(text);
    else log.debug(text);
    // An abort ends the pause once; the pauses after it are bounded by what is left then.
    await clock.sleep(wait, signal?.aborted ? {} : {signal});
    return true;
  }

  #left(sort: 'outage' | 'contention'): number {
    const {clock, signal, patience, contact} = this.#context;
    const now = clock.now();
    const outage = sort === 'outage';
    const since = Math.min(this.#since[sort] ?? now, now - (outage ? (contact.broken ?? 0) : 0));
    this.#since = {...this.#since, [sort]: since};
    const left = since + (outage ? patience : this.#policy.contention) - now;
    if (!signal?.aborted || this.#policy.afterStop === undefined) return left;
    this.#stopped ??= now;
    return Math.min(left, this.#stopped + this.#policy.afterStop - now);
  }
}

function noEffect({name}: Policy): VchError {
  return new VchError(
    'VCH_ERR_VERIFY',
    `the tasks succeeded, but had no effect that could be seen (${name}); see vCenter's list of tasks`,
  );
}
