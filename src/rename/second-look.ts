import type {VmOutcome} from '../containers/outcome.js';
import type {Decide, PendingDecision} from '../containers/plan.js';
import {holds} from '../containers/read-back.js';
import {toVchError, VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import {type ContainerVm, type ReadableVm, rereadVms} from '../inventory/container-vms.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {holderOf, nameInUse} from './docker-name.js';
import {
  type Containers,
  commit,
  NAMING_KEYS,
  type RenameJob,
  readContainers,
  writeDraft,
} from './rename-target.js';

/** What is known of a container after its rename was sent. */
export type SecondLook =
  /** It has the new name. `containers` are those of before if they could not be read again. */
  | {readonly status: 'renamed'; readonly vm: VmOutcome; readonly containers: Containers}
  | {readonly status: 'unknown' | 'not-renamed'; readonly vm: VmOutcome};

/**
 * Reads all names again. This tells whether the container has the new name if the write's answer and read-back did
 * not. And since docker does not know our claim, it may have given the name to another container between our reading
 * and our write: that container keeps it, and this rename is undone.
 */
export async function lookAgain(
  job: RenameJob,
  decision: PendingDecision,
  written: VmOutcome,
): Promise<SecondLook> {
  if (!mayBeWritten(written)) return {status: 'not-renamed', vm: written};
  const {session, target, options} = job;
  // What was written may have been decided on a later reading.
  const sent = written.changes.length === 0 ? decision : {...decision, changes: written.changes};
  let containers: Containers;
  try {
    containers = await readContainers(session, job.containers, NAMING_KEYS);
  } catch (error) {
    const vm = noting(written, notChecked(toVchError(error)));
    return written.status === 'changed'
      ? {status: 'renamed', vm, containers: job.containers}
      : {status: 'unknown', vm};
  }
  const vm = written.status === 'changed' ? written : await reread(job, sent, written);
  if (vm.status !== 'changed') {
    const now = containers.all.find(({ref}) => ref.value === vm.id);
    const name = now && containerNameOf(now.config);
    if (name === null) return {status: 'unknown', vm};
    if (name !== options.newName) return {status: 'not-renamed', vm};
  }
  const holder = holderOf(options.newName, containers.all, target.vm);
  if (holder === undefined) return {status: 'renamed', vm, containers};
  const conflict = nameInUse(options.newName, holder.containerId);
  const left = await takeBack(job, sent);
  const what = left === null ? 'this rename was undone' : `this rename could not be undone: ${left}`;
  throw new VchError(
    conflict.code,
    `${conflict.message} It got the name during this rename; ${what}. See vch-migrate audit`,
  );
}

function mayBeWritten({status, error}: VmOutcome): boolean {
  switch (status) {
    case 'changed':
    case 'unknown':
    case 'unreachable':
    // The first of two attempts may have succeeded, and its answer may have been lost.
    case 'conflict':
      return true;
    default:
      return error?.code === 'VCH_ERR_VERIFY';
  }
}

function isReadable(vm: ContainerVm | 'gone' | null | undefined): vm is ReadableVm {
  return vm != null && vm !== 'gone' && vm.status === 'readable';
}

/** The same outcome, or `changed` if the VM can be read now and is as it was meant to be. */
async function reread(
  {session, containers, target}: RenameJob,
  sent: PendingDecision,
  written: VmOutcome,
): Promise<VmOutcome> {
  const {ref} = target.vm;
  try {
    const vm = (await rereadVms(session, containers, [ref], 'all')).get(ref.value);
    if (!isReadable(vm) || !holds(vm, sent)) return written;
    const {changes, findings} = sent;
    return {...written, status: 'changed', changes, findings, error: null};
  } catch (error) {
    return noting(written, notChecked(toVchError(error)));
  }
}

function notChecked({message}: VchError): Finding {
  return {
    code: 'not-checked-again',
    message: `could not check whether another container got the name in the meantime: ${message}`,
  };
}

function noting(vm: VmOutcome, finding: Finding): VmOutcome {
  return {...vm, findings: [...vm.findings, finding]};
}

/** Undoes the rename of the container; returns what prevented it, or `null`. */
async function takeBack(job: RenameJob, sent: PendingDecision): Promise<string | null> {
  const {target, session, containers} = job;
  const {ref} = target.vm;
  const decide = decideReturn(target.vm, sent);
  try {
    const vm = (await rereadVms(session, containers, [ref], 'all')).get(ref.value);
    if (!isReadable(vm)) return 'its VM can no longer be read';
    const decision = await decide(vm);
    if (decision.status !== 'pending') return null;
    // Ignores the signal that may have stopped the run: half a rename is worse than stopping late.
    const whole = {...job, options: {...job.options, signal: undefined}};
    const [outcome] = await commit(whole, decide, [{vm, decision}]);
    return outcome?.status === 'changed' ? null : (outcome?.error?.message ?? 'the reason is unknown');
  } catch (error) {
    return toVchError(error).message;
  }
}

/** Decides what undoes a rename: every key that still holds what was written. */
function decideReturn(before: ReadableVm, renamed: PendingDecision): Decide {
  return async (vm) => {
    const draft = new Draft(vm.config);
    for (const {key, before: raw, after} of renamed.changes) {
      if (draft.raw(key) === after) draft.setRaw(key, raw);
    }
    const untouched = vm.displayName === renamed.displayName;
    return {...writeDraft(draft), ...(untouched ? {displayName: before.displayName} : {})};
  };
}
