import pLimit from 'p-limit';
import {toVchError, VchError} from '../errors.js';
import {optionValues} from '../extraconfig/extra-config.js';
import {type ContainerVm, type ReadableVm, rereadVms, type WantedKeys} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {isTransient} from '../vim25/faults.js';
import {pause} from '../vim25/pause.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter} from '../vim25/task-waiter.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import type {VmOutcome} from './outcome.js';
import {type Decide, outcomeOf, type Planned, writtenKeys} from './plan.js';
import {GONE, holds, readBack} from './read-back.js';

const ATTEMPTS = 6;
/**
 * Tasks that vCenter has accepted and not finished, for each call that may be under way. One read asks for all of
 * them, so a window wider than the calls is what keeps waiting at a fraction of a request a VM.
 */
const TASKS_PER_CALL = 2;

/** What writing needs. */
export interface CommitContext {
  readonly session: Session;
  readonly found: FoundVch;
  readonly decide: Decide;
  readonly keys: WantedKeys;
  /** Reconfigure calls under way at a time. */
  readonly parallelism: number;
  readonly signal: AbortSignal | undefined;
  /** Decides whether another VM may be started. */
  readonly gate?: StartGate;
  /** The write of one VM begins. */
  readonly onStart?: () => void;
  /** One VM is written, and still to be read back. */
  readonly onWritten?: () => void;
  /** Right before one VM is written: its moref, and the keys. */
  readonly onWrite?: ((id: string, keys: readonly string[]) => void) | undefined;
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

/** Writes every planned VM, each in one task of its own; one VM's trouble stops no other. Gives their outcomes, in order. */
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
  context.onReadBack?.(results.filter(({status}) => status === 'written').length);
  const verified = await readBack(
    context,
    results.flatMap((result) => (result.status === 'written' ? [result.written] : [])),
  );
  return results.map((result) =>
    result.status === 'ended' ? result.outcome : readBackOf(verified, result.written),
  );
}

class Committer {
  readonly #context: CommitContext;
  readonly #calls: ReturnType<typeof pLimit>;
  readonly #waiter: TaskWaiter;

  constructor(context: CommitContext) {
    this.#context = context;
    this.#calls = pLimit(context.parallelism);
    this.#waiter = new TaskWaiter(context.session);
  }

  /** Writes one VM; decides anew on a new reading whenever the one it stood on is out of date. */
  async commit(planned: Planned): Promise<CommitResult> {
    let attempted = planned;
    if (this.#context.signal?.aborted)
      return ended(outcomeOf(planned), 'not-attempted', interrupted(planned.vm));
    const reason = this.#context.gate?.closedBecause() ?? null;
    if (reason !== null) return ended(outcomeOf(planned), 'not-attempted', heldBack(planned.vm, reason));
    for (let attempt = 1; ; attempt += 1) {
      const failure = await this.#write(attempted);
      if (failure === null) return {status: 'written', written: attempted};
      if (!mayRetry(failure)) return ended(outcomeOf(attempted), statusFor(failure), failure);
      const next = await this.#again(attempted, failure);
      if (next.status === 'ended') return next;
      if (next.status === 'written') return next;
      if (attempt === ATTEMPTS)
        return ended(outcomeOf(attempted), statusFor(failure), gaveUp(attempted.vm, failure));
      attempted = next.attempt;
      await pause(attempt);
    }
  }

  async #write({vm, decision}: Planned): Promise<VchError | null> {
    const what = `reconfiguring ${vm.displayName} (${vm.ref.value})`;
    const written = writtenKeys(decision);
    this.#context.onWrite?.(
      vm.ref.value,
      written.map(({key}) => key),
    );
    try {
      const spec = {
        changeVersion: vm.changeVersion,
        name: decision.displayName,
        extraConfig: optionValues(written),
      };
      const task = await this.#calls(() => reconfigure(this.#context.session, vm.ref, spec));
      await this.#waiter.wait(task, what);
      return null;
    } catch (error) {
      return toVchError(error);
    }
  }

  /** Reads the VM again and decides what is left to do: nothing, the same with a new changeVersion, or something else. */
  async #again(
    attempted: Planned,
    failure: VchError,
  ): Promise<CommitResult | {status: 'retry'; attempt: Planned}> {
    const last = outcomeOf(attempted);
    let vm: ContainerVm | null | undefined;
    try {
      vm = (
        await rereadVms(this.#context.session, this.#context.found, [attempted.vm.ref], this.#context.keys)
      ).get(attempted.vm.ref.value);
    } catch (error) {
      const status = isUnanswered(failure) ? 'unknown' : 'failed';
      return ended(last, status, unsettled(attempted.vm, failure, toVchError(error)));
    }
    if (vm === undefined) return ended({...last, findings: [...last.findings, GONE]}, 'skipped', null);
    if (vm === null) return ended({...last, findings: [...last.findings, NO_CONTAINER]}, 'skipped', null);
    if (vm.status !== 'readable') return {status: 'ended', outcome: outcomeOf({vm, decision: null})};
    // After a lost reply the first attempt may have won.
    if (holds(vm, attempted.decision))
      return {status: 'written', written: {vm, decision: attempted.decision}};
    const decision = await this.#context.decide(vm);
    if (decision.status !== 'pending') return {status: 'ended', outcome: outcomeOf({vm, decision})};
    return {status: 'retry', attempt: {vm, decision}};
  }
}

