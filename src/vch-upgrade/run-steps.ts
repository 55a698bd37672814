import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, type VchError} from '../errors.js';
import {repeat, STEP, waiting} from '../vim25/retry.js';
import type {UpgradeRecord} from './record.js';
import {interrupted, type Step, type StepResult, showStep, UNLOCK} from './steps.js';
import type {LockedVch} from './vch-target.js';

/** What a run over steps has come to. */
export interface Ran {
  readonly containers: RunOutcome;
  /** What stopped it; the record says in which step. */
  readonly error: VchError | null;
}

/**
 * Runs steps under the lock, one after the other, and releases it. `select` says which, `released` what becomes of flag
 * and record then. It never rejects.
 */
export async function runSteps(
  locked: LockedVch,
  select: (locked: LockedVch) => Promise<readonly Step[]>,
  planned: RunOutcome,
  released: (record: UpgradeRecord) => Readonly<Record<string, string | null>>,
): Promise<Ran> {
  const from = locked.record.phase;
  let containers = planned;
  try {
    for (const step of await select(locked)) {
      if ((step.safePoint ?? 'before') === 'before') stopIfAsked(locked);
      const patience = patienceOf(locked, step);
      const run = () => runStep(locked, step, from);
      const result = await (patience === null
        ? run()
        : repeat(waiting(locked.session, {patience, signal: undefined}), STEP, run));
      locked.lock.amend(result.patch ?? {});
      containers = result.containers ?? containers;
      step.accept?.(result, locked);
    }
    showStep(locked.options, UNLOCK);
    const unseen = await locked.lock.release(null, released(locked.record));
    if (unseen !== null)
      locked.addFinding(
        'end-not-seen',
        `the lock on ${locked.label} was released, but that could not be read back: ${unseen.message}; check it with vch-migrate status`,
      );
    return {containers, error: null};
  } catch (error) {
    const failure = toVchError(error);
    const status = failure.code === 'VCH_ERR_INTERRUPTED' ? 'interrupted' : 'failed';
    locked.options.onProgress?.({type: 'phase-ended', status});
    return {containers, error: failure};
  }
}

/** A vCenter that is away for longer leaves the VCH down. */
const WHILE_DOWN = 15 * 60_000;

/** How long a step is tried while vCenter does not answer; `null` where what it does inside decides. */
function patienceOf({session, options}: LockedVch, {vch, persists}: Step): number | null {
  if (vch !== 'up') return Math.max(WHILE_DOWN, options.timeout, session.patience);
  return persists ? session.patience : null;
}

async function runStep(locked: LockedVch, step: Step, from: string): Promise<StepResult> {
  await locked.lock.update({...step.record, phase: step.name});
  if (step.safePoint === 'entered') stopIfAsked(locked);
  if (step.runs?.(locked.record) === false) {
    step.otherwise?.(locked);
    return {};
  }
  if (!step.showsItself) showStep(locked.options, step);
  return step.run(locked, from);
}

function stopIfAsked(locked: LockedVch): void {
  if (locked.options.signal?.aborted) throw interrupted(locked);
}
