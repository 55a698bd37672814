import {ID_KEY} from '../extraconfig/keys.js';
import {readObjects} from '../vim25/property-collector.js';
import {refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {VchSelector, VicVm} from './vch.js';

/** A VM with the keys of an appliance and the id of another VM: copied, restored, registered again, or seen on its host. */
export interface StrayAppliance extends VicVm {
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
  appliances: readonly VicVm[],
  {name, id}: VchSelector,
): Promise<string[]> {
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
  const [first] = strays.map(({ref}) => ref);
  const [host] = await readObjects(session, first ? [first] : [], ['runtime.host'], ({properties}) =>
    refValue(properties.get('runtime.host')),
  );
  const path = 'summary.managementServerIp';
  const [address] = await readObjects(session, host ? [host] : [], [path], ({properties}) =>
    textValue(properties.get(path)),
  );
  return address ?? null;
}
