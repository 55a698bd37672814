import {runInfo} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import {optionValues} from '../extraconfig/extra-config.js';
import type {Appliance} from '../inventory/appliance.js';
import {refString} from '../vim25/managed-object.js';
import {type AppliancePlan, changesAppliance, type Destination, planAppliance} from './appliance-plan.js';
import type {VchContext, VchTarget} from './context.js';
import type {UpgradeRecord} from './record.js';

/**
 * Gives the powered-off appliance its new data and ISO in one guarded write, and then, last of all, its data version:
 * whoever reads 10 there knows that the rest stands.
 */
export async function writeAppliance(context: VchContext): Promise<void> {
  const {writer, lock} = context;
  await recordKeys(context);
  await writer.write('upgrading the appliance', async (appliance) => {
    lock.assertOurs(appliance);
    assertOff(context, appliance);
    const {changes, ledger, cdrom} = await planOnRecord(context, appliance, context.record);
    if (changes.length === 0 && cdrom === null) return {missing: null, value: null};
    const missing = {
      extraConfig: optionValues(ledger === null ? changes : [...changes, ledger]),
      ...(cdrom === null ? {} : {deviceChange: [cdrom]}),
    };
    return {missing, value: null};
  });
  await writer.write('stamping the data version', async (appliance) => {
    lock.assertOurs(appliance);
    assertOff(context, appliance);
    const {stamp} = await planOnRecord(context, appliance, context.record);
    return {missing: stamp === null ? null : {extraConfig: optionValues([stamp])}, value: null};
  });
}

/** Puts every key on record that is about to be changed: the guest may have written some since the lock was taken. */
async function recordKeys(context: VchContext): Promise<void> {
  const {record, writer} = context;
  const {changes, stamp} = await planOnRecord(context, await writer.read(), record);
  const keys = new Set([
    ...record.keys,
    ...changes.map(({key}) => key),
    ...(stamp === null ? [] : [stamp.key]),
  ]);
  if (keys.size === record.keys.length) return;
  await context.write({keys: [...keys].sort()});
}

/** Makes sure that the appliance is all that it was to become. */
export async function verifyAppliance(context: VchContext): Promise<void> {
  const appliance = await context.writer.read();
  context.lock.assertOurs(appliance);
  const {powerState} = context.record;
  if (appliance.powerState !== powerState) {
    throw new VchError(
      'VCH_ERR_VERIFY',
      `${context.label} is ${appliance.powerState}, and was ${powerState} before its upgrade; see vCenter's events for who changed that`,
    );
  }
  const plan = await planOnRecord(context, appliance, context.record);
  if (!changesAppliance(plan)) return;
  const keys = [...plan.changes, ...(plan.stamp === null ? [] : [plan.stamp])].map(({key}) => key);
  throw new VchError(
    'VCH_ERR_VERIFY',
    `${context.label} is not what it was upgraded to: ${[...keys, ...(plan.cdrom === null ? [] : ['its CD-ROM'])].join(', ')} ` +
      `differ again; see the events of the VM for who changed them: govc events ${refString(context.vch.ref)}`,
  );
}

/** Plans the appliance anew, for an upgrade that is on record. */
export function planOnRecord(
  {options, vch}: VchTarget,
  appliance: Appliance,
  record: UpgradeRecord,
): Promise<AppliancePlan> {
  const run = runInfo({...options, runId: record.run, changeId: record.changeId ?? undefined});
  return planAppliance(options.registry, vch, appliance, destinationOf(record), run);
}

/** Where a record leads the appliance to. */
export function destinationOf({isos, to}: Pick<UpgradeRecord, 'isos' | 'to'>): Destination {
  return {to, applianceIso: isos.appliance?.path ?? null, bootstrapIso: isos.bootstrap?.path ?? null};
}

/** A guestinfo key that is written to a running VM lasts until its power-off only. */
function assertOff({label}: VchContext, {powerState}: Appliance): void {
  if (powerState === 'poweredOff') return;
  throw new VchError(
    'VCH_ERR_CONFLICT',
    `${label} is ${powerState ?? 'in an unknown power state'}: somebody powered it on in the middle of its upgrade; see vCenter's events for who`,
  );
}
