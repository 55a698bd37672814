import {isDeepStrictEqual} from 'node:util';
import {assertFree} from '../appliance/lease.js';
import {heldLabel, UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import {applyMigration} from '../containers/apply.js';
import type {RunOutcome} from '../containers/outcome.js';
import {runInfo} from '../containers/run-options.js';
import {toVchError, VchError} from '../errors.js';
import {
  APPLIANCE_VERSION_KEY,
  BUILD_KEY,
  isStarted,
  LEDGER_KEY,
  UPDATE_IN_PROGRESS_KEY,
  UPGRADE_RECORD_KEY,
} from '../extraconfig/keys.js';
import {textOf} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {canonicalJson} from '../migration/canonical-json.js';
import {dataVersionOf} from '../migration/data-version.js';
import {pluginId} from '../migration/plugin.js';
import type {PluginRegistry} from '../migration/registry.js';
import {untilStopped} from '../stopping.js';
import {isOutage, isSilence} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {runChecks} from './check.js';
import {assertUpgradable, newerContainers, planContainers, runOptions} from './containers.js';
import {isoRecords, targetVersion} from './iso-files.js';
import {
  agreed,
  type Ending,
  lookAt,
  notStarted,
  outcomeOf,
  tellAbout,
  type UpgradeOutcome,
} from './outcome.js';
import {keysAsBefore, looksBack} from './put-back.js';
import type {UpgradeRecord} from './record.js';
import {runSteps} from './run-steps.js';
import {CHECK, mayBeDown, ROLLBACK_STEPS, recordOn, STEPS, type Step, showStep} from './steps.js';
import {takeLock} from './take-lock.js';
import {
  type AppliancePlan,
  allChanges,
  changesAppliance,
  planAppliance,
  planOnRecord,
} from './upgrade-appliance.js';
import {type LockedVch, logEvent, openVch, type UpgradeOptions, type VchTarget} from './vch-target.js';

/**
 * Upgrades a VCH: checks, takes the lock, migrates the containerVMs while the VCH is up, and then the appliance, behind
 * a snapshot to which it reverts by itself if a step fails. Rejects only before anything was written; every later failure
 * is in the outcome.
 */
export async function upgradeVch(session: Session, options: UpgradeOptions): Promise<UpgradeOutcome> {
  assertIsos(options);
  const target = await openVch(session, options);
  const {record, containers, ...known} = await untilStopped(options.signal, () => prepare(target));
  const before = (result: 'planned' | 'unchanged', vms: RunOutcome) =>
    outcomeOf(target, {...known, containers: vms, result, planned: record});
  const planned = before('planned', containers);
  if (known.checks.some(({status}) => status === 'failed')) return notStarted(planned);
  if (options.dryRun === true) return planned;
  if (!changesAppliance(known.plan))
    return before('unchanged', await applyMigration(session, runOptions(target)));
  return agreed(options, planned, async () => {
    const locked = await takeLock(target, null, async (found) => {
      const now = await planUpgrade(target, found);
      if (!sameStart(now.record, record)) throw overtaken(target.label, now.record);
      return now.record;
    });
    const {lock} = locked;
    const plan = await planOnRecord(locked, lock.found, lock.body).catch(async (error: unknown) => {
      await lock.undo();
      throw error;
    });
    return runUpgrade(locked, async () => STEPS, {plan, containers, checks: known.checks});
  });
}

/** Without its ISO files, an upgrade would stamp the new data version on a VCH that keeps running its old version. */
function assertIsos({applianceIso, bootstrapIso, dataOnly}: UpgradeOptions): void {
  const given = [applianceIso, bootstrapIso].filter((iso) => iso !== undefined).length;
  if (given === (dataOnly === true ? 0 : 2)) return;
  throw new VchError(
    'VCH_ERR_USAGE',
    'an upgrade takes both ISO files of a version (applianceIso and bootstrapIso), or changes the data alone (dataOnly: true), and not both. ' +
      'Nothing was written; call it again with one or the other',
  );
}

/** What was planned and checked before the lock was taken. */
type Known = Required<Pick<Ending, 'plan' | 'containers' | 'checks'>>;

/** Reads everything that can be known beforehand. Writes nothing. */
async function prepare(
  target: VchTarget<UpgradeOptions>,
): Promise<Known & {readonly appliance: Appliance; readonly record: UpgradeRecord}> {
  const {session, found, options, writer, label} = target;
  showStep(options, CHECK);
  const appliance = await writer.read();
  assertFree(UPGRADE_LOCK, appliance.config, heldLabel(label, appliance.powerState));
  const {plan, record} = await planUpgrade(target, appliance);
  const {outcome} = await planContainers(target);
  const checks = await runChecks(session, found, options, outcome);
  // Another upgrade may have begun since the first look: that is no failed check.
  if (checks.some(({id, status}) => id === 'lock' && status === 'failed')) {
    const {config} = await writer.read();
    assertFree(UPGRADE_LOCK, config, label);
  }
  if (options.dryRun !== true) assertUpgradable(outcome.vms);
  return {appliance, plan, record, containers: outcome, checks};
}

/** Plans the appliance on one reading, and makes its rollback record. Rejects if the upgrade is not possible. */
async function planUpgrade(
  target: VchTarget,
  appliance: Appliance,
): Promise<{readonly plan: AppliancePlan; readonly record: UpgradeRecord}> {
  const {vch, options, label} = target;
  const last = recordOn(appliance.config, label);
  if (last !== null && last.phase !== 'done') {
    const {run, user, startedAt, phase} = last;
    throw new VchError(
      'VCH_ERR_LOCKED',
      `an earlier upgrade of ${label} is unfinished: run ${run} by ${user}, begun ${startedAt}, phase ${phase}. Nothing was written. ` +
        'Continue it with vch-migrate resume, or undo it with vch-migrate rollback',
    );
  }
  const isos = isoRecords(target, appliance);
  const to = targetVersion(options.applianceIso);
  const plan = await planAppliance(options.registry, vch, appliance, {to, isos}, runInfo(options));
  const from = {
    // One that is not a number was refused with the plan.
    dataVersion: dataVersionOf(appliance.config, 'appliance') ?? 0,
    build: textOf(appliance.config, BUILD_KEY.appliance),
    version: textOf(appliance.config, APPLIANCE_VERSION_KEY),
  };
  const drive = appliance.cdroms.find(({key}) => key === plan.cdrom?.key) ?? null;
  const {newer} = await newerContainers(target, {from, newerBefore: []});
  const record: UpgradeRecord = {
    schema: 1,
    run: options.runId,
    changeId: options.changeId ?? null,
    user: options.user,
    tool: `vch-migrate ${options.toolVersion}`,
    startedAt: new Date().toISOString(),
    phase: 'locked',
    touched: false,
    snapshot: null,
    powerState: appliance.powerState === 'poweredOff' ? 'poweredOff' : 'poweredOn',
    updateInProgress: appliance.config[UPDATE_IN_PROGRESS_KEY] ?? null,
    from,
    to,
    plugins: pluginsOf(options.registry),
    keys: allChanges(plan)
      .map(({key}) => key)
      .sort(),
    cdrom: drive && {key: drive.key, before: drive.fileName},
    isos,
    previousSnapshot: last?.snapshot ?? null,
    ledgerBefore: appliance.config[LEDGER_KEY] !== undefined,
    previous: last === null ? null : (appliance.config[UPGRADE_RECORD_KEY] ?? null),
    newerBefore: newer.map(({id}) => id).sort(),
  };
  return {plan, record};
}

/** The plugins that write, as a record names them. */
export function pluginsOf(registry: PluginRegistry): readonly string[] {
  return [...registry.persisted('appliance'), ...registry.persisted('container')].map(
    (plugin) => `${pluginId(plugin)} revision ${plugin.revision}`,
  );
}

/** Whether the appliance is still what was checked, and what the user has agreed to. */
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

/** Of two upgrades at the same time, the second ends here if it gets the lock after the first has finished. */
function overtaken(label: string, {from}: UpgradeRecord): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `${label} has changed since it was checked: its data version is now ${from.dataVersion}, its build ${from.build ?? 'unknown'}, or its power state or CD-ROM differs. Another upgrade may have run. ` +
      'Nothing was written. Look at vch-migrate status, then run the same command again',
  );
}

