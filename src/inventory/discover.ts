import {ID_KEY, isApplianceId, isContainerId} from '../extraconfig/keys.js';
import {withContainerView} from '../vim25/container-view.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {extraConfigPath, type ObjectContent, retrieveOnce} from '../vim25/property-collector.js';
import {optionValue, refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';

/** One VM of VIC's, as far as a look over the whole inventory shows it. */
export interface VicVm {
  readonly ref: ManagedObjectReference;
  readonly name: string;
  readonly biosUuid: string | null;
  readonly pool: ManagedObjectReference | null;
  readonly folder: ManagedObjectReference | null;
}

/** All of VIC's VMs that this user can see. */
export interface VicInventory {
  readonly appliances: readonly VicVm[];
  readonly containers: readonly (VicVm & {readonly containerId: string})[];
  /** Appliances by their keys whose id names another VM: copied, restored, registered again, or seen on a host of their vCenter. */
  readonly strays: readonly (VicVm & {readonly applianceId: string})[];
  /** VMs whose ExtraConfig cannot be read, for want of a privilege or of their host: one may be the VCH that was not found. */
  readonly unreadable: number;
}

/** One keyed look at every VM of the inventory. */
export async function discover(session: Session): Promise<VicInventory> {
  const appliances: VicVm[] = [];
  const containers: (VicVm & {containerId: string})[] = [];
  const strays: (VicVm & {applianceId: string})[] = [];
  let unreadable = 0;
  const sort = (content: ObjectContent): void => {
    const applianceId = keyed(content, ID_KEY.appliance);
    const containerId = keyed(content, ID_KEY.container);
    if (isApplianceId(applianceId, content.obj.value)) appliances.push(vicVm(content));
    else if (isContainerId(containerId)) containers.push({...vicVm(content), containerId});
    else if (applianceId?.startsWith('VirtualMachine:')) strays.push({...vicVm(content), applianceId});
    else if (!isReadable(content)) unreadable += 1;
  };
  await withContainerView(session, session.content.rootFolder, 'VirtualMachine', async (view) => {
    // The view's own restart would count twice what a first, broken pass has seen.
    appliances.length = 0;
    containers.length = 0;
    strays.length = 0;
    unreadable = 0;
    const contents = await retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      SPECS,
      pick,
    );
    for (const content of contents) if (content !== null) sort(content);
  });
  return {appliances, containers, strays, unreadable};
}

const SPECS = [
  {
    type: 'VirtualMachine',
    pathSet: [
      'name',
      'parent',
      'resourcePool',
      'config.uuid',
      ...[ID_KEY.appliance, ID_KEY.container].map(extraConfigPath),
    ],
  },
];

/** Lets go of everything but VIC's own VMs and the unreadable ones while the pages still come in. */
function pick(content: ObjectContent): ObjectContent | null {
  const vic =
    content.properties.has(extraConfigPath(ID_KEY.appliance)) ||
    content.properties.has(extraConfigPath(ID_KEY.container));
  return vic || !isReadable(content) ? content : null;
}

/** Whether its configuration was there to be read, so that an absent key is absent. */
function isReadable(content: ObjectContent): boolean {
  return content.properties.has('config.uuid') && content.missing.length === 0;
}

function keyed(content: ObjectContent, key: string): string | undefined {
  return optionValue(content.properties.get(extraConfigPath(key)))?.value;
}

function vicVm(content: ObjectContent): VicVm {
  return {
    ref: content.obj,
    name: textValue(content.properties.get('name')) ?? content.obj.value,
    biosUuid: textValue(content.properties.get('config.uuid')),
    pool: refValue(content.properties.get('resourcePool')),
    folder: refValue(content.properties.get('parent')),
  };
}
