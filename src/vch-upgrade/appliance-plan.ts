import {VchError} from '../errors.js';
import {type Change, rawOf} from '../extraconfig/extra-config.js';
import {
  APPLIANCE_BUILD_DATE_KEY,
  APPLIANCE_COMMIT_KEY,
  APPLIANCE_STATE_KEY,
  APPLIANCE_VERSION_KEY,
  activeKey,
  BOOTSTRAP_KEY,
  BUILD_KEY,
  DATA_VERSION_KEY,
  isStarted,
  SESSIONS_KEY,
  startedKey,
} from '../extraconfig/keys.js';
import {decodeValue, encodeValue, listEntries, NIL} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import type {Vch} from '../inventory/vch.js';
import {APPLIANCE_STAMP, dataVersionOf} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {planVm, type RunInfo} from '../migration/plan.js';
import type {PluginRegistry} from '../migration/registry.js';
import {refString} from '../vim25/managed-object.js';
import type {CdromChange} from '../vim25/virtual-machine.js';
import type {TargetVersion} from './record.js';

/** Where an upgrade leads the appliance to, besides what plugins do. */
export interface Destination {
  readonly to: TargetVersion | null;
  /** `[datastore1] vch1/v1.5.6-….iso`; `null` where that ISO stays as it is. */
  readonly applianceIso: string | null;
  readonly bootstrapIso: string | null;
}

/** What an upgrade does to the appliance, decided on one reading of it. */
export interface AppliancePlan {
  readonly dataVersion: number;
  /** Ids of the plugins that change something. */
  readonly applied: readonly string[];
  /** Sorted by key, all but the ledger and the data version. */
  readonly changes: readonly Change[];
  readonly ledger: Change | null;
  /** The data version's own change, which is written last; `null` where it stands at 10. */
  readonly stamp: Change | null;
  readonly cdrom: CdromChange | null;
  readonly findings: readonly Finding[];
}

/** Whether the appliance has to be powered off for anything at all. */
export function changesAppliance({changes, stamp, cdrom}: AppliancePlan): boolean {
  // A start that is noted is no reason for one.
  return stamp !== null || cdrom !== null || changes.some(({key}) => !isStarted(key));
}

/** Plans the appliance; rejects with the reason why it may not be upgraded. */
export async function planAppliance(
  registry: PluginRegistry,
  vch: Vch,
  appliance: Appliance,
  destination: Destination,
  run: RunInfo,
): Promise<AppliancePlan> {
  const {config, instanceUuid} = appliance;
  const plan = await planVm(
    registry,
    {target: 'appliance', id: refString(vch.ref), instanceUuid, config},
    run,
    {mayBeBrief: true},
  );
  if (plan.status !== 'pending' && plan.status !== 'unchanged') throw plan.error;
  const own = plan.status === 'pending' ? plan.changes : [];
  const wanted = {...versionKeys(destination, appliance), ...sessionKeys(appliance)};
  const others = Object.entries(wanted).flatMap(([key, after]): Change[] => {
    const before = rawOf(config, key);
    return before === after ? [] : [{key, before, after}];
  });
  const stampKey = DATA_VERSION_KEY.appliance;
  const stamp = {key: stampKey, before: config[stampKey] ?? null, after: String(APPLIANCE_STAMP)};
  return {
    dataVersion: plan.dataVersion,
    applied: plan.status === 'pending' ? plan.applied : [],
    changes: [...own, ...others].sort((a, b) => (a.key < b.key ? -1 : 1)),
    ledger: plan.status === 'pending' ? plan.ledger : null,
    stamp: stamp.before === stamp.after ? null : stamp,
    cdrom: destination.applianceIso === null ? null : cdromChange(vch, appliance, destination.applianceIso),
    findings: plan.findings,
  };
}

/** The version keys as vic-machine writes them; none without an ISO, because only an ISO tells a version. */
function versionKeys({to, bootstrapIso}: Destination, {config}: Appliance): Readonly<Record<string, string>> {
  const keys: Record<string, string> = {};
  if (to !== null) {
    keys[APPLIANCE_VERSION_KEY] = to.version;
    keys[BUILD_KEY.appliance] = to.build;
    keys[APPLIANCE_COMMIT_KEY] = encodeValue(to.commit ?? '');
    if (to.date !== null) keys[APPLIANCE_BUILD_DATE_KEY] = to.date;
    // `dirty` describes the old build.
    if (decodeValue(config[APPLIANCE_STATE_KEY] ?? '') !== '') keys[APPLIANCE_STATE_KEY] = NIL;
  }
  if (bootstrapIso !== null) keys[BOOTSTRAP_KEY] = bootstrapIso;
  return keys;
}

/**
 * The session keys as vic-machine's upgrade writes them. From VIC 1.1 on, the appliance starts only sessions that are
 * active; VIC 0.9 and older never wrote that key. The guest sets `started` again after each boot.
 */
function sessionKeys({config}: Appliance): Readonly<Record<string, string>> {
  const started = startedKeys(config).filter((key) => decodeValue(config[key] ?? '') !== '');
  return Object.fromEntries([
    ...sessionsOf(config).map((session) => [activeKey(session), 'true']),
    ...started.map((key) => [key, NIL]),
  ]);
}

/** Where each of the appliance's services says that it has started. */
export function startedKeys(config: Appliance['config']): string[] {
  return sessionsOf(config).map(startedKey);
}

function sessionsOf(config: Appliance['config']): string[] {
  return listEntries(config[SESSIONS_KEY] ?? '');
}

function cdromChange(vch: Vch, {cdroms}: Appliance, fileName: string): CdromChange | null {
  const [drive] = cdroms;
  if (drive === undefined) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${vch.summary.name} (${vch.ref.value}) has no CD-ROM drive that could boot ${fileName}; add one while it is powered off: govc device.cdrom.add -vm ${refString(vch.ref)}`,
    );
  }
  return drive.fileName === fileName ? null : {...drive, fileName};
}

/** The appliance's data version; one that is no number was refused before. */
export function applianceDataVersion(appliance: Appliance): number {
  const found = dataVersionOf(appliance.config, 'appliance');
  return found.status === 'valid' ? found.version : 0;
}
