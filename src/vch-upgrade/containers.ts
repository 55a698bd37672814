import {writeRun} from '../containers/apply.js';
import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {type Decide, decideApply, type PlannedRun, planRun, selected} from '../containers/plan.js';
import {type RunOptions, runInfo} from '../containers/run-options.js';
import {decideUndo} from '../containers/undo.js';
import {VchError} from '../errors.js';
import type {VchContext, VchTarget} from './context.js';
import type {VchOptions} from './options.js';
import type {UpgradeRecord} from './record.js';

/** Runs the container plugins under our own lock. Rejects where one VM's trouble must stop the upgrade. */
export async function migrateContainers(context: VchContext): Promise<RunOutcome> {
  const options = heldOptions(context);
  const run = await planRead(context, decideApply(options.registry, runInfo(options)), options);
  assertUpgradable(run.outcome.vms);
  return writeRun(context.session, run, options, async () => null);
}

/** Takes back what the upgrade on record wrote to the containerVMs, whole VMs or not at all. */
export async function undoContainers(context: VchContext): Promise<RunOutcome> {
  const options = heldOptions(context);
  const run = await planUndoContainers(context, context.record);
  return writeRun(context.session, run, options, async () => null);
}

/** What the containerVMs are to become, without writing. */
export function planContainers(target: VchTarget): Promise<PlannedRun> {
  return planRead(target, decideApply(target.options.registry, runInfo(target.options)), target.options);
}

/** What would be taken back from the containerVMs, without writing. */
export function planUndoContainers(target: VchTarget, {run}: UpgradeRecord): Promise<PlannedRun> {
  const {registry, reported} = target.options;
  // What an upgrade wrote is taken back as a whole.
  return planRead(target, decideUndo(registry, {run}), {reported});
}

async function planRead(
  {session, found, options}: VchTarget,
  decide: Decide,
  narrowing: Pick<VchOptions, 'select' | 'reported'>,
): Promise<PlannedRun> {
  return selected(await planRun(session, options, decide, found), narrowing);
}

/** The options of a run over the containerVMs: the journal hears what it writes. */
export function runOptions({options, note}: VchTarget): VchOptions {
  return {
    ...options,
    onWrite: (id, keys) => note({effect: 'ReconfigVM_Task', object: id, detail: keys.join(', ')}),
  };
}

/** The same for a run that also stops when the lock is lost. */
function heldOptions(context: VchContext): RunOptions {
  const {options, lock} = context;
  const signals = options.signal === undefined ? [lock.lost] : [options.signal, lock.lost];
  return {
    ...runOptions(context),
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
