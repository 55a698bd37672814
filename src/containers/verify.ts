import {verifyGoal} from '../migration/verify-goal.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome} from './outcome.js';
import {planRun, vmInput} from './plan.js';
import type {RunOptions} from './run-options.js';

/** Checks the live VMs against their goal: `unchanged` is at it, `failed` contradicts it. */
export function verifyMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  return untilStopped(options.signal, async () => {
    const {outcome} = await planRun(session, options, (vm) => verifyGoal(options.registry, vmInput(vm)));
    return outcome;
  });
}
