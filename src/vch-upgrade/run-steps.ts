import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, type VchError} from '../errors.js';
import {repeat, STEP, waiting} from '../vim25/retry.js';
import type {VchContext} from './context.js';
import type {UpgradeRecord} from './record.js';
import {interrupted, type Step, type StepResult, tellStep, UNLOCK} from './steps.js';

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
  context: VchContext,
  select: (context: VchContext) => Promise<readonly Step[]>,
  planned: RunOutcome,
  released: (record: UpgradeRecord) => Readonly<Record<string, string | null>>,
): Promise<Ran> {
  const from = context.record.phase;
  let containers = planned;
  try {
    for (const step of await select(context)) {
      if ((step.safePoint ?? 'before') === 'before') stopIfAsked(context);
      const patience = patienceOf(context, step);
      const run = () => runStep(context, step, from);
      const result = await (patience === null
        ? run()
        : repeat(waiting(context.session, {patience, signal: undefined}), STEP, run));
      context.lock.amend(result.patch ?? {});
      containers = result.containers ?? containers;
      step.accept?.(result, context);
    }
    tellStep(context.options, UNLOCK);
    const unseen = await context.lock.release(null, released(context.record));
    if (unseen !== null)
      context.finding(
        'end-not-seen',
        `the lock on ${context.label} was released, but that could not be read back: ${unseen.message}; check it with vch-migrate status`,
      );
    return {containers, error: null};
  } catch (error) {
    return {containers, error: toVchError(error)};
  }
}

/** A vCenter that is away for longer leaves the VCH down. */
const WHILE_DOWN = 15 * 60_000;

/** How long a step is tried while vCenter does not answer; `null` where what it does inside decides. */
function patienceOf({session, options}: VchContext, {vch, persists}: Step): number | null {
  if (vch !== 'up') return Math.max(WHILE_DOWN, options.timeout, session.patience);
  return persists ? session.patience : null;
}

async function runStep(context: VchContext, step: Step, from: string): Promise<StepResult> {
  await context.lock.update({...step.record, phase: step.name});
  if (step.safePoint === 'entered') stopIfAsked(context);
  if (step.runs?.(context.record) === false) {
    step.otherwise?.(context);
    return {};
  }
  if (!step.tellsItself) tellStep(context.options, step);
  return step.run(context, from);
}

function stopIfAsked(context: VchContext): void {
  if (context.options.signal?.aborted) throw interrupted(context);
}
