import {commitAll} from '../containers/commit.js';
import type {Decide, PendingDecision} from '../containers/decision.js';
import type {VmOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import type {PlannedVm} from '../containers/scope.js';
import {decided} from '../containers/vm-outcome.js';
import type {ReadableVm} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import type {Session} from '../vim25/session.js';
import type {RenameClaim} from './rename-claim.js';
import type {Containers, RenameOrder, RenameTarget} from './rename-scope.js';

/** What `rename` takes besides. */
export interface RenameOptions extends RunOptions, RenameOrder {
  /** Seconds after which other renames take our claim for dead; 30 where it is left out. */
  readonly claimLease?: number | undefined;
}

/** All that one rename stands on, read under its claim. */
export interface RenameParts {
  readonly session: Session;
  readonly options: RenameOptions;
  readonly found: FoundVch;
  readonly containers: Containers;
  readonly target: RenameTarget;
  readonly claim: RenameClaim;
}

/** A VM with the decision to write it. */
export function planned(vm: ReadableVm, decision: PendingDecision): PlannedVm {
  return {vm, decision, outcome: decided(vm, decision)};
}

/** Writes VMs, each by its own task; `tell` makes of each outcome what is to be said of it. */
export async function commit(
  {session, options}: Pick<RenameParts, 'session' | 'options'>,
  decide: Decide,
  vms: readonly PlannedVm[],
  tell: (vm: VmOutcome) => VmOutcome = (vm) => vm,
): Promise<readonly VmOutcome[]> {
  const {parallelism, signal} = options;
  const onOutcome = (vm: VmOutcome) => options.onProgress?.({type: 'vm', vm: tell(vm)});
  const outcomes = await commitAll({session, decide, keys: 'all', parallelism, signal, onOutcome}, vms);
  return outcomes.map(tell);
}
