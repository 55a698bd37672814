import {ID_KEY} from '../extraconfig/keys.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {readObjects} from '../vim25/property-collector.js';
import {refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {VchSelector} from './vch.js';

interface KnownVm {
  readonly ref: ManagedObjectReference;
  readonly name: string;
}

/** A VM with the keys of an appliance and the id of another VM: copied, restored, registered again, or seen on its host. */
export interface StrayAppliance extends KnownVm {
  /** `VirtualMachine:vm-777` */
  readonly applianceId: string;
}

/**
 * Says of each stray what it is and what to do about it, if the selector may have meant it. VIC itself takes none of them
 * for a VCH.
 */
export async function describeStrays(
  session: Session,
  strays: readonly StrayAppliance[],
  appliances: readonly KnownVm[],
  {name, id}: VchSelector,
): Promise<readonly string[]> {
  const wantedId = id?.replace(/^VirtualMachine:/, '');
  const meant = strays.filter(
    (stray) =>
      (name === undefined || stray.name === name) &&
      (wantedId === undefined || [stray.ref.value, movedFrom(stray)].includes(wantedId)),
  );
  const vCenter = meant.length === 0 ? null : await managingVCenter(session, meant);
  return meant.map((stray) => {
    const vm = `${stray.name} (${stray.ref.value})`;
    const original = appliances.find(({ref}) => ref.value === movedFrom(stray));
    if (original !== undefined)
      return `${vm} is a copy of ${original.name} (${original.ref.value}), and no VCH of its own: remove it, or leave it off`;
    if (vCenter !== null)
      return `${vm} is an appliance that the vCenter ${vCenter} manages, where it is ${movedFrom(stray)}: run the command with --target ${vCenter}`;
    return (
      `${vm} is the appliance of a VCH, but its id still names ${movedFrom(stray)}, so VIC does not know it: it was restored or registered again. ` +
      `Power it off, run govc vm.change -vm VirtualMachine:${stray.ref.value} -e '${ID_KEY.appliance}=VirtualMachine:${stray.ref.value}', and power it on`
    );
  });
}

function movedFrom({applianceId}: StrayAppliance): string {
  return applianceId.replace(/^VirtualMachine:/, '');
}

/** The vCenter that manages the ESXi host we talk to; there every VM has another id. */
async function managingVCenter(session: Session, strays: readonly StrayAppliance[]): Promise<string | null> {
  if (session.about.isVCenter) return null;
  const refs = strays.slice(0, 1).map(({ref}) => ref);
  const [host] = await readObjects(session, refs, ['runtime.host'], ({properties}) =>
    refValue(properties.get('runtime.host')),
  );
  if (host == null) return null;
  const path = 'summary.managementServerIp';
  const [address] = await readObjects(session, [host], [path], ({properties}) =>
    textValue(properties.get(path)),
  );
  return address ?? null;
}
