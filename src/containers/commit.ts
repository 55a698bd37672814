import pLimit from 'p-limit';
import {VchError} from '../errors.js';
import {optionValues} from '../extraconfig/extra-config.js';
import {type ReadableVm, rereadVms, type WantedKeys} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {escapeName} from '../vim25/managed-object.js';
import {CONTAINER, type Failed, type Look, retry} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {settle, TaskWaiter} from '../vim25/tasks.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import type {VmOutcome} from './outcome.js';
import {type Decide, outcomeOf, type Planned, writtenKeys} from './plan.js';
import {GONE, holds, readBack} from './read-back.js';

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

  /** Writes one VM. Looks before it tries again, and decides anew when the VM has changed. */
  async commit(planned: Planned): Promise<CommitResult> {
    const {session, signal, gate} = this.#context;
    if (signal?.aborted) return ended(outcomeOf(planned), 'not-attempted', interrupted(planned.vm));
    const reason = gate?.closedBecause() ?? null;
    if (reason !== null) return ended(outcomeOf(planned), 'not-attempted', heldBack(planned.vm, reason));
    const {clock, log} = session;
    const result = await retry<Planned, CommitResult>({clock, log, signal}, CONTAINER, {
      first: planned,
      look: (last, unsettled) => this.#look(last ?? planned, unsettled),
      act: (attempt) => this.#write(attempt),
    });
    return result.status === 'done' ? result.value : notWritten(result, result.last ?? planned);
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
    const task = await this.#calls(() => reconfigure(this.#context.session, vm.ref, spec));
    await this.#waiter.wait(task, `reconfiguring ${vm.displayName} (${vm.ref.value})`);
    return {done: {status: 'written', written: planned}};
  }

  /** Reads the VM again and decides what is left to do: nothing, the same with a new changeVersion, or something else. */
  async #look(attempted: Planned, unsettled: boolean): Promise<Look<Planned, CommitResult>> {
    const {session, found, keys, decide} = this.#context;
    const {ref} = attempted.vm;
    if (unsettled) await settle(session, ref);
    const vm = (await rereadVms(session, found, [ref], keys)).get(ref.value);
    const last = outcomeOf(attempted);
    if (vm === undefined)
      return {done: ended({...last, findings: [...last.findings, GONE]}, 'skipped', null)};
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

const NO_CONTAINER = {code: 'no-container', message: 'the VM is no longer a containerVM'};

/** How a VM ended that could not be written, or of which that is not known. */
function notWritten({status, error, acted}: Failed<Planned>, last: Planned): CommitResult {
  const outcome = outcomeOf(last);
  if (acted !== null && acted !== error) {
    const known = status === 'unknown' || statusFor(acted) === 'unknown' ? 'unknown' : 'failed';
    return ended(outcome, known, unsettled(last.vm, known, acted, error));
  }
  const message = error.failure === 'final' ? error : gaveUp(last.vm, error);
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
  const {code, fault, message} = failure;
  const label = `${vm.displayName} (${vm.ref.value})`;
  return new VchError(code, `${label}: given up after several attempts: ${message}`, {fault, cause: failure});
}

function unsettled(
  vm: ReadableVm,
  status: 'unknown' | 'failed',
  failure: VchError,
  reading: VchError,
): VchError {
  return new VchError(
    status === 'unknown' ? 'VCH_ERR_OUTCOME_UNKNOWN' : failure.code,
    `${vm.displayName} (${vm.ref.value}): ${failure.message}, and reading it again failed: ${reading.message}; run vch-migrate verify`,
    {cause: failure},
  );
}
