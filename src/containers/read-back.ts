import {toVchError, VchError} from '../errors.js';
import {rawOf} from '../extraconfig/extra-config.js';
import {type ContainerVm, type ReadableVm, rereadVms, type WantedKeys} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {refString} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import type {VmOutcome} from './outcome.js';
import {outcomeOf, type PendingDecision, type Planned, writtenKeys} from './plan.js';

/** What reading back needs. */
export interface ReadBackContext {
  readonly session: Session;
  readonly found: FoundVch;
  readonly keys: WantedKeys;
  readonly onOutcome: (outcome: VmOutcome) => void;
}

/** What became of a VM that is not there any more. */
export const GONE = {code: 'gone', message: 'the VM was removed while the run went on'};

/** Reads all written VMs again, a few hundred a request: a task that succeeded does not prove that a key was kept. */
export async function readBack(
  context: ReadBackContext,
  written: readonly Planned[],
): Promise<ReadonlyMap<string, VmOutcome>> {
  const outcomes = new Map<string, VmOutcome>();
  let read: ReadonlyMap<string, ContainerVm | null> | VchError;
  try {
    read = await rereadVms(
      context.session,
      context.found,
      written.map(({vm}) => vm.ref),
      context.keys,
    );
  } catch (error) {
    read = toVchError(error);
  }
  for (const entry of written) {
    const outcome = judge(entry, read);
    outcomes.set(entry.vm.ref.value, outcome);
    context.onOutcome(outcome);
  }
  return outcomes;
}

function judge({vm, decision}: Planned, read: ReadonlyMap<string, ContainerVm | null> | VchError): VmOutcome {
  const outcome = outcomeOf({vm, decision});
  const label = `${vm.displayName} (${vm.ref.value})`;
  const unread = (why: string) =>
    new VchError(
      'VCH_ERR_OUTCOME_UNKNOWN',
      `${label} was written, but could not be read back: ${why}; run vch-migrate verify`,
    );
  if (read instanceof VchError) return {...outcome, status: 'unknown', error: unread(read.message)};
  const now = read.get(vm.ref.value);
  if (now === undefined) return {...outcome, status: 'skipped', findings: [...outcome.findings, GONE]};
  if (now?.status !== 'readable')
    return {...outcome, status: 'unknown', error: unread('its configuration cannot be seen now')};
  const lost = differing(now, decision);
  if (lost.length === 0) return {...outcome, status: 'changed'};
  return {
    ...outcome,
    status: 'failed',
    error: new VchError(
      'VCH_ERR_VERIFY',
      `${label}: the task succeeded, but ${lost.join(', ')} does not hold what was written; compare with govc vm.info -e ${refString(vm.ref)}, then run vch-migrate verify`,
    ),
  };
}

/** Whether a VM is as it was decided, display name included. */
export function holds(vm: ReadableVm, decision: PendingDecision): boolean {
  return differing(vm, decision).length === 0;
}

/** What the VM does not have as it was decided: keys, and the display name. */
function differing(vm: ReadableVm, decision: PendingDecision): readonly string[] {
  const keys = writtenKeys(decision).flatMap(({key, after}) =>
    rawOf(vm.config, key) === after ? [] : [key],
  );
  const {displayName} = decision;
  const named = displayName === undefined || vm.displayName === displayName;
  return named ? keys : [...keys, 'its display name'];
}
