import {isDeepStrictEqual} from 'node:util';
import {assertFree, UPGRADE_LOCK} from '../appliance/lease.js';
import {applyMigration} from '../containers/apply.js';
import type {RunOutcome} from '../containers/outcome.js';
import {toVchError, VchError} from '../errors.js';
import {isStarted, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import {findVch} from '../inventory/find-vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {changesAppliance} from './appliance-plan.js';
import {tellCard} from './card.js';
import {checkFound} from './check.js';
import {type Composing, compose, lookAt} from './compose.js';
import {assertUpgradable, planContainers} from './containers.js';
import {VchContext} from './context.js';
import {tellEvent} from './events.js';
import {type PlannedAppliance, planOnRecord} from './make-record.js';
import type {UpgradeOptions} from './options.js';
import type {UpgradeOutcome} from './outcome.js';
import type {UpgradePhase} from './phase.js';
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
  if (!changesAppliance(planned.plan))
    return before('unchanged', await applyMigration(session, context.runOptions));
  const goOn = await options.confirm?.(before('planned'));
  if (options.signal?.aborted || goOn === false)
    return {...before('not-started'), interrupted: options.signal?.aborted === true};
  const taken = await takeLock(context, planned.record);
  return conduct(context, async () => 'upload', {planned: taken, containers, checks});
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
  assertFree(UPGRADE_LOCK, appliance.config, context.label);
  const planned = await planOnRecord(context, appliance);
  const {outcome} = await planContainers(context);
  const {checks} = await checkFound(session, found, options, outcome);
  // Somebody may have been quicker since the first look: that is no failed check, but another upgrade.
  if (checks.some(({id, status}) => id === 'lock' && status === 'failed')) {
    const {config} = await context.writer.read();
    assertFree(UPGRADE_LOCK, config, context.label);
  }
  if (options.dryRun !== true) assertUpgradable(outcome.vms);
  return {context, planned, containers: outcome, checks};
}

/** Takes the lock on a fresh reading, with what is decided on it. */
async function takeLock(context: VchContext, before: UpgradeRecord): Promise<PlannedAppliance> {
  context.step('lock');
  let planned: PlannedAppliance | undefined;
  const {record} = await context.lock.take(null, async (appliance) => {
    const now = await planOnRecord(context, appliance);
    if (!sameStart(now.record, before)) throw overtaken(context.label, now.record);
    planned = now;
    return now.record;
  });
  context.took(record);
  tellCard(context);
  return planned ?? planOnRecord(context, await context.writer.read());
}

/** Whether the appliance is still what was checked, and what somebody has said yes to. */
function sameStart(now: UpgradeRecord, before: UpgradeRecord): boolean {
  const start = ({previous, from, keys, cdrom, powerState}: UpgradeRecord) => ({
    previous,
    from,
    // An appliance that has just booted says so.
    keys: keys.filter((key) => !isStarted(key)),
    cdrom,
    powerState,
  });
  return isDeepStrictEqual(start(now), start(before));
}

/** Two upgrades at the same time are one upgrade, also when the second one gets the lock after the first one's end. */
function overtaken(label: string, {from}: UpgradeRecord): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `${label} is no longer what was checked, as when another upgrade begins and ends meanwhile: its data version is ${from.dataVersion}, its build ${from.build ?? 'unknown'} by now, or its power or CD-ROM has changed. ` +
      'Nothing was written; see vch-migrate status, then run the same command again',
  );
}

/** Goes through the steps under the lock, from a phase on, and ends in a state that can be told. */
export async function conduct(
  context: VchContext,
  from: () => Promise<UpgradePhase>,
  known: Pick<Composing, 'planned' | 'containers' | 'checks'>,
): Promise<UpgradeOutcome> {
  const progress: Progress = {containers: null};
  const containers = () => progress.containers ?? known.containers;
  try {
    await tellEvent(context, 'upgrade begins');
    await runSteps(context, await from(), progress);
    context.step('unlock');
    await context.lock.release(keysWhenDone(context.record));
    context.amend({phase: 'done'});
    await tellEvent(context, 'upgrade ends: upgraded');
    const live = await lookAt(context);
    return compose(context, {...known, containers: containers(), result: 'upgraded', error: null, live});
  } catch (error) {
    const recovered = await recover(context, toVchError(error));
    await tellEvent(context, `upgrade ends: ${recovered.result}, ${recovered.error.code}`);
    const live = await lookAt(context);
    return compose(context, {...known, containers: containers(), ...recovered, live});
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
