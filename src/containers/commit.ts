import pLimit from 'p-limit';
import {toVchError, VchError} from '../errors.js';
import {optionValues, rawOf} from '../extraconfig/extra-config.js';
import {labelOf, type ReadableVm, rereadVms} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {writtenKeys} from '../migration/decision.js';
import {escapeName, refString} from '../vim25/managed-object.js';
import {leftOut, type WantedKeys} from '../vim25/property-collector.js';
import {CONTAINER, type Failed, isSilence, type Look, retry, waiting} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter, waitUntilIdle} from '../vim25/tasks.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import type {VmOutcome} from './outcome.js';
import {type Decide, outcomeOf, type PendingDecision, type Planned} from './plan.js';
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
  readonly gate?: StartGate;
  /** The write of one VM has begun. */
  readonly onStart?: () => void;
  /** One VM is written, but not read back yet. */
  readonly onWritten?: () => void;
  readonly onReadBack?: (count: number) => void;
  readonly onOutcome: (outcome: VmOutcome) => void;
}

/** Decides whether another VM may be started, by how the others ended. */
export interface StartGate {
  /** One VM is written. */
  written(): void;
  /** One VM ended without being written. */
  ended(outcome: VmOutcome): void;
  /** Why nothing new may be started; `null` while it may. */
  closedBecause(): string | null;
}

type CommitResult =
  | {readonly status: 'written'; readonly written: Planned}
  | {readonly status: 'ended'; readonly outcome: VmOutcome};

