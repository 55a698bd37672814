import {toVchError, VchError} from '../../errors.js';
import {findVch} from '../../inventory/find-vch.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../../inventory/keys.js';
import {lockState} from '../../inventory/lock-state.js';
import {untilStopped} from '../../stopping.js';
import type {Session} from '../../vim25/session.js';
import {assertUnlocked} from '../assert-unlocked.js';
import {applyMigration} from '../migration-run.js';
import type {RunOutcome} from '../outcome.js';
import {changesAppliance} from './appliance-plan.js';
import {rollbackCard} from './card.js';
import {checkFound} from './check.js';
import {type Composing, compose} from './compose.js';
import {assertUpgradable, planContainers} from './containers.js';
import {VchContext} from './context.js';
import {tellEvent} from './events.js';
import {refuseHeld} from './liveness.js';
import {type PlannedAppliance, planOnRecord} from './make-record.js';
import type {UpgradeOptions} from './options.js';
import type {UpgradeOutcome} from './outcome.js';
import type {UpgradePhase} from './phase.js';
import {keysAsBefore} from './put-back.js';
import {encodeRecord, type UpgradeRecord} from './record.js';
import {recover} from './recover.js';
import {type Progress, runSteps} from './steps.js';

/**
 * Upgrades a VCH: checks, takes the lock, migrates the containerVMs while the VCH is up, and then the appliance, behind
 * a snapshot to which it goes back by itself when something fails. Rejects with what was found before anything was
 * written; everything later is in the outcome.
 */
export async function upgradeVch(session: Session, options: UpgradeOptions): Promise<UpgradeOutcome> {
  const prepared = await untilStopped(options.signal, () => prepare(session, options));
  const {context, planned, containers, checks} = prepared;
  const before = (result: 'planned' | 'not-started' | 'unchanged', outcome: RunOutcome = containers) =>
    compose(context, {planned, containers: outcome, checks, result, error: null});
  if (checks.some(({status}) => status === 'failed')) return before('not-started');
  if (options.dryRun === true) return before('planned');
  if (!changesAppliance(planned.plan)) return before('unchanged', await applyMigration(session, options));
  const goOn = await options.confirm?.(before('planned'));
  if (options.signal?.aborted || goOn === false)
    return {...before('not-started'), interrupted: options.signal?.aborted === true};
  const taken = await takeLock(context, planned.record);
  return conduct(context, 'upload', {planned: taken, containers, checks});
}

interface Prepared {
  readonly context: VchContext;
  readonly planned: PlannedAppliance;
  readonly containers: RunOutcome;
  readonly checks: UpgradeOutcome['checks'];
}

/** Everything that can be known before: it reads, and writes nothing. */
async function prepare(session: Session, options: UpgradeOptions): Promise<Prepared> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  const context = new VchContext(session, found, options);
  context.step('check');
  const appliance = await context.writer.read();
  refuseHeld(context.writer, appliance.config[LOCK_KEY]);
  assertUnlocked(found.vch, lockState(appliance.config));
  const planned = await planOnRecord(context, appliance);
  const {checks} = await checkFound(session, found, options);
  // Somebody may have taken it since the first look.
  const held = checks.find(({id, status}) => id === 'lock' && status === 'failed');
  if (held !== undefined) throw new VchError('VCH_ERR_LOCKED', `${held.message}. Nothing was written`);
  const {outcome} = await planContainers(context);
  if (options.dryRun !== true) assertUpgradable(outcome.vms);
  return {context, planned, containers: outcome, checks};
}

/** Takes the lock on a fresh reading, with what is decided on it. */
async function takeLock(context: VchContext, before: UpgradeRecord): Promise<PlannedAppliance> {
  context.step('lock');
  let planned: PlannedAppliance | undefined;
  try {
    const {record} = await context.lock.take(null, async (appliance) => {
      const now = await planOnRecord(context, appliance);
      if (now.record.previous !== before.previous) throw overtaken(context.label, now.record);
      planned = now;
      return now.record;
    });
    context.took(record);
  } catch (error) {
    // An answer may have been lost, and the lock be there all the same.
    if (planned !== undefined) await context.lock.abandon(keysAsBefore({record: planned.record}));
    throw error;
  }
  const {record} = context;
  for (const line of rollbackCard(context.vch, record)) context.options.log.info(line);
  return planned ?? planOnRecord(context, await context.writer.read());
}

/** Two upgrades at the same time are one upgrade, also when the second one gets the lock after the first one's end. */
function overtaken(label: string, {from}: UpgradeRecord): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `another upgrade of ${label} began and ended while this one was getting ready: its data version is ${from.dataVersion} by now. ` +
      'Nothing was written; see vch-migrate status',
  );
}

/** Goes through the steps under the lock, from that phase on, and ends in a state that can be told. */
export async function conduct(
  context: VchContext,
  from: UpgradePhase,
  known: Pick<Composing, 'planned' | 'containers' | 'checks'>,
): Promise<UpgradeOutcome> {
  const progress: Progress = {containers: null};
  const containers = () => progress.containers ?? known.containers;
  try {
    await tellEvent(context, 'upgrade begins');
    await runSteps(context, from, progress);
    context.step('unlock');
    await context.lock.release(keysWhenDone(context.record));
    context.amend({phase: 'done'});
    await tellEvent(context, 'upgrade ends: upgraded');
    return compose(context, {...known, containers: containers(), result: 'upgraded', error: null});
  } catch (error) {
    const recovered = await recover(context, toVchError(error));
    await tellEvent(context, `upgrade ends: ${recovered.result}, ${recovered.error.code}`);
    return compose(context, {...known, containers: containers(), ...recovered});
  } finally {
    context.lock.close();
  }
}

/** The record stays: a later rollback needs it. vic-machine leaves its flag as `false`, too. */
function keysWhenDone(record: UpgradeRecord): Readonly<Record<string, string | null>> {
  return {
    [UPGRADE_RECORD_KEY]: encodeRecord({...record, phase: 'done', previous: null}),
    [UPDATE_IN_PROGRESS_KEY]: 'false',
  };
}
