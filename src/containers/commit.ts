import pLimit from 'p-limit';
import {type ErrorCode, toVchError, VchError} from '../errors.js';
import {optionValues} from '../extraconfig/extra-config.js';
import {labelOf, type ReadableVm, rereadVms} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {writtenKeys} from '../migration/decision.js';
import type {Finding} from '../migration/finding.js';
import {escapeName} from '../vim25/managed-object.js';
import {leftOut, type WantedKeys} from '../vim25/property-collector.js';
import {CONTAINER, type Failed, isSilence, type Look, retry, waiting} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter, waitUntilIdle} from '../vim25/tasks.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import type {VmOutcome} from './outcome.js';
import {type Decide, outcomeOf, type Planned} from './plan.js';
import {GONE, holds, ReadBack} from './read-back.js';
import type {RolloutGate} from './rollout-gate.js';
import type {RunOptions} from './run-options.js';

/**
 * Tasks that vCenter has accepted and not finished, for each call that may be under way. One read asks for all of
 * them, so a window wider than the calls is what keeps waiting at a fraction of a request a VM.
 */
const TASKS_PER_CALL = 2;

/** What writing needs. */
export interface CommitContext
  extends Pick<RunOptions, 'parallelism' | 'signal' | 'onWrite' | 'beforeStart'> {
  readonly session: Session;
  readonly found: FoundVch;
  readonly decide: Decide;
  readonly keys: WantedKeys;
  /** Decides whether another VM may be started. */
  readonly gate?: RolloutGate;
  /** The write of one VM has begun. */
  readonly onStart?: () => void;
  /** One VM is written, but not read back yet. */
  readonly onWritten?: () => void;
  readonly onReadBack?: (count: number) => void;
  readonly onOutcome: (outcome: VmOutcome) => void;
}

/** A VM that was written, or the outcome of one that was not. */
type Committed = Planned | VmOutcome;

/**
 * Writes every planned VM, each in a task of its own, and reads it back once that has ended. One VM's failure stops no
 * other. In order.
 */
export async function commitAll(
  context: CommitContext,
  planned: readonly Planned[],
): Promise<readonly VmOutcome[]> {
  const {session, gate} = context;
  const tasks = pLimit(context.parallelism * TASKS_PER_CALL);
  const committer = new Committer(context);
  const readBack = new ReadBack(session);
  const results = await Promise.all(
    planned.map((entry) =>
      tasks(async () => {
        await gate?.withoutDoubt();
        context.onStart?.();
        const result = await committer.commit(entry);
        if ('decision' in result) {
          readBack.add(result);
          gate?.written(entry.vm.ref.value);
          context.onWritten?.();
        } else {
          gate?.ended(result);
          context.onOutcome(result);
        }
        return result;
      }),
    ),
  );
  context.onReadBack?.(results.filter((result) => 'decision' in result).length);
  const verdictOn = await readBack.finished();
  return results.map((result) => {
    if (!('decision' in result)) return result;
    const outcome = verdictOn(result);
    context.onOutcome(outcome);
    return outcome;
  });
}

class Committer {
  readonly #context: CommitContext;
  readonly #calls: ReturnType<typeof pLimit>;
  readonly #waiter: TaskWaiter;
  /** Waits until vCenter answers. */
  #reaching: Promise<void> | null = null;
  /** It was waited for in vain. */
  #silence: VchError | null = null;

