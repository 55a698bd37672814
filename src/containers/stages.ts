import {Brake, type Staging} from './brake.js';
import {type CommitContext, commitAll} from './commit.js';
import type {VmOutcome} from './outcome.js';
import type {PlannedVm} from './scope.js';

/** What a run in stages came to. */
export interface Staged {
  readonly outcomes: readonly VmOutcome[];
  /** Why not everything was started; `null` if it was. */
  readonly heldBack: string | null;
}

/**
 * Writes the canaries first, if there are to be some, and everything else only if each of them holds what was
 * written. `hold` says why not to go on, when the canaries are changed; `onStage` hears of each stage.
 */
export async function commitInStages(
  context: CommitContext,
  planned: readonly PlannedVm[],
  staging: Staging,
  hold: (canaries: number, left: number) => Promise<string | null>,
  onStage: (count: number) => void,
): Promise<Staged> {
  const brake = new Brake(staging, planned.length);
  const braked = {...context, brake};
  const canaries = planned.slice(0, staging.canary ?? 0);
  const others = planned.slice(canaries.length);
  const commit = (vms: readonly PlannedVm[]) => {
    if (vms.length === 0) return [];
    onStage(vms.length);
    return commitAll(braked, vms);
  };
  const first = await commit(canaries);
  if (canaries.length > 0 && others.length > 0 && brake.reason() === null) {
    const lost = first.filter(({status}) => status !== 'changed' && status !== 'unchanged');
    const reason =
      lost.length > 0
        ? `${lost.length} of ${canaries.length} canaries were not changed`
        : await hold(canaries.length, others.length);
    if (reason !== null) brake.pull(reason);
  }
  const outcomes = [...first, ...(await commit(others))];
  const left = outcomes.some(({status}) => status === 'not-attempted');
  return {outcomes, heldBack: left ? brake.reason() : null};
}