const NO_CONTAINER = {code: 'no-container', message: 'the VM is no longer a containerVM'};

function mayRetry(failure: VchError): boolean {
  return (
    isUnanswered(failure) ||
    failure.code === 'VCH_ERR_CONFLICT' ||
    failure.fault === 'InvalidState' ||
    failure.fault === 'ManagedObjectNotFound' ||
    isTransient(failure)
  );
}

const UNANSWERED: ReadonlySet<string> = new Set([
  'VCH_ERR_TRANSPORT',
  'VCH_ERR_TIMEOUT',
  'VCH_ERR_OUTCOME_UNKNOWN',
]);

/** The request went out, or may have, and whether it was carried out was not heard. */
function isUnanswered(failure: VchError): boolean {
  return UNANSWERED.has(failure.code);
}

function statusFor(failure: VchError): VmOutcome['status'] {
  if (isUnanswered(failure)) return 'unknown';
  switch (failure.code) {
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

function readBackOf(verified: ReadonlyMap<string, VmOutcome>, planned: Planned): VmOutcome {
  return verified.get(planned.vm.ref.value) ?? {...outcomeOf(planned), status: 'unknown'};
}

/** What was planned stays in the outcome only where it may have been written after all. */
function ended(outcome: VmOutcome, status: VmOutcome['status'], error: VchError | null): CommitResult {
  const planned = status === 'unknown' ? {} : {applied: [], changes: []};
  return {status: 'ended', outcome: {...outcome, ...planned, status, error}};
}

function interrupted(vm: ReadableVm): VchError {
  return new VchError(
    'VCH_ERR_INTERRUPTED',
    `${vm.displayName} (${vm.ref.value}): the run was stopped before its turn; run the same command again`,
  );
}

function heldBack(vm: ReadableVm, reason: string): VchError {
  return new VchError(
    'VCH_ERR_INTERRUPTED',
    `${vm.displayName} (${vm.ref.value}): not started, since ${reason}; run the same command again when the reason is gone`,
  );
}

function gaveUp(vm: ReadableVm, failure: VchError): VchError {
  const label = `${vm.displayName} (${vm.ref.value})`;
  return new VchError(failure.code, `${label}: given up after ${ATTEMPTS} attempts: ${failure.message}`, {
    ...(failure.fault === undefined ? {} : {fault: failure.fault}),
    cause: failure,
  });
}

function unsettled(vm: ReadableVm, failure: VchError, reading: VchError): VchError {
  const label = `${vm.displayName} (${vm.ref.value})`;
  const code = isUnanswered(failure) ? 'VCH_ERR_OUTCOME_UNKNOWN' : failure.code;
  return new VchError(
    code,
    `${label}: ${failure.message}, and reading it again failed: ${reading.message}; run vch-migrate verify`,
    {cause: failure},
  );
}
