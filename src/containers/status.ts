import type {Vch} from '../inventory/vch.js';
import {history} from '../migration/history.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome} from './outcome.js';
import {outcomeOf, planRun, vmInput} from './plan.js';
import type {RunOptions} from './run-options.js';

/** The plan, what each VM's ledger says was applied, and the VCH as it was read. */
export function statusOf(
  session: Session,
  options: RunOptions,
): Promise<{readonly outcome: RunOutcome; readonly vch: Vch}> {
  return untilStopped(options.signal, async () => {
    const {read, decided, outcome} = await planRun(session, options);
    const vms = decided.map((one) => {
      const vm = outcomeOf(one);
      const applied = one.decision === null ? [] : history(vmInput(one.vm));
      return {...vm, history: applied, pending: vm.applied, applied: [], changes: []};
    });
    return {outcome: {...outcome, vms}, vch: read.vch};
  });
}