/** Runs the selected steps of an upgrade under the lock. When one fails, the appliance is put back where that is right. */
export async function runUpgrade(
  locked: LockedVch,
  select: (locked: LockedVch) => Promise<readonly Step[]>,
  known: Known,
): Promise<UpgradeOutcome> {
  tellAbout(locked, known.containers);
  await logEvent(locked, 'upgrade begins');
  const {containers, error} = await runSteps(locked, select, known.containers, keysWhenDone);
  const ended: Ended =
    error === null ? {result: 'upgraded', error} : await recover(locked, error, containers);
  await logEvent(
    locked,
    `upgrade ends: ${ended.result}${ended.error === null ? '' : `, ${ended.error.code}`}`,
  );
  const appliance = await lookAt(locked);
  if (ended.result === 'resumable') reportDown(locked, appliance);
  return outcomeOf(locked, {
    ...known,
    containers,
    ...ended,
    record: ended.result === 'upgraded' ? {...locked.record, phase: 'done'} : locked.record,
    lockId: locked.lock.id,
    appliance,
    outage: locked.outage,
  });
}

/** Reports a VCH that was left off. What its last step was only counts if it cannot be seen. */
function reportDown(locked: LockedVch, appliance: Appliance | null): void {
  const {record, label} = locked;
  const isDown = appliance === null ? mayBeDown(record) : appliance.powerState !== record.powerState;
  if (!isDown || record.powerState !== 'poweredOn') return;
  locked.addFinding(
    'vch-down',
    appliance === null
      ? `${label} may be powered off, as vCenter stopped answering in the middle: as soon as it answers, run vch-migrate resume or vch-migrate rollback`
      : `${label} is ${appliance.powerState ?? 'in an unknown power state'}: run vch-migrate resume or vch-migrate rollback`,
  );
}

