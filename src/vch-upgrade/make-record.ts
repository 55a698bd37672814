import {runInfo} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import {
  APPLIANCE_VERSION_KEY,
  BUILD_KEY,
  LEDGER_KEY,
  UPDATE_IN_PROGRESS_KEY,
  UPGRADE_RECORD_KEY,
} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {pluginId} from '../migration/plugin.js';
import type {PluginRegistry} from '../migration/registry.js';
import {type AppliancePlan, planAppliance} from './appliance-plan.js';
import {destinationOf} from './appliance-step.js';
import type {VchTarget} from './context.js';
import {isoRecords, targetVersion} from './iso-files.js';
import {newerContainers} from './newer-containers.js';
import type {UpgradeRecord} from './record.js';
import {recordOn} from './steps.js';

/** Plans the appliance on one reading, and makes the rollback record for it. Rejects with what speaks against it. */
export async function planUpgrade(
  target: VchTarget,
  appliance: Appliance,
): Promise<{readonly plan: AppliancePlan; readonly record: UpgradeRecord}> {
  const {vch, options, label} = target;
  const last = recordOn(appliance.config, label);
  if (last !== null && last.phase !== 'done') throw unfinished(label, last);
  const isos = isoRecords(vch, appliance, {appliance: options.applianceIso, bootstrap: options.bootstrapIso});
  const to = targetVersion(options.applianceIso);
  const destination = destinationOf({isos, to});
  const plan = await planAppliance(options.registry, vch, appliance, destination, runInfo(options));
  const changes = plan.stamp === null ? plan.changes : [...plan.changes, plan.stamp];
  const from = {
    dataVersion: plan.dataVersion,
    build: versionText(appliance, 'BuildNumber'),
    version: versionText(appliance, 'Version'),
  };
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
    keys: changes.map(({key}) => key).sort(),
    cdrom: plan.cdrom === null ? null : {key: plan.cdrom.key, before: driveOf(appliance, plan.cdrom.key)},
    isos,
    previousSnapshot: last?.snapshot ?? null,
    ledgerBefore: appliance.config[LEDGER_KEY] !== undefined,
    previous: last === null ? null : (appliance.config[UPGRADE_RECORD_KEY] ?? null),
    newerBefore: (await newerContainers(target, from)).newer.map(({id}) => id).sort(),
  };
  return {plan, record};
}

/** The plugins that write, as a record names them. */
export function pluginsOf(registry: PluginRegistry): readonly string[] {
  return [...registry.persisted('appliance'), ...registry.persisted('container')].map(
    (plugin) => `${pluginId(plugin)} revision ${plugin.revision}`,
  );
}

function driveOf({cdroms}: Appliance, key: number): string | null {
  return cdroms.find((drive) => drive.key === key)?.fileName ?? null;
}

/** One part of the version that an appliance's keys tell; `null` where it is absent or empty. */
export function versionText(
  {config}: Pick<Appliance, 'config'>,
  name: 'BuildNumber' | 'Version',
): string | null {
  const value = decodeValue(config[name === 'Version' ? APPLIANCE_VERSION_KEY : BUILD_KEY.appliance] ?? '');
  return value === '' ? null : value;
}

function unfinished(label: string, {run, user, startedAt, phase}: UpgradeRecord): VchError {
  return new VchError(
    'VCH_ERR_LOCKED',
    `an earlier upgrade of ${label} was not finished: run ${run} by ${user}, begun ${startedAt}, phase ${phase}. Nothing was written; ` +
      'go on with it with vch-migrate resume, or take it back with rollback',
  );
}
