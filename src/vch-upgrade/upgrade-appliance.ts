import type {Missing} from '../appliance/appliance-writer.js';
import {runInfo} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import {type Change, optionValues, rawOf} from '../extraconfig/extra-config.js';
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
import {encodeValue, listEntries, NIL, textOf} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import type {Vch} from '../inventory/vch.js';
import {APPLIANCE_STAMP} from '../migration/data-version.js';
import {writtenKeys} from '../migration/decision.js';
import type {Finding} from '../migration/finding.js';
import {planVm, type RunInfo} from '../migration/plan.js';
import type {PluginRegistry} from '../migration/registry.js';
import {refString} from '../vim25/managed-object.js';
import type {CdromChange} from '../vim25/virtual-machine.js';
import type {UpgradeRecord} from './record.js';
import type {LockedVch, VchTarget} from './vch-target.js';

/** The version and the ISO files that an upgrade leads to. */
type Destination = Pick<UpgradeRecord, 'to' | 'isos'>;

/** What an upgrade does to the appliance, decided on one reading of it. */
export interface AppliancePlan {
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

/** Every change but the ledger, the data version's own last. */
export function allChanges({changes, stamp}: AppliancePlan): readonly Change[] {
  return stamp === null ? changes : [...changes, stamp];
}

/** Whether the appliance has to be powered off at all. */
export function changesAppliance({changes, stamp, cdrom}: AppliancePlan): boolean {
  // The guest sets `started` itself: that alone is no reason.
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
  const {applied, changes, ledger} =
    plan.status === 'pending' ? plan : {applied: [], changes: [], ledger: null};
  const wanted = {...versionKeys(destination, appliance), ...sessionKeys(appliance)};
  const others = Object.entries(wanted).flatMap(([key, after]): Change[] => {
    const before = rawOf(config, key);
    return before === after ? [] : [{key, before, after}];
  });
  const stampKey = DATA_VERSION_KEY.appliance;
  const stamp = {key: stampKey, before: config[stampKey] ?? null, after: String(APPLIANCE_STAMP)};
  return {
    applied,
    changes: [...changes, ...others].sort((a, b) => (a.key < b.key ? -1 : 1)),
    ledger,
    stamp: stamp.before === stamp.after ? null : stamp,
    cdrom: destination.isos.appliance && cdromChange(vch, appliance, destination.isos.appliance.path),
    findings: plan.findings,
  };
}

/** The version keys as vic-machine writes them; none without an ISO, because only an ISO tells a version. */
function versionKeys({to, isos}: Destination, {config}: Appliance): Readonly<Record<string, string>> {
  const keys: Record<string, string> = {};
  if (to !== null) {
    keys[APPLIANCE_VERSION_KEY] = to.version;
    keys[BUILD_KEY.appliance] = to.build;
    keys[APPLIANCE_COMMIT_KEY] = encodeValue(to.commit ?? '');
    if (to.date !== null) keys[APPLIANCE_BUILD_DATE_KEY] = to.date;
    // `dirty` describes the old build.
    if (textOf(config, APPLIANCE_STATE_KEY) !== null) keys[APPLIANCE_STATE_KEY] = NIL;
  }
  if (isos.bootstrap !== null) keys[BOOTSTRAP_KEY] = isos.bootstrap.path;
  return keys;
}

/**
 * The session keys as vic-machine's upgrade writes them. From VIC 1.1 on, the appliance starts only sessions that are
 * active; VIC 0.9 and older never wrote that key. The guest sets `started` again after each boot.
 */
function sessionKeys({config}: Appliance): Readonly<Record<string, string>> {
  const active = sessionsOf(config).map((session) => [activeKey(session), 'true']);
  return {...Object.fromEntries(active), ...notStarted(config)};
}

/** That none of its services has started: what they said before a boot must not be taken for its end. */
export function notStarted(config: Appliance['config']): Readonly<Record<string, string>> {
  const said = startedKeys(config).filter((key) => textOf(config, key) !== null);
  return Object.fromEntries(said.map((key) => [key, NIL]));
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

/**
 * Writes the new data and ISO of the powered-off appliance in one guarded write, and its data version in a second one:
 * whoever reads 10 there knows that everything else has been written.
 */
export async function writeAppliance(locked: LockedVch): Promise<void> {
  const {writer, lock} = locked;
  await recordKeys(locked);
  const write = (what: string, missingIn: (plan: AppliancePlan) => Missing | null) =>
    writer.write(what, async (appliance) => {
      lock.assertOurs(appliance);
      assertOff(locked, appliance);
      return {missing: missingIn(await planOnRecord(locked, appliance, locked.record)), value: null};
    });
  await write('upgrading the appliance', ({changes, ledger, cdrom}) => {
    if (changes.length === 0 && cdrom === null) return null;
    const extraConfig = optionValues(writtenKeys({changes, ledger}));
    return {extraConfig, deviceChange: cdrom === null ? [] : [cdrom]};
  });
  await write('stamping the data version', ({stamp}) => stamp && {extraConfig: optionValues([stamp])});
}

/** Puts every key on record that is about to change: the guest may have written some since the lock was taken. */
async function recordKeys(locked: LockedVch): Promise<void> {
  const {record, writer} = locked;
  const plan = await planOnRecord(locked, await writer.read(), record);
  const keys = new Set([...record.keys, ...allChanges(plan).map(({key}) => key)]);
  if (keys.size === record.keys.length) return;
  await locked.lock.update({keys: [...keys].sort()});
}

/** Verifies that the appliance is what it was to become. */
export async function verifyAppliance(locked: LockedVch): Promise<void> {
  const appliance = await locked.writer.read();
  locked.lock.assertOurs(appliance);
  const {powerState} = locked.record;
  if (appliance.powerState !== powerState) {
    throw new VchError(
      'VCH_ERR_VERIFY',
      `${locked.label} is ${appliance.powerState}, and was ${powerState} before its upgrade; see vCenter's events for who changed that`,
    );
  }
  const plan = await planOnRecord(locked, appliance, locked.record);
  if (!changesAppliance(plan)) return;
  const keys = allChanges(plan).map(({key}) => key);
  throw new VchError(
    'VCH_ERR_VERIFY',
    `${locked.label} is not what it was upgraded to: ${[...keys, ...(plan.cdrom === null ? [] : ['its CD-ROM'])].join(', ')} ` +
      `differ; compare with govc vm.info -e ${refString(locked.vch.ref)}`,
  );
}

/** Plans the appliance again, for an upgrade that is on record. */
export function planOnRecord(
  {options, vch}: VchTarget,
  appliance: Appliance,
  record: UpgradeRecord,
): Promise<AppliancePlan> {
  const run = runInfo({...options, runId: record.run, changeId: record.changeId ?? undefined});
  return planAppliance(options.registry, vch, appliance, record, run);
}

/** A guestinfo key that is written to a running VM is lost at its power-off. */
function assertOff({label}: LockedVch, {powerState}: Appliance): void {
  if (powerState === 'poweredOff') return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `${label} is ${powerState ?? 'in an unknown power state'}: another user or tool powered it on during its upgrade; see vCenter's events`,
  );
}
