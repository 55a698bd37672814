import {randomUUID} from 'node:crypto';
import {parseDatastorePath} from '../model/datastore-path.js';
import {type Datacenter, datastoreNamed, type Folder, type Host, type ResourcePool} from '../model/entity.js';
import {ExtraConfig} from '../model/extra-config.js';
import {hasPrivilege, noPermission} from '../model/permissions.js';
import {VimFault} from '../soap/fault.js';
import {reference} from '../soap/value.js';
import {readNewVm} from './config-spec.js';
import {invalidDatastorePath} from './datastore-target.js';
import {invalidArgument, type Method, type SessionCall, withPrivilege} from './method.js';
import {startTask} from './task-call.js';

/** The methods of a Folder. */
export const folderMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['Folder.CreateVM_Task', withPrivilege('VirtualMachine.Inventory.Create', createVm)],
]);

/** Makes a VM without any disk. */
function createVm(call: SessionCall) {
  const {object: folder, args, vcenter, session} = call;
  const {inventory, settings} = vcenter;
  const element = args.child('config');
  if (folder.type !== 'Folder' || !folder.childType.includes('VirtualMachine'))
    throw invalidArgument('_this');
  if (element === undefined) throw invalidArgument('config');
  const spec = readNewVm(element);
  const pool = inventory.get(args.textOf('pool') ?? '');
  if (pool?.type !== 'ResourcePool' && pool?.type !== 'VirtualApp') throw invalidArgument('pool');
  if (!hasPrivilege(session.user.role, 'Resource.AssignVMToPool', pool.id))
    throw noPermission(pool, 'Resource.AssignVMToPool');
  const datacenter = datacenterOf(folder);
  const file = parseDatastorePath(spec.vmPathName);
  const datastore = file && datastoreNamed(datacenter, file.datastore);
  if (datastore === undefined) throw invalidDatastorePath(spec.vmPathName);
  return startTask(call, 'folder.createVm', folder, () => {
    const {name} = spec;
    if ([...folder.children].some((child) => child.name === name))
      throw new VimFault('DuplicateName', `The name '${name}' already exists.`);
    const vm = inventory.addVm({
      id: inventory.nextVmId(),
      name,
      parent: folder,
      resourcePool: pool,
      host: hostOf(pool),
      datastore,
      datastores: [datastore],
      datastoreFolder: name,
      powerState: 'poweredOff',
      connectionState: 'connected',
      withoutConfig: false,
      template: false,
      uuid: randomUUID(),
      instanceUuid:
        spec.instanceUuid === undefined || settings.breaks.includes('instance-uuid')
          ? randomUUID()
          : spec.instanceUuid,
      guest: {},
      cdrom: undefined,
      refusesWritesWhilePoweredOn: false,
      extraConfig: new ExtraConfig(undefined, settings.breaks.includes('new-keys') ? [] : spec.extraConfig),
    });
    vm.annotation = settings.breaks.includes('notes') ? '' : (spec.annotation ?? '');
    return reference(vm);
  });
}

function datacenterOf(folder: Folder): Datacenter {
  let at: Folder | Datacenter | undefined = folder;
  while (at?.type === 'Folder') at = at.parent;
  if (at === undefined) throw invalidArgument('_this');
  return at;
}

function hostOf({owner}: ResourcePool): Host | undefined {
  return [...owner.hosts].find(({state}) => state.connectionState === 'connected');
}
