import type {PluginRegistry} from '../migration/registry.js';
import {verifyGoal} from '../migration/verify-goal.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome} from './outcome.js';
import {type Decide, planRun, vmInput} from './plan.js';
import type {RunOptions} from './run-options.js';

/** Checks the live VMs against their goal: `unchanged` is at it, `failed` contradicts it. */
export function verifyMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  return untilStopped(
    options.signal,
    async () => (await planRun(session, options, judge(options.registry))).outcome,
  );
}

function judge(registry: PluginRegistry): Decide {
  return async (vm) => {
    const check = await verifyGoal(registry, vmInput(vm));
    switch (check.status) {
      case 'at-goal':
        return {status: 'unchanged', findings: check.findings};
      case 'contradicts':
        return {status: 'failed', error: check.error, findings: check.findings};
      case 'refused':
        return check;
    }
  };
}