  constructor(context: CommitContext) {
    this.#context = context;
    this.#calls = pLimit(context.parallelism);
    this.#waiter = new TaskWaiter(context.session, {
      window: context.parallelism * TASKS_PER_CALL,
      joining: () => this.#calls.activeCount + this.#calls.pendingCount,
    });
  }

  /** Writes one VM. Looks before it tries again, and decides again if the VM has changed. */
  async commit(planned: Planned): Promise<Committed> {
    const {session, signal, gate, beforeStart} = this.#context;
    const closed = gate?.closedBecause() ?? null;
    const why = signal?.aborted
      ? 'the run was stopped before its turn; run the same command again'
      : closed && `not started, because ${closed}; run the same command again once that is resolved`;
    if (why !== null) {
      const error = new VchError('VCH_ERR_INTERRUPTED', `${labelOf(planned.vm)}: ${why}`);
      return ended(planned, 'not-attempted', error);
    }
    try {
      if (this.#silence !== null) throw this.#silence;
      await beforeStart?.();
    } catch (error) {
      const failure = toVchError(error);
      if (isSilence(session, failure)) this.#silence = failure;
      return ended(planned, 'not-attempted', unsent(planned.vm, failure));
    }
    const result = await retry<Planned, Committed>(waiting(session, {signal}), CONTAINER, {
      first: planned,
      look: (last, unsettled) => this.#look(last ?? planned, unsettled),
      act: (attempt) => this.#writeOrDoubt(attempt),
    });
    return result.status === 'done' ? result.value : notWritten(result, result.last ?? planned);
  }

  /** While vCenter does not answer, nothing is sent that it might carry out; rejects once there is no patience left. */
  async #answering(planned: Planned): Promise<void> {
    const {session} = this.#context;
    if (session.contact.broken === null) return;
    this.#reaching ??= session.reach().finally(() => {
      this.#reaching = null;
    });
    try {
      await this.#reaching;
    } catch (error) {
      const failure = toVchError(error);
      if (isSilence(session, failure)) this.#silence = failure;
      throw unsent(planned.vm, failure);
    }
  }

  async #writeOrDoubt(planned: Planned): Promise<{done: Committed}> {
    const {gate} = this.#context;
    const id = planned.vm.ref.value;
    gate?.doubt(id, false);
    try {
      return await this.#write(planned);
    } catch (error) {
      const {failure} = toVchError(error);
      // Any other is tried again, which may take its time and go well.
      gate?.doubt(id, failure === 'final' || failure === 'doubtful');
      throw error;
    }
  }

  async #write(planned: Planned): Promise<{done: Committed}> {
    const {vm, decision} = planned;
    const written = writtenKeys(decision);
    this.#context.onWrite?.(
      vm.ref.value,
      written.map(({key}) => key),
    );
    const spec = {
      changeVersion: vm.changeVersion,
      name: decision.displayName && escapeName(decision.displayName),
      extraConfig: optionValues(written),
    };
    const task = await this.#calls(async () => {
      await this.#answering(planned);
      return reconfigure(this.#context.session, vm.ref, spec);
    });
    await this.#waiter.wait(task, `reconfiguring ${labelOf(vm)}`);
    return {done: planned};
  }

  /** Reads the VM again and decides what is left to do: nothing, the same with a new changeVersion, or something else. */
  async #look(attempted: Planned, unsettled: boolean): Promise<Look<Planned, Committed>> {
    const {session, found, keys, decide} = this.#context;
    const {ref} = attempted.vm;
    if (unsettled) await waitUntilIdle(session, ref);
    const vm = (await rereadVms(session, found, [ref], keys)).get(ref.value);
    if (vm === undefined) throw leftOut(session, ref, `reading ${labelOf(attempted.vm)} again`);
    if (vm === 'gone') return {done: ended(attempted, 'skipped', null, [GONE])};
    if (vm === null) return {done: ended(attempted, 'skipped', null, [NO_CONTAINER])};
    if (vm.status !== 'readable') return {done: outcomeOf({vm, decision: null})};
    // The write may have been carried out although it seemed to fail.
    if (holds(vm, attempted.decision)) return {done: {vm, decision: attempted.decision}};
    const decision = await decide(vm);
    return decision.status === 'pending' ? {act: {vm, decision}} : {done: outcomeOf({vm, decision})};
  }
}

const NO_CONTAINER = {code: 'no-container', message: 'the VM is no longer a containerVM'};

/** The outcome of a VM that was not written, or for which that is unknown. */
function notWritten({status, error, acted}: Failed<Planned>, last: Planned): VmOutcome {
  const label = labelOf(last.vm);
  if (status === 'not-sent') return ended(last, 'not-attempted', unsent(last.vm, acted ?? error));
  if (acted !== null && acted !== error) {
    const known = status === 'unknown' || statusFor(acted) === 'unknown' ? 'unknown' : 'failed';
    const code = known === 'unknown' ? 'VCH_ERR_OUTCOME_UNKNOWN' : acted.code;
    const message = `${label}: ${acted.message}, and reading it again failed: ${error.message}; run vch-migrate verify`;
    return ended(last, known, new VchError(code, message, {cause: acted}));
  }
  if (error.failure === 'final' || error.failure === 'doubtful') return ended(last, statusFor(error), error);
  const {code, fault} = error;
  const message = `${label}: given up after several attempts: ${error.message}`;
  return ended(last, statusFor(error), new VchError(code, message, {fault, cause: error}));
}

const STATUS_BY_CODE: Readonly<Partial<Record<ErrorCode, VmOutcome['status']>>> = {
  VCH_ERR_TRANSPORT: 'unknown',
  VCH_ERR_TIMEOUT: 'unknown',
  VCH_ERR_OUTCOME_UNKNOWN: 'unknown',
  VCH_ERR_CONFLICT: 'conflict',
  VCH_ERR_NEEDS_POWER_OFF: 'refused',
  VCH_ERR_HOST_UNREACHABLE: 'unreachable',
};

function statusFor({code}: VchError): VmOutcome['status'] {
  return STATUS_BY_CODE[code] ?? 'failed';
}

/** What was planned stays in the outcome only if it may have been written after all. */
function ended(
  planned: Planned,
  status: VmOutcome['status'],
  error: VchError | null,
  findings: readonly Finding[] = [],
): VmOutcome {
  const outcome = outcomeOf(planned);
  const nothing = status === 'unknown' ? {} : {applied: [], changes: []};
  return {...outcome, ...nothing, status, error, findings: [...outcome.findings, ...findings]};
}

function unsent(vm: ReadableVm, failure: VchError): VchError {
  const {code, failure: kind, message} = failure;
  const outage = kind === 'not-sent' || kind === 'maybe-done';
  return new VchError(code, `${labelOf(vm)}: nothing was sent to it: ${message}`, {
    cause: failure,
    failure: outage ? 'not-sent' : kind,
  });
}