/** The record stays: a later rollback needs it. vic-machine leaves its flag as `false`, too. */
function keysWhenDone(record: UpgradeRecord): Readonly<Record<string, string | null>> {
  return {
    [UPGRADE_RECORD_KEY]: canonicalJson({...record, phase: 'done', previous: null}),
    [UPDATE_IN_PROGRESS_KEY]: 'false',
  };
}

type Ended = Required<Pick<Ending, 'result' | 'error'>>;

/** Brings the VCH into a known state after an upgrade has failed. */
async function recover(locked: LockedVch, failure: VchError, containers: RunOutcome): Promise<Ended> {
  if (failure.code === 'VCH_ERR_LOCK_LOST') return lost(locked, failure);
  // In the last step the upgrade is done and verified; only lock and record are left. And while vCenter does not answer,
  // nothing can be reverted.
  if (
    failure.code === 'VCH_ERR_INTERRUPTED' ||
    locked.record.phase === 'drop-previous-snapshot' ||
    isSilence(locked.session, failure) ||
    // The appliance is unchanged, so the rest can be done later.
    (isOutage(failure) && !locked.record.touched)
  ) {
    await locked.lock.stop();
    return {result: 'resumable', error: failure};
  }
  return rollBack(locked, failure, containers);
}

/** Rolls the appliance back and releases the lock. The containerVMs keep their new keys, which no older VCH reads. */
async function rollBack(locked: LockedVch, failure: VchError, containers: RunOutcome): Promise<Ended> {
  const {options, label, lock} = locked;
  options.log.error(`the upgrade of ${label} failed and is rolled back: ${failure.message}`);
  const withoutContainers = async () => ROLLBACK_STEPS.filter(({name}) => name !== 'rollback-containers');
  const {error} = await runSteps(locked, withoutContainers, containers, keysAsBefore);
  if (error === null) return {result: 'as-before', error: failure};
  // In that step, only the cleanup is left.
  const back = locked.record.phase === 'rollback-cleanup' || (await looksBack(locked));
  await lock.stop();
  // The appliance is as before; only lock and record are left.
  if (back) return {result: 'resumable', error: withSecond(failure, failure.code, error)};
  return {result: 'needs-person', error: withSecond(failure, 'VCH_ERR_ROLLBACK_FAILED', error)};
}

/** Another process may be changing the appliance, so nothing is reverted. */
async function lost({lock, record, writer}: LockedVch, failure: VchError): Promise<Ended> {
  await lock.stop();
  if (!record.touched) return {result: 'resumable', error: failure};
  try {
    const {powerState} = await writer.read();
    return {result: powerState === record.powerState ? 'resumable' : 'needs-person', error: failure};
  } catch (error) {
    return {result: 'needs-person', error: withSecond(failure, failure.code, toVchError(error))};
  }
}

function withSecond(failure: VchError, code: VchError['code'], second: VchError): VchError {
  const rollback =
    second.code === 'VCH_ERR_ROLLBACK_FAILED' ? second.message : `rolling it back failed: ${second.message}`;
  return new VchError(code, `${failure.message}. And ${rollback}`, {cause: failure, fault: failure.fault});
}
