import {assertFree, watchOwner} from '../appliance/lease.js';
import {UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import {VchError} from '../errors.js';
import {BUILD_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import {textOf} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {dataVersionOf} from '../migration/data-version.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {planContainers} from './containers.js';
import {agreed, outcomeOf, type UpgradeOutcome} from './outcome.js';
import {ensureRemoved, findSnapshot} from './own-snapshot.js';
import type {UpgradeRecord} from './record.js';
import {
  CHECK,
  isRollingBack,
  reached,
  recordOn,
  resumePoint,
  STEPS,
  type Step,
  showStep,
  stepsFrom,
} from './steps.js';
import {takeLock} from './take-lock.js';
import {pluginsOf, runUpgrade} from './upgrade.js';
import {planOnRecord} from './upgrade-appliance.js';
import {type LockedVch, openVch, type VchOptions, type VchTarget} from './vch-target.js';

/** Resumes an upgrade that was stopped, from the step on record. */
export async function resumeVch(session: Session, options: VchOptions): Promise<UpgradeOutcome> {
  const target = await openVch(session, options);
  const {dead, record, appliance, ...known} = await untilStopped(options.signal, () => prepare(target));
  const planned = outcomeOf(target, {...known, record, appliance, result: 'planned'});
  return agreed(options, planned, async () => {
    const locked = await takeLock(target, dead, async (found) => {
      const now = unfinished(target.label, recordOn(found.config, target.label));
      if (now.run !== record.run) throw nothingToResume(target.label, now);
      assertSameBuild(target, now, found);
      return now;
    });
    return runUpgrade(locked, stepsToGo, known);
  });
}

async function prepare(target: VchTarget) {
  const {writer, options, label} = target;
  showStep(options, CHECK);
  const {config} = await writer.read();
  if ((config[UPGRADE_RECORD_KEY] ?? '') === '') assertFree(UPGRADE_LOCK, config, label);
  unfinished(label, recordOn(config, label));
  const {over: dead, appliance} = await watchOwner(writer, UPGRADE_LOCK, options);
  const record = unfinished(label, recordOn(appliance.config, label));
  assertSamePlugins(target, record);
  assertSameBuild(target, record, appliance);
  await assertNoRevert(target, record, appliance);
  const plan = await planOnRecord(target, appliance, record);
  const {outcome} = await planContainers(target);
  return {dead, record, appliance, plan, containers: outcome, checks: []};
}

/** The steps that are left. If a new snapshot will be taken, the old one is removed. */
async function stepsToGo(locked: LockedVch): Promise<readonly Step[]> {
  const {record, writer, lock} = locked;
  const snapshot = await findSnapshot(locked, record);
  const {powerState} = await writer.read();
  if (powerState === 'poweredOff') locked.outage?.off();
  const isOff = powerState !== record.powerState;
  const next = resumePoint(record.phase, {isOff, hasSnapshot: snapshot !== null});
  if (reached(record.phase, 'snapshot') && !reached(next, 'snapshot')) {
    if (snapshot !== null) await ensureRemoved(locked, snapshot.ref);
    lock.amend({snapshot: null, touched: false});
  }
  const mayFail = reached(record.phase, 'appliance') && !reached(record.phase, 'drop-previous-snapshot');
  if (mayFail && snapshot === null)
    locked.addFinding(
      'no-way-back',
      `the snapshot of ${locked.label} is gone: if the upgrade fails, it cannot be rolled back`,
    );
  return stepsFrom(STEPS, next);
}

/** Refuses to resume if another tool has upgraded the VCH since: its version may be newer than this upgrade's. */
function assertSameBuild({label}: VchTarget, record: UpgradeRecord, appliance: Appliance): void {
  const build = textOf(appliance.config, BUILD_KEY.appliance);
  const written = reached(record.phase, 'appliance');
  const ours = [record.from.build, ...(written && record.to !== null ? [record.to.build] : [])];
  const version = dataVersionOf(appliance.config, 'appliance') ?? 0;
  if (ours.includes(build) && (written || version === record.from.dataVersion)) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `${label} has changed since its upgrade, run ${record.run}, began: its build is ${build ?? 'unknown'} and its data version ${version}. vic-machine may have upgraded it. ` +
      'Nothing was written. Undo what this upgrade left with vch-migrate rollback; it keeps the present version',
  );
}

/** A revert restores the record of the time of the snapshot: only the power state shows that one happened. */
async function assertNoRevert(
  target: VchTarget,
  record: UpgradeRecord,
  {powerState}: Appliance,
): Promise<void> {
  if (record.phase !== 'snapshot' || powerState === record.powerState) return;
  if ((await findSnapshot(target, record)) === null) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the upgrade of ${target.label}, run ${record.run}, was being rolled back: its appliance is ${powerState}, as after a revert. Nothing was written. Continue with vch-migrate rollback`,
  );
}

function assertSamePlugins({options, label}: VchTarget, record: UpgradeRecord): void {
  const now = pluginsOf(options.registry);
  if (now.join() === record.plugins.join()) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `${record.tool} began the upgrade of ${label} with the plugins ${record.plugins.join(', ')}, but this release has ${now.join(', ')}. ` +
      'Nothing was written. Resume with the same release and the same --plugins, or undo the upgrade with vch-migrate rollback',
  );
}

function unfinished(label: string, record: UpgradeRecord | null): UpgradeRecord {
  if (record === null || record.phase === 'done') throw nothingToResume(label, record);
  if (!isRollingBack(record.phase)) return record;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the upgrade of ${label}, run ${record.run}, is being rolled back (phase ${record.phase}). Nothing was written. Continue with vch-migrate rollback`,
  );
}

function nothingToResume(label: string, record: UpgradeRecord | null): VchError {
  const why =
    record === null
      ? 'no upgrade is on record'
      : `the last one, run ${record.run}, has phase ${record.phase}`;
  return new VchError(
    'VCH_ERR_CONFLICT',
    `there is no upgrade of ${label} to resume: ${why}. Nothing was written. vch-migrate status shows its state`,
  );
}
