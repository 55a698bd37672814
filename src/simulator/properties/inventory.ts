import {uuidV5} from '../fixture/uuid.js';
import type {Cluster, Datacenter, Datastore, Entity, Folder, Host, ResourcePool} from '../model/entity.js';
import {boolean, enumeration, int, list, long, reference, references, string} from '../soap/value.js';
import {hostAboutInfo} from './about.js';
import type {Getter, Node, Struct} from './node.js';

const parent: Getter<Exclude<Entity, {type: 'VirtualMachine'}>> = (entity) =>
  entity.parent === undefined ? undefined : reference(entity.parent);
const name: Getter<{readonly name: string}> = (entity) => string(entity.name);
const status: Getter<unknown> = () => enumeration('ManagedEntityStatus', 'green');

/** The properties of a Folder. */
export const folder: Struct<Folder> = {
  type: 'Folder',
  fields: {
    parent,
    name,
    overallStatus: status,
    childType: (entity) => list('xsd:string', entity.childType.map(string)),
    childEntity: (entity) => references(entity.children),
  },
};

/** The properties of a Datacenter. */
export const datacenter: Struct<Datacenter> = {
  type: 'Datacenter',
  fields: {
    parent,
    name,
    overallStatus: status,
    vmFolder: (entity) => reference(entity.vmFolder),
    hostFolder: (entity) => reference(entity.hostFolder),
    datastoreFolder: (entity) => reference(entity.datastoreFolder),
    networkFolder: (entity) => reference(entity.networkFolder),
    datastore: (entity) => references(entity.datastoreFolder.children),
    network: () => references([]),
  },
};

/** The properties of a ClusterComputeResource. */
export const cluster: Struct<Cluster> = {
  type: 'ClusterComputeResource',
  fields: {
    parent,
    name,
    overallStatus: status,
    resourcePool: (entity) => reference(entity.resourcePool),
    host: (entity) => references(entity.hosts),
    datastore: (entity) => references(entity.datastores),
    network: () => references([]),
  },
};

const hostRuntime: Node<Host> = {
  type: 'HostRuntimeInfo',
  fields: {
    connectionState: ({state}) => enumeration('HostSystemConnectionState', state.connectionState),
    powerState: ({state}) =>
      enumeration('HostSystemPowerState', state.connectionState === 'connected' ? 'poweredOn' : 'unknown'),
    inMaintenanceMode: ({state}) => boolean(state.maintenance),
  },
};

/** The properties of a HostSystem. */
export const host: Struct<Host> = {
  type: 'HostSystem',
  fields: {
    parent,
    name,
    overallStatus: status,
    runtime: hostRuntime,
    summary: {
      type: 'HostListSummary',
      fields: {
        host: (entity) => reference(entity),
        runtime: hostRuntime,
        config: {
          type: 'HostConfigSummary',
          fields: {name, port: () => int(443), product: ({state}) => hostAboutInfo(state)},
        },
        managementServerIp: ({state}) =>
          state.managementServerIp === undefined ? undefined : string(state.managementServerIp),
        overallStatus: status,
        rebootRequired: () => boolean(false),
      },
    },
    hardware: {
      type: 'HostHardwareInfo',
      fields: {
        systemInfo: {
          type: 'HostSystemInfo',
          fields: {
            uuid: (entity, {vcenter}) => string(uuidV5(vcenter.about.instanceUuid, entity.name)),
          },
        },
      },
    },
    config: {type: 'HostConfigInfo', fields: {host: reference, product: ({state}) => hostAboutInfo(state)}},
    vm: (entity) => references(entity.vms),
    datastore: (entity) => references(entity.parent.datastores),
    network: () => references([]),
  },
};

/** The properties of a ResourcePool. */
export const resourcePool: Struct<ResourcePool> = {
  type: 'ResourcePool',
  fields: {
    parent,
    name,
    overallStatus: status,
    owner: (entity) => reference(entity.owner),
    resourcePool: (entity) => references(entity.pools),
    vm: (entity) => references(entity.vms),
  },
};

/** The properties of a VirtualApp: those of a ResourcePool and of a folder of its own. */
export const virtualApp: Struct<ResourcePool> = {
  type: 'VirtualApp',
  fields: {...resourcePool.fields, datastore: () => references([]), network: () => references([])},
};

/** The properties of a Datastore. */
export const datastore: Struct<Datastore> = {
  type: 'Datastore',
  fields: {
    parent,
    name,
    overallStatus: status,
    browser: (entity) => reference(entity.browser),
    summary: {
      type: 'DatastoreSummary',
      fields: {
        datastore: (entity) => reference(entity),
        name,
        url: (entity) => string(`ds:///vmfs/volumes/${entity.kind === 'vsan' ? 'vsan:' : ''}${entity.id}/`),
        capacity: (entity) => long(entity.files.capacity),
        freeSpace: (entity) => long(entity.files.freeSpace),
        accessible: () => boolean(true),
        multipleHostAccess: () => boolean(true),
        type: (entity) => string(entity.kind),
        maintenanceMode: () => string('normal'),
      },
    },
    vm: (entity) => references(entity.vms),
  },
};
