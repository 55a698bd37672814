import type {FileStore} from './datastore-files.js';
import type {VirtualMachine} from './virtual-machine.js';

interface EntityBase {
  readonly id: string;
  /** As it is on the wire. */
  readonly name: string;
}

/** A folder: of VMs, hosts, datastores, networks, or the root one, of datacenters. */
export interface Folder extends EntityBase {
  readonly type: 'Folder';
  readonly parent: Folder | Datacenter | undefined;
  readonly childType: readonly string[];
  readonly children: Set<Entity>;
}

/** Makes one of a datacenter's own folders. */
export type MakeFolder = (
  parent: Datacenter,
  name: string,
  childType: readonly string[],
  prefix: string,
) => Folder;

/** A datacenter with its four folders. */
export class Datacenter {
  readonly type = 'Datacenter';
  readonly id: string;
  readonly name: string;
  readonly parent: Folder;
  readonly vmFolder: Folder;
  readonly hostFolder: Folder;
  readonly datastoreFolder: Folder;
  readonly networkFolder: Folder;

  constructor(id: string, name: string, parent: Folder, makeFolder: MakeFolder) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.vmFolder = makeFolder(this, 'vm', ['Folder', 'VirtualMachine', 'VirtualApp'], 'group-v');
    this.hostFolder = makeFolder(this, 'host', ['Folder', 'ComputeResource'], 'group-h');
    this.datastoreFolder = makeFolder(this, 'datastore', ['Folder', 'Datastore'], 'group-s');
    this.networkFolder = makeFolder(this, 'network', ['Folder', 'Network'], 'group-n');
  }
}

/** A cluster with its root resource pool. */
export class Cluster {
  readonly type = 'ClusterComputeResource';
  readonly id: string;
  readonly name: string;
  readonly parent: Folder;
  readonly resourcePool: ResourcePool;
  readonly hosts = new Set<Host>();
  readonly datastores: ReadonlySet<Datastore>;

  constructor(
    id: string,
    name: string,
    parent: Folder,
    datastores: Iterable<Datastore>,
    makeRootPool: (owner: Cluster) => ResourcePool,
  ) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.datastores = new Set(datastores);
    this.resourcePool = makeRootPool(this);
  }
}

/** What a host is, and whether it can be reached. */
export interface HostState {
  readonly version: string;
  readonly build: string;
  readonly connectionState: 'connected' | 'disconnected' | 'notResponding';
  readonly maintenance: boolean;
  /** The vCenter that manages it, as a host itself shows it. */
  readonly managementServerIp?: string | undefined;
}

/** An ESXi host of a cluster. */
export interface Host extends EntityBase {
  readonly type: 'HostSystem';
  readonly parent: Cluster;
  readonly vms: Set<VirtualMachine>;
  readonly state: HostState;
}

/** A resource pool, or a vApp, which is one as well. */
export interface ResourcePool extends EntityBase {
  readonly type: 'ResourcePool' | 'VirtualApp';
  readonly parent: ResourcePool | Cluster;
  readonly owner: Cluster;
  readonly pools: Set<ResourcePool>;
  readonly vms: Set<VirtualMachine>;
}

/** A datastore; `kind` is its `summary.type`. */
export interface Datastore extends EntityBase, FileStore {
  readonly type: 'Datastore';
  readonly parent: Folder;
  readonly kind: 'VMFS' | 'NFS' | 'vsan';
  readonly vms: Set<VirtualMachine>;
  readonly browser: DatastoreBrowser;
}

/** The HostDatastoreBrowser of a datastore; it is no entity of the tree. */
export interface DatastoreBrowser {
  readonly type: 'HostDatastoreBrowser';
  readonly id: string;
  /** The moref of its datastore. */
  readonly datastore: string;
}

/** Anything in the inventory tree. */
export type Entity = Folder | Datacenter | Cluster | Host | ResourcePool | Datastore | VirtualMachine;

/** What stands directly below an entity, as a ContainerView walks it. */
export function childrenOf(entity: Entity): Entity[] {
  switch (entity.type) {
    case 'Folder':
      return [...entity.children];
    case 'Datacenter':
      return [entity.vmFolder, entity.hostFolder, entity.datastoreFolder, entity.networkFolder];
    case 'ClusterComputeResource':
      return [...entity.hosts, entity.resourcePool];
    case 'HostSystem':
      return [...entity.vms];
    case 'ResourcePool':
    case 'VirtualApp':
      return [...entity.pools, ...entity.vms];
    case 'Datastore':
    case 'VirtualMachine':
      return [];
  }
}

/** The datastore of that name in a datacenter. */
export function datastoreNamed(datacenter: Datacenter, name: string): Datastore | undefined {
  for (const entity of datacenter.datastoreFolder.children) {
    if (entity.type === 'Datastore' && entity.name === name) return entity;
  }
  return undefined;
}