/** Writes every planned VM, each in a task of its own, and reads it back. One VM's failure stops no other. In order. */
export async function commitAll(
  context: CommitContext,
  planned: readonly Planned[],
): Promise<readonly VmOutcome[]> {
  const tasks = pLimit(context.parallelism * TASKS_PER_CALL);
  const committer = new Committer(context);
  const results = await Promise.all(
    planned.map((entry) =>
      tasks(async () => {
        context.onStart?.();
        const result = await committer.commit(entry);
        if (result.status === 'written') {
          context.gate?.written();
          context.onWritten?.();
        } else {
          context.gate?.ended(result.outcome);
          context.onOutcome(result.outcome);
        }
        return result;
      }),
    ),
  );
  const written = results.flatMap((result) => (result.status === 'written' ? [result.written] : []));
  context.onReadBack?.(written.length);
  const read = await readBack(context, written);
  return results.map((result) => {
    if (result.status === 'ended') return result.outcome;
    const outcome = verified(result.written, read);
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
    this.#waiter = new TaskWaiter(context.session);
  }

  /** Writes one VM. Looks before it tries again, and decides again if the VM has changed. */
  async commit(planned: Planned): Promise<CommitResult> {
    const {session, signal, gate, beforeStart} = this.#context;
    if (signal?.aborted)
      return notStarted(planned, 'the run was stopped before its turn; run the same command again');
    const reason = gate?.closedBecause() ?? null;
    if (reason !== null)
      return notStarted(
        planned,
        `not started, because ${reason}; run the same command again once that is resolved`,
      );
    try {
      if (this.#silence !== null) throw this.#silence;
      await beforeStart?.();
    } catch (error) {
      const failure = toVchError(error);
      if (isSilence(session, failure)) this.#silence = failure;
      return ended(outcomeOf(planned), 'not-attempted', unsent(planned.vm, failure));
    }
    const result = await retry<Planned, CommitResult>(waiting(session, {signal}), CONTAINER, {
      first: planned,
      look: (last, unsettled) => this.#look(last ?? planned, unsettled),
      act: (attempt) => this.#write(attempt),
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

  async #write(planned: Planned): Promise<{done: CommitResult}> {
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
    return {done: {status: 'written', written: planned}};
  }

  /** Reads the VM again and decides what is left to do: nothing, the same with a new changeVersion, or something else. */
  async #look(attempted: Planned, unsettled: boolean): Promise<Look<Planned, CommitResult>> {
    const {session, found, keys, decide} = this.#context;
    const {ref} = attempted.vm;
    if (unsettled) await waitUntilIdle(session, ref);
    const vm = (await rereadVms(session, found, [ref], keys)).get(ref.value);
    const last = outcomeOf(attempted);
    if (vm === undefined) throw leftOut(session, ref, `reading ${labelOf(attempted.vm)} again`);
    if (vm === 'gone') return {done: ended({...last, findings: [...last.findings, GONE]}, 'skipped', null)};
    if (vm === null)
      return {done: ended({...last, findings: [...last.findings, NO_CONTAINER]}, 'skipped', null)};
    if (vm.status !== 'readable') return {done: {status: 'ended', outcome: outcomeOf({vm, decision: null})}};
    // The write may have been carried out although it seemed to fail.
    if (holds(vm, attempted.decision))
      return {done: {status: 'written', written: {vm, decision: attempted.decision}}};
    const decision = await decide(vm);
    if (decision.status !== 'pending') return {done: {status: 'ended', outcome: outcomeOf({vm, decision})}};
    return {act: {vm, decision}};
  }
}

const GONE = {code: 'gone', message: 'the VM was removed during the run'};
const NO_CONTAINER = {code: 'no-container', message: 'the VM is no longer a containerVM'};

/** The outcome of a VM that was not written, or for which that is unknown. */
function notWritten({status, error, acted}: Failed<Planned>, last: Planned): CommitResult {
  const outcome = outcomeOf(last);
  if (status === 'not-sent') return ended(outcome, 'not-attempted', unsent(last.vm, acted ?? error));
  if (acted !== null && acted !== error) {
    const known = status === 'unknown' || statusFor(acted) === 'unknown' ? 'unknown' : 'failed';
    return ended(outcome, known, unsettled(last.vm, known, acted, error));
  }
  const refused = error.failure === 'final' || error.failure === 'doubtful';
  const message = refused ? error : gaveUp(last.vm, error);
  return ended(outcome, statusFor(error), message);
}

function statusFor(failure: VchError): VmOutcome['status'] {
  switch (failure.code) {
    case 'VCH_ERR_TRANSPORT':
    case 'VCH_ERR_TIMEOUT':
    case 'VCH_ERR_OUTCOME_UNKNOWN':
      return 'unknown';
    case 'VCH_ERR_CONFLICT':
      return 'conflict';
    case 'VCH_ERR_NEEDS_POWER_OFF':
      return 'refused';
    case 'VCH_ERR_HOST_UNREACHABLE':
      return 'unreachable';
    default:
      return 'failed';
  }
}

/** What was planned stays in the outcome only if it may have been written after all. */
function ended(outcome: VmOutcome, status: VmOutcome['status'], error: VchError | null): CommitResult {
  const planned = status === 'unknown' ? {} : {applied: [], changes: []};
  return {status: 'ended', outcome: {...outcome, ...planned, status, error}};
}

function notStarted(planned: Planned, why: string): CommitResult {
  const error = new VchError('VCH_ERR_INTERRUPTED', `${labelOf(planned.vm)}: ${why}`);
  return ended(outcomeOf(planned), 'not-attempted', error);
}

function unsent(vm: ReadableVm, failure: VchError): VchError {
  const {code, failure: kind, message} = failure;
  const outage = kind === 'not-sent' || kind === 'maybe-done';
  return new VchError(code, `${labelOf(vm)}: nothing was sent to it: ${message}`, {
    cause: failure,
    failure: outage ? 'not-sent' : kind,
  });
}

function gaveUp(vm: ReadableVm, failure: VchError): VchError {
  const {code, fault, message} = failure;
  return new VchError(code, `${labelOf(vm)}: given up after several attempts: ${message}`, {
    fault,
    cause: failure,
  });
}

function unsettled(
  vm: ReadableVm,
  status: 'unknown' | 'failed',
  failure: VchError,
  reading: VchError,
): VchError {
  return new VchError(
    status === 'unknown' ? 'VCH_ERR_OUTCOME_UNKNOWN' : failure.code,
    `${labelOf(vm)}: ${failure.message}, and reading it again failed: ${reading.message}; run vch-migrate verify`,
    {cause: failure},
  );
}

/** What reading the written VMs back gave: by moref, or why it failed. */
type ReadBack = Awaited<ReturnType<typeof rereadVms>> | VchError;

/** Reads all written VMs again, a few hundred a request: a successful task does not prove that a key was kept. */
async function readBack(
  {session, found, keys}: CommitContext,
  written: readonly Planned[],
): Promise<ReadBack> {
  const refs = written.map(({vm}) => vm.ref);
  try {
    return await rereadVms(session, found, refs, keys);
  } catch (error) {
    return toVchError(error);
  }
}

function verified({vm, decision}: Planned, read: ReadBack): VmOutcome {
  const outcome = outcomeOf({vm, decision});
  const unread = (why: string): VmOutcome => {
    const message = `${labelOf(vm)} was written, but could not be read back: ${why}; run vch-migrate verify`;
    return {...outcome, status: 'unknown', error: new VchError('VCH_ERR_OUTCOME_UNKNOWN', message)};
  };
  if (read instanceof VchError) return unread(read.message);
  const now = read.get(vm.ref.value);
  if (now === 'gone') return {...outcome, status: 'skipped', findings: [...outcome.findings, GONE]};
  if (now === undefined) return unread('vCenter leaves it out of its answers');
  if (now?.status !== 'readable') return unread('its configuration cannot be seen now');
  const lost = differing(now, decision);
  if (lost.length === 0) return {...outcome, status: 'changed'};
  const message = `${labelOf(vm)}: the task succeeded, but ${lost.join(', ')} does not hold what was written; compare with govc vm.info -e ${refString(vm.ref)}, then run vch-migrate verify`;
  return {...outcome, status: 'failed', error: new VchError('VCH_ERR_VERIFY', message)};
}

/** Whether a VM is as it was decided, display name included. */
export function holds(vm: ReadableVm, decision: PendingDecision): boolean {
  return differing(vm, decision).length === 0;
}

/** What differs from the decision: keys, and the display name. */
function differing(vm: ReadableVm, decision: PendingDecision): readonly string[] {
  const keys = writtenKeys(decision).flatMap(({key, after}) =>
    rawOf(vm.config, key) === after ? [] : [key],
  );
  const {displayName} = decision;
  const named = displayName === undefined || vm.displayName === displayName;
  return named ? keys : [...keys, 'its display name'];
}
