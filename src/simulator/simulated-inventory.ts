import {randomUUID} from 'node:crypto';
import {VchError} from '../errors.js';
import type {DatastoreFile} from './model/datastore-files.js';
import {ExtraConfig} from './model/extra-config.js';
import type {VCenter} from './model/vcenter.js';
import type {VirtualMachine} from './model/virtual-machine.js';
import type {PowerState} from './model/vm-state.js';
import {SimulatedVm} from './simulated-vm.js';

/** A file of a datastore from inside of the server; its path is below the datastore. */
export type SimulatedFile = Pick<DatastoreFile, 'path' | 'size' | 'sha256'>;

/** A VM that comes into being while the server runs. */
export interface NewVm {
  readonly name: string;
  readonly uuid: string;
  readonly datastoreFolder: string;
  readonly powerState?: PowerState;
  readonly extraConfig: Readonly<Record<string, string>>;
}

/** The inventory, seen and changed from inside of the server. */
export interface SimulatedInventory {
  /** The VM of that moref, or the first one of that name. */
  vm(idOrName: string): SimulatedVm;
  vms(): SimulatedVm[];
  /** Makes a VM in the same folder and pool, on the same host and datastore, as another one: somebody else's doing. */
  addBeside(idOrName: string, vm: NewVm): SimulatedVm;
}

/** The files of the datastore of that moref, or of the first one of that name. */
export function filesOf({inventory}: VCenter, idOrName: string): SimulatedFile[] {
  const datastore = inventory.datastore(idOrName);
  if (datastore === undefined)
    throw new VchError('VCH_ERR_INTERNAL', `the simulator has no datastore ${idOrName}; check the fixture`);
  return Array.from(datastore.files.all(), ({path, size, sha256}) => ({path, size, sha256}));
}

/** The inventory of a server, for its tests. */
export function inventoryOf({inventory}: VCenter): SimulatedInventory {
  const find = (idOrName: string): VirtualMachine => {
    const entity = inventory.get(idOrName);
    const vm =
      entity?.type === 'VirtualMachine' ? entity : [...inventory.vms()].find(({name}) => name === idOrName);
    if (vm === undefined)
      throw new VchError('VCH_ERR_INTERNAL', `the simulator has no VM ${idOrName}; check the fixture`);
    return vm;
  };
  return {
    vm: (idOrName) => new SimulatedVm(find(idOrName), inventory),
    vms: () => Array.from(inventory.vms(), (vm) => new SimulatedVm(vm, inventory)),
    addBeside(idOrName, {extraConfig, ...vm}) {
      const {parent, resourcePool, host, datastore, datastores} = find(idOrName);
      const added = inventory.addVm({
        powerState: 'poweredOff',
        ...vm,
        id: inventory.nextVmId(),
        parent,
        resourcePool,
        host,
        datastore,
        datastores,
        instanceUuid: randomUUID(),
        connectionState: 'connected',
        withoutConfig: false,
        template: false,
        guest: {},
        cdrom: undefined,
        refusesWritesWhilePoweredOn: false,
        extraConfig: new ExtraConfig(undefined, Object.entries(extraConfig)),
      });
      return new SimulatedVm(added, inventory);
    },
  };
}
