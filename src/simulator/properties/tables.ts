import type {ResourcePool} from '../model/entity.js';
import type {Singleton} from '../model/singletons.js';
import type {ManagedObject} from '../model/vcenter.js';
import {eventHistoryCollector, eventManager} from './event.js';
import * as inventory from './inventory.js';
import type {Scope, Struct} from './node.js';
import {compilePath, type Read} from './path.js';
import * as service from './service.js';
import {virtualMachineSnapshot} from './snapshot.js';
import {virtualMachine} from './virtual-machine.js';

/** What can be read of one type of managed object. */
export interface Table {
  /** The names of the properties that `all` stands for. */
  readonly names: readonly string[];
  /** The reader of a path; undefined where the type has no such property. */
  compile(path: string): Read<ManagedObject> | undefined;
}

/** The tables by the type's name. */
export const TABLES: ReadonlyMap<string, Table> = new Map([
  table(inventory.folder, (object) => object.type === 'Folder'),
  table(inventory.datacenter, (object) => object.type === 'Datacenter'),
  table(inventory.cluster, (object) => object.type === 'ClusterComputeResource'),
  table(inventory.host, (object) => object.type === 'HostSystem'),
  table(inventory.resourcePool, isResourcePool),
  table(inventory.virtualApp, isResourcePool),
  table(inventory.datastore, (object) => object.type === 'Datastore'),
  table(virtualMachine, (object) => object.type === 'VirtualMachine'),
  table(service.serviceInstance, isSingleton),
  table(service.sessionManager, isSingleton),
  table(service.authorizationManager, isSingleton),
  table(service.taskManager, isSingleton),
  table(service.viewManager, isSingleton),
  table(eventManager, isSingleton),
  table(eventHistoryCollector, (object) => object.type === 'EventHistoryCollector'),
  table(service.datastoreBrowser, (object) => object.type === 'HostDatastoreBrowser'),
  table(service.containerView, (object) => object.type === 'ContainerView'),
  table(service.listView, (object) => object.type === 'ListView'),
  table(virtualMachineSnapshot, (object) => object.type === 'VirtualMachineSnapshot'),
  table(service.task, (object) => object.type === 'Task'),
]);

function isResourcePool(object: ManagedObject): object is ResourcePool {
  return object.type === 'ResourcePool' || object.type === 'VirtualApp';
}

function isSingleton(object: ManagedObject): object is Singleton {
  return (
    object.type === 'ServiceInstance' ||
    object.type === 'SessionManager' ||
    object.type === 'AuthorizationManager' ||
    object.type === 'TaskManager' ||
    object.type === 'ViewManager' ||
    object.type === 'EventManager'
  );
}

function table<T extends ManagedObject>(
  struct: Struct<T>,
  accepts: (object: ManagedObject) => object is T,
): [string, Table] {
  const compile = (path: string): Read<ManagedObject> | undefined => {
    const read = compilePath(struct, path);
    return (
      read && ((object: ManagedObject, scope: Scope) => (accepts(object) ? read(object, scope) : undefined))
    );
  };
  return [struct.type, {names: Object.keys(struct.fields), compile}];
}
