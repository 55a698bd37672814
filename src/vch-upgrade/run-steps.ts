import {UpgradeLock} from '../appliance/upgrade-lock.js';
import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, type VchError} from '../errors.js';
import type {Appliance} from '../inventory/appliance.js';
import {repeat, STEP} from '../vim25/retry.js';
import type {VchContext, VchTarget} from './context.js';
import type {UpgradeRecord} from './record.js';
import {
  interrupted,
  LOCK,
  leaseTimeOf,
  type Step,
  type StepResult,
  tellStep,
  tellStepNamed,
  UNLOCK,
} from './steps.js';

/**
 * Takes the upgrade lock if it is free or `dead`, the raw value of an owner who was seen to be dead. `record` makes the
 * rollback record of the reading that the lock is taken on, or throws what speaks against it.
 */
export async function takeLock(
  target: VchTarget,
  dead: string | null,
  record: (appliance: Appliance) => Promise<UpgradeRecord>,
): Promise<{readonly context: VchContext; readonly appliance: Appliance}> {
  const {options, writer} = target;
  const {runId, user, toolVersion, changeId, lease, log} = options;
  tellStep(options, LOCK);
  const lock = new UpgradeLock(writer, {runId, user, toolVersion, changeId, lease, leaseTimeOf, log});
  const appliance = await lock.take(dead, record);
  const context: VchContext = {
    ...target,
    lock,
    get record() {
      return lock.record;
    },
    write: (change) => lock.update({...lock.record, ...change}),
    tell: (step, total) => tellStepNamed(options, step, total),
    assertOurs: async () => lock.assertOurs(await writer.read()),
  };
  return {context, appliance};
}

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
      if (step.safePoint === 'before') stopIfAsked(context);
      const result = await (step.persists
        ? repeat(context.session, STEP, () => runStep(context, step, from))
        : runStep(context, step, from));
      context.lock.amend(result.patch ?? {});
      containers = result.containers ?? containers;
      step.accept?.(result, context);
    }
    tellStep(context.options, UNLOCK);
    await context.lock.release(released(context.record));
    return {containers, error: null};
  } catch (error) {
    return {containers, error: toVchError(error)};
  }
}

async function runStep(context: VchContext, step: Step, from: string): Promise<StepResult> {
  await context.write({...step.record, phase: step.name});
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
