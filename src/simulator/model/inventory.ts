import type {Break} from './breaks.js';
import {ChangeFeed} from './change-feed.js';
import type {Clock} from './clock.js';
import {DatastoreFiles} from './datastore-files.js';
import {folderOf, parseDatastorePath} from './datastore-path.js';
import {
  Cluster,
  Datacenter,
  type Datastore,
  type DatastoreBrowser,
  type Entity,
  type Folder,
  type Host,
  type HostState,
  type ResourcePool,
} from './entity.js';
import type {GuestTiming} from './guest.js';
import {isoImage} from './iso-image.js';
import type {Snapshot} from './snapshot.js';
import {VirtualMachine, type VirtualMachineOptions, type WantedSnapshot} from './virtual-machine.js';
import {wireName} from './wire-name.js';

/** Settings of the server that its VMs go by. */
export interface InventorySettings extends GuestTiming {
  readonly breaks: readonly Break[];
}

/** The tree of managed entities, with every one of them at hand by its moref. */
export class Inventory {
  readonly clock: Clock;
  readonly changes = new ChangeFeed();
  readonly rootFolder: Folder;
  readonly #timing: InventorySettings;
  readonly #entities = new Map<string, Entity>();
  readonly #byUuid = new Map<string, VirtualMachine>();
  readonly #byInstanceUuid = new Map<string, VirtualMachine>();
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #browsers = new Map<string, DatastoreBrowser>();
  readonly #reserved: ReadonlySet<string>;
  #nextInfrastructure = 1;
  #nextVm = 101;
  #nextSnapshot = 1;

  /** `reserved` are the VM ids that the fixture gives itself. */
  constructor(clock: Clock, timing: InventorySettings, reserved: ReadonlySet<string>) {
    this.clock = clock;
    this.#timing = timing;
    this.#reserved = reserved;
    this.rootFolder = this.addFolder(undefined, 'Datacenters', ['Folder', 'Datacenter'], 'group-d');
  }

  /** The entity of that moref. */
  get(id: string): Entity | undefined {
    return this.#entities.get(id);
  }

  /** The snapshot of that moref. */
  snapshot(id: string): Snapshot | undefined {
    return this.#snapshots.get(id);
  }

  /** The datastore browser of that moref. */
  browser(id: string): DatastoreBrowser | undefined {
    return this.#browsers.get(id);
  }

  /** The datastore of that moref, or the first one of that name. */
  datastore(idOrName: string): Datastore | undefined {
    for (const entity of this.#entities.values()) {
      if (entity.type === 'Datastore' && (entity.id === idOrName || entity.name === idOrName)) return entity;
    }
    return undefined;
  }

  /** The guests do nothing more. */
  close(): void {
    for (const vm of this.vms()) vm.guest.halt();
  }

