import {COMPARED, verifyGoal} from '../migration/verify-goal.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome} from './outcome.js';
import {planRun, vmInput} from './plan.js';
import type {RunOptions} from './run-options.js';

/** Checks the live VMs against their goal: `unchanged` is at it, `failed` contradicts it. */
export function verifyMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  return untilStopped(options.signal, async () => {
    const compared = Object.values(COMPARED).map((check) => ({check, ok: 0, of: 0}));
    const count = (check: string, isOk: boolean) => {
      for (const row of compared.filter((known) => known.check === check)) {
        row.of += 1;
        if (isOk) row.ok += 1;
      }
    };
    const {outcome} = await planRun(session, options, (vm) =>
      verifyGoal(options.registry, vmInput(vm), count),
    );
    return {...outcome, compared: compared.filter(({of}) => of > 0)};
  });
}
