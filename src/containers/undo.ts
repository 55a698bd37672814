import type {PluginRegistry} from '../migration/registry.js';
import {planUndo, type UndoFilter} from '../migration/undo.js';
import type {Session} from '../vim25/session.js';
import {change} from './apply.js';
import type {RunOutcome} from './outcome.js';
import {type Decide, vmInput} from './plan.js';
import type {UndoOptions} from './run-options.js';

/** Restores the containerVMs from their own ledgers, each as a whole or not at all. */
export async function undoMigration(session: Session, options: UndoOptions): Promise<RunOutcome> {
  const {run} = options;
  const outcome = await change(session, options, decideUndo(options.registry, options));
  if (run === undefined || outcome.vms.some(({status}) => status !== 'unchanged' && status !== 'skipped'))
    return outcome;
  const message = `nothing to undo: no containerVM's ledger names the run ${run}; vch-migrate status shows what was applied`;
  return {...outcome, findings: [...outcome.findings, {code: 'run-unknown', message}]};
}

/** Decides what restoring the VM would change. */
export function decideUndo(registry: PluginRegistry, filter: UndoFilter): Decide {
  return (vm) => planUndo(registry, vmInput(vm), filter);
}
