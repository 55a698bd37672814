import {assertFree, UPGRADE_LOCK, watchOwner} from '../appliance/lease.js';
import {runInfo} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import {UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import {findVch} from '../inventory/find-vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {applianceDataVersion, planAppliance} from './appliance-plan.js';
import {compose} from './compose.js';
import {planContainers} from './containers.js';
import {VchContext} from './context.js';
import {destinationOf, pluginsOf, versionText} from './make-record.js';
import type {VchOptions} from './options.js';
import type {UpgradeOutcome} from './outcome.js';
import {ensureRemoved, findSnapshot} from './own-snapshot.js';
import {isRollingBack, reached, type UpgradePhase} from './phase.js';
import {parseRecord, type UpgradeRecord} from './record.js';
import {conduct} from './upgrade.js';

/** Goes on with an upgrade that was stopped, from the phase on record; what is done already is seen, and left. */
export async function resumeVch(session: Session, options: VchOptions): Promise<UpgradeOutcome> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await untilStopped(options.signal, () => findVch(session, options.vch));
  const context = new VchContext(session, found, options);
  const {record, dead, planned, containers} = await untilStopped(options.signal, () => prepare(context));
  const known = {planned, containers, checks: []};
  const goOn = await options.confirm?.(compose(context, {...known, result: 'planned', error: null}));
  if (options.signal?.aborted || goOn === false) {
    const outcome = compose(context, {...known, result: 'not-started', error: null});
    return {...outcome, interrupted: options.signal?.aborted === true};
  }
  context.step('lock');
  const taken = await context.lock.take(dead, async (appliance) => {
    const now = unfinished(context.label, appliance.config[UPGRADE_RECORD_KEY]);
    if (now.run !== record.run) throw nothingToResume(context.label, now);
    assertSameBuild(context, appliance);
    return now;
  });
  context.took(taken.record);
  return conduct(context, () => startOf(context), known);
}

async function prepare(context: VchContext) {
  const {writer, vch, options, label} = context;
  context.step('check');
  const appliance = await writer.read();
  if ((appliance.config[UPGRADE_RECORD_KEY] ?? '') === '') assertFree(UPGRADE_LOCK, appliance.config, label);
  const record = unfinished(label, appliance.config[UPGRADE_RECORD_KEY]);
  const {over: dead} = await watchOwner(writer, UPGRADE_LOCK, options);
  context.took(record);
  assertSamePlugins(context);
  assertSameBuild(context, appliance);
  await assertNoRevert(context, appliance);
  const run = runInfo({...options, runId: record.run, changeId: record.changeId ?? undefined});
  const plan = await planAppliance(options.registry, vch, appliance, destinationOf(record), run);
  const {outcome} = await planContainers(context);
  return {record, dead, planned: {appliance, plan}, containers: outcome};
}

/**
 * Where to go on. While the appliance is up its containerVMs are looked at again, for some may have come since, and its
 * snapshot is taken again, for it may be days old; once it is off, everything from its power-off on is gone through
 * again, for somebody may have powered it on.
 */
async function startOf(context: VchContext): Promise<UpgradePhase> {
  const {record, writer} = context;
  const snapshot = await findSnapshot(context, record);
  switch (record.phase) {
    case 'snapshot':
    case 'power-off': {
      const isOff = (await writer.read()).powerState !== record.powerState;
      if (isOff && snapshot !== null) return 'power-off';
      if (snapshot !== null) await ensureRemoved(context, snapshot.ref);
      context.amend({snapshot: null, touched: false});
      return 'containers';
    }
    case 'appliance':
    case 'power-on':
    case 'ready':
    case 'verify':
      if (snapshot === null)
        context.find(
          'no-way-back',
          `the snapshot of ${context.label} is gone: if going on fails, it cannot be put back`,
        );
      return record.phase === 'appliance' ? 'power-off' : 'power-on';
    default:
      return record.phase;
  }
}

/** What somebody else has upgraded meanwhile is not ours to go on with, and may be newer than where we were going. */
function assertSameBuild({record, label}: VchContext, appliance: Appliance): void {
  const build = versionText(appliance, 'BuildNumber');
  const ours =
    reached(record.phase, 'appliance') && record.to !== null
      ? [record.from.build, record.to.build]
      : [record.from.build];
  const version = applianceDataVersion(appliance);
  const known = reached(record.phase, 'appliance') || version === record.from.dataVersion;
  if (ours.includes(build) && known) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `${label} is no longer what its upgrade, run ${record.run}, began with: its build is ${build ?? 'unknown'} and its data version ${version}, as when vic-machine has upgraded it meanwhile. ` +
      'Nothing was written; take what is left of ours back with vch-migrate rollback, which leaves that version alone',
  );
}

/** A revert brings back the record of the time of the snapshot: nothing but the power tells that there was one. */
async function assertNoRevert(context: VchContext, {powerState}: Appliance): Promise<void> {
  const {record, label} = context;
  if (record.phase !== 'snapshot' || powerState === record.powerState) return;
  if ((await findSnapshot(context, record)) === null) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the upgrade of ${label}, run ${record.run}, was being taken back: its appliance is ${powerState}, as after a revert. Nothing was written; go on with that with vch-migrate rollback`,
  );
}

function assertSamePlugins({record, options, label}: VchContext): void {
  const now = pluginsOf(options.registry);
  if (now.join() === record.plugins.join()) return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the upgrade of ${label} was begun by ${record.tool} with the plugins ${record.plugins.join(', ')}, and here there are ${now.join(', ')}. ` +
      'Nothing was written; go on with the same release and the same --plugins, or take it back with vch-migrate rollback',
  );
}

function unfinished(label: string, raw: string | undefined): UpgradeRecord {
  const record = parseRecord(raw, label);
  if (record === null || record.phase === 'done') throw nothingToResume(label, record);
  if (!isRollingBack(record.phase)) return record;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `the upgrade of ${label}, run ${record.run}, is being taken back (phase ${record.phase}). Nothing was written; go on with that with vch-migrate rollback`,
  );
}

function nothingToResume(label: string, record: UpgradeRecord | null): VchError {
  const why =
    record === null
      ? 'no upgrade of it is on record'
      : `the last one, run ${record.run}, has phase ${record.phase}`;
  return new VchError(
    'VCH_ERR_CONFLICT',
    `there is no upgrade of ${label} to go on with: ${why}. Nothing was written; vch-migrate status shows where it stands`,
  );
}
