import {writeRun} from '../containers/apply.js';
import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {type Decide, decideApply, type PlannedRun, planRun, selected} from '../containers/plan.js';
import {type RunOptions, runInfo} from '../containers/run-options.js';
import {decideUndo} from '../containers/undo.js';
import {VchError} from '../errors.js';
import type {VchContext} from './context.js';

/** Runs the container plugins under our own lock. Rejects where one VM's trouble must stop the upgrade. */
export async function migrateContainers(context: VchContext): Promise<RunOutcome> {
  const options = heldOptions(context);
  const run = await planHeld(context, decideApply(options.registry, runInfo(options)));
  assertUpgradable(run.outcome.vms);
  return writeRun(context.session, run, options, async () => null);
}

/** Takes back what the upgrade on record wrote to the containerVMs, whole VMs or not at all. */
export async function undoContainers(context: VchContext): Promise<RunOutcome> {
  const options = heldOptions(context);
  const run = await planHeld(context, decideUndo(options.registry, {run: context.record.run}));
  return writeRun(context.session, run, options, async () => null);
}

/** What the containerVMs are to become, without writing. */
export function planContainers(context: VchContext): Promise<PlannedRun> {
  return planHeld(context, decideApply(context.options.registry, runInfo(context.options)));
}

/** What would be taken back from the containerVMs, without writing. */
export function planUndoContainers(context: VchContext): Promise<PlannedRun> {
  return planHeld(context, decideUndo(context.options.registry, {run: context.record.run}));
}

async function planHeld(context: VchContext, decide: Decide): Promise<PlannedRun> {
  const {session, found, options} = context;
  return selected(await planRun(session, options, decide, found), options);
}

/** The options of a run that also stops when the lock is lost, and tells the journal what it writes. */
function heldOptions(context: VchContext): RunOptions {
  const {options, lock} = context;
  const signals = options.signal === undefined ? [lock.lost] : [options.signal, lock.lost];
  return {
    ...context.runOptions,
    runId: context.record.run,
    signal: AbortSignal.any(signals),
  };
}

const STOPPING = new Set(['VCH_ERR_DATA_TOO_NEW', 'VCH_ERR_DATA_VERSION_INVALID']);

/** Whether a containerVM in that state must stop the upgrade before the appliance is touched. */
export function stopsUpgrade({status, error}: Pick<VmOutcome, 'status' | 'error'>): boolean {
  return status === 'failed' || (error !== null && STOPPING.has(error.code));
}

/** Throws what a containerVM has against the upgrade; one that VIC can migrate in memory as before has nothing. */
export function assertUpgradable(vms: readonly VmOutcome[]): void {
  const stopping = vms.filter(stopsUpgrade);
  const [first] = stopping;
  if (first === undefined) return;
  const names = stopping
    .slice(0, 5)
    .map(({displayName, id}) => `${displayName} (${id})`)
    .join(', ');
  const more = stopping.length > 5 ? ` and ${stopping.length - 5} more` : '';
  throw new VchError(
    first.error?.code ?? 'VCH_ERR_PLUGIN_FAILED',
    `${stopping.length} containerVMs stop the upgrade: ${names}${more}; the first because ${first.error?.message ?? 'it failed'}. ` +
      'The appliance was not touched; see vch-migrate plan',
  );
}