  /** Every VM, in the order they were added. */
  *vms(): Generator<VirtualMachine> {
    for (const entity of this.#entities.values()) if (entity.type === 'VirtualMachine') yield entity;
  }

  /** The VM with that BIOS or instance UUID. */
  findByUuid(uuid: string, instanceUuid: boolean): VirtualMachine | undefined {
    return (instanceUuid ? this.#byInstanceUuid : this.#byUuid).get(uuid.toLowerCase());
  }

  addFolder(
    parent: Folder | Datacenter | undefined,
    name: string,
    childType: readonly string[],
    prefix: string,
  ): Folder {
    const folder: Folder = {
      type: 'Folder',
      id: this.#id(prefix),
      name: wireName(name),
      parent,
      childType,
      children: new Set(),
    };
    return this.#below(folder);
  }

  addDatacenter(name: string): Datacenter {
    const id = this.#id('datacenter-');
    return this.#below(new Datacenter(id, wireName(name), this.rootFolder, this.addFolder.bind(this)));
  }

  addCluster(datacenter: Datacenter, name: string, datastores: Iterable<Datastore>): Cluster {
    const makeRootPool = (owner: Cluster): ResourcePool =>
      this.addResourcePool(owner, owner, 'Resources', 'ResourcePool');
    const id = this.#id('domain-c');
    return this.#below(new Cluster(id, wireName(name), datacenter.hostFolder, datastores, makeRootPool));
  }

  addHost(cluster: Cluster, name: string, state: HostState): Host {
    const id = this.#id('host-');
    const host: Host = {type: 'HostSystem', id, name: wireName(name), parent: cluster, vms: new Set(), state};
    cluster.hosts.add(host);
    return this.#add(host);
  }

  addResourcePool(
    parent: ResourcePool | Cluster,
    owner: Cluster,
    name: string,
    type: 'ResourcePool' | 'VirtualApp',
  ): ResourcePool {
    const id = this.#id(type === 'VirtualApp' ? 'resgroup-v' : 'resgroup-');
    const pool: ResourcePool = {
      type,
      id,
      name: wireName(name),
      parent,
      owner,
      pools: new Set(),
      vms: new Set(),
    };
    if (parent.type !== 'ClusterComputeResource') parent.pools.add(pool);
    return this.#add(pool);
  }

  addDatastore(datacenter: Datacenter, name: string, kind: Datastore['kind'], freeSpace?: number): Datastore {
    const id = this.#id('datastore-');
    const parent = datacenter.datastoreFolder;
    const browser = {type: 'HostDatastoreBrowser', id: `datastoreBrowser-${id}`, datastore: id} as const;
    this.#browsers.set(browser.id, browser);
    const files = new DatastoreFiles(freeSpace, () => this.clock.now());
    return this.#below({type: 'Datastore', id, name, parent, kind, vms: new Set(), files, browser});
  }

  /** A moref for a VM that has none of its own. */
  nextVmId(): string {
    for (;;) {
      const id = `vm-${this.#nextVm++}`;
      if (!this.#reserved.has(id)) return id;
    }
  }

  addVm(options: Omit<VirtualMachineOptions, 'clock' | 'timing' | 'breaks' | 'changed'>): VirtualMachine {
    const changed = (id: string): void => this.changes.changed(id);
    const vm = new VirtualMachine({
      ...options,
      clock: this.clock,
      timing: this.#timing,
      breaks: this.#timing.breaks,
      changed,
    });
    placeFiles(vm);
    vm.parent.children.add(vm);
    vm.resourcePool?.vms.add(vm);
    vm.host?.vms.add(vm);
    vm.datastore?.vms.add(vm);
    // Clones share a BIOS UUID: the first VM that has it is the one that is found.
    if (!this.#byUuid.has(vm.uuid)) this.#byUuid.set(vm.uuid, vm);
    if (!this.#byInstanceUuid.has(vm.instanceUuid)) this.#byInstanceUuid.set(vm.instanceUuid, vm);
    this.changes.restructured();
    return this.#add(vm);
  }

  addSnapshot(vm: VirtualMachine, wanted: WantedSnapshot): Snapshot {
    const number = this.#nextSnapshot++;
    const snapshot = vm.createSnapshot(`snapshot-${number}`, number, wanted);
    this.#snapshots.set(snapshot.id, snapshot);
    return snapshot;
  }

  forgetSnapshots(snapshots: Iterable<Snapshot>): void {
    for (const {id} of snapshots) this.#snapshots.delete(id);
  }

  removeVm(vm: VirtualMachine): void {
    this.forgetSnapshots(vm.snapshots.clear());
    vm.guest.halt();
    removeFiles(vm);
    this.#entities.delete(vm.id);
    vm.parent.children.delete(vm);
    vm.resourcePool?.vms.delete(vm);
    vm.host?.vms.delete(vm);
    vm.datastore?.vms.delete(vm);
    if (this.#byUuid.get(vm.uuid) === vm) this.#byUuid.delete(vm.uuid);
    if (this.#byInstanceUuid.get(vm.instanceUuid) === vm) this.#byInstanceUuid.delete(vm.instanceUuid);
    this.changes.restructured();
  }

  #below<T extends Folder | Datacenter | Cluster | Datastore>(entity: T): T {
    if (entity.parent?.type === 'Folder') entity.parent.children.add(entity);
    return this.#add(entity);
  }

  #add<T extends Entity>(entity: T): T {
    this.#entities.set(entity.id, entity);
    return entity;
  }

  #id(prefix: string): string {
    return `${prefix}${this.#nextInfrastructure++}`;
  }
}

/** What VMs are made of lies on their datastores from the start. */
function placeFiles(vm: VirtualMachine): void {
  vm.datastore?.files.place(vmxOf(vm), Buffer.from(`displayName = "${vm.name}"\n`));
  const backing = vm.cdrom?.backing;
  if (backing?.kind !== 'iso' || backing.datastore.files.has(backing.path)) return;
  backing.datastore.files.place(backing.path, isoImage(vm.extraConfig));
}

/** The folder of a VM goes with it, unless somebody keeps files there. */
function removeFiles(vm: VirtualMachine): void {
  const files = vm.datastore?.files;
  const vmx = vmxOf(vm);
  files?.delete(vmx);
  const folder = folderOf(vmx);
  if (folder !== '' && files?.filesAt(folder).length === 0) files.delete(folder);
}

function vmxOf({vmPathName}: VirtualMachine): string {
  return parseDatastorePath(vmPathName)?.path ?? '';
}
