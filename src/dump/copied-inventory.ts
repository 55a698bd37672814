import type {Fixture, FixtureHost, FixtureOrigin, FixtureVm} from '../simulator/simulator.js';
import {folderOf, parseDatastorePath} from '../vim25/datastore-path.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import type {AboutInfo} from '../vim25/service.js';

/** A folder, pool, cluster or datacenter. Names are as vSphere sends them, escaped. */
export interface CopiedEntity {
  readonly name: string;
  readonly parent: ManagedObjectReference | null;
}

/** A datastore, by its name. */
export interface CopiedDatastore {
  /** As vSphere writes it. */
  readonly type: string | null;
  readonly freeSpace: number | null;
}

/** Values of a VM's ExtraConfig: text, or one of another type. */
export type CopiedConfig = NonNullable<FixtureVm['extraConfig']>;

/** One of VIC's VMs, or one that may be one and cannot be read. */
export interface CopiedVm {
  readonly id: string;
  readonly name: string;
  /** `null` in a vApp. */
  readonly folder: ManagedObjectReference | null;
  readonly pool: ManagedObjectReference | null;
  readonly host: ManagedObjectReference | null;
  readonly biosUuid: string | null;
  readonly instanceUuid: string | null;
  readonly template: boolean;
  readonly vmPathName: string | null;
  readonly powerState: string | null;
  readonly connectionState: string | null;
  readonly cdrom: string | null;
  /** `null`: the server shows no configuration. */
  readonly config: CopiedConfig | null;
  /** The user may not read all of it. */
  readonly refused: boolean;
}

/** What is known of an inventory, whoever read it. */
export interface CopiedInventory {
  readonly about: Partial<AboutInfo> | null;
  /** By moref. One that is not there has its moref for a name. */
  readonly entities: ReadonlyMap<string, CopiedEntity>;
  readonly hosts: ReadonlyMap<string, FixtureHost>;
  readonly datastores: ReadonlyMap<string, CopiedDatastore>;
  /** Folders of which it is not known whose they are, and that several VCHs or other VMs share. */
  readonly sharedFolders: ReadonlySet<string>;
  readonly vms: readonly CopiedVm[];
}

const POWER_STATES = ['poweredOn', 'poweredOff', 'suspended'] as const;
const CONNECTION_STATES = ['connected', 'disconnected', 'inaccessible', 'invalid', 'orphaned'] as const;
/** Where nothing says in which datacenter or cluster something is. */
const SOMEWHERE = 'unknown';

/** Makes a document of it that the simulator loads: the same VMs, with the same morefs, in places of the same names. */
export function toFixture(copied: CopiedInventory, dump: FixtureOrigin): Fixture {
  const datacenters = new Map<string, Datacenter>();
  const vms = copied.vms.map((vm) => placed(vm, copied, datacenters));
  const {about} = copied;
  const refused = copied.vms.filter((vm) => vm.refused).map(({id}) => id);
  return {
    schema: 'vch-migrate/fixture/v1',
    dump,
    ...(about && {about: aboutOf(about)}),
    ...(refused.length > 0 && readerOf(refused)),
    datacenters: [...datacenters].map(([name, {folders, clusters, datastores}]) => ({
      name,
      folders: trees(folders),
      clusters: [...clusters].map(([cluster, {hosts, pools}]) => ({
        name: cluster,
        hosts: [...hosts.values()],
        ...poolsIn(pools),
      })),
      datastores: [...datastores].map(([datastore, known]) => ({
        name: datastore,
        type: typeOf(known?.type ?? null),
        ...(known?.freeSpace != null && {freeSpace: known.freeSpace}),
      })),
    })),
    vms,
  };
}

function aboutOf({fullName, version, build, apiVersion, isVCenter, instanceUuid}: Partial<AboutInfo>) {
  return {
    ...(fullName !== undefined && {fullName}),
    ...(version !== undefined && {version}),
    ...(build !== undefined && {build}),
    ...(apiVersion !== undefined && {apiVersion}),
    ...(isVCenter !== undefined && {apiType: isVCenter ? 'VirtualCenter' : 'HostAgent'}),
    ...(instanceUuid != null && {instanceUuid}),
  };
}

/** The simulator's user may read no more than the one who made the dump. */
function readerOf(vms: readonly string[]): Pick<Fixture, 'roles' | 'users'> {
  const except = vms.map((entity) => ({entity, privileges: ['System.Read']}));
  return {
    roles: [{name: 'Reader', except}],
    users: [{user: 'administrator@vsphere.local', password: 'simulator', role: 'Reader'}],
  };
}

/** Names below a folder or pool; the key of a pool says whether it is a vApp. */
type Tree = Map<string, Tree>;

interface Cluster {
  readonly hosts: Map<string, FixtureHost>;
  readonly pools: Tree;
}

interface Datacenter {
  readonly folders: Tree;
  readonly clusters: Map<string, Cluster>;
  readonly datastores: Map<string, CopiedDatastore | undefined>;
}

function placed(vm: CopiedVm, copied: CopiedInventory, datacenters: Map<string, Datacenter>): FixtureVm {
  const {entities, hosts, datastores, sharedFolders} = copied;
  const above = chain(vm.folder, entities);
  const abovePool = chain(vm.pool, entities);
  const datacenterName = nameOf(isKnown(above) ? above : abovePool, 'Datacenter');
  const datacenter = at(datacenters, datacenterName, () => ({
    folders: new Map(),
    clusters: new Map(),
    datastores: new Map(),
  }));
  const shared = vm.folder !== null && sharedFolders.has(vm.folder.value);
  const folder = shared ? [] : below(above, 'Datacenter').map(({name}) => name);
  grow(datacenter.folders, folder);
  const clusterName = nameOf(abovePool, 'ComputeResource');
  const cluster = at(datacenter.clusters, clusterName, () => ({hosts: new Map(), pools: new Map()}));
  const pools = below(abovePool, 'ComputeResource');
  grow(
    cluster.pools,
    pools.map(({type, name}) => `${type}:${name}`),
  );
  const pool = [clusterName, ...pools.map(({name}) => name)].join('/');
  const host = vm.host && (hosts.get(vm.host.value) ?? {name: vm.host.value});
  if (host !== null) cluster.hosts.set(host.name, host);
  const file = parseDatastorePath(vm.vmPathName);
  for (const place of [file, parseDatastorePath(vm.cdrom)])
    if (place !== null) datacenter.datastores.set(place.dsName, datastores.get(place.dsName));
  const powerState = POWER_STATES.find((state) => state === vm.powerState);
  const connectionState = CONNECTION_STATES.find((state) => state === vm.connectionState);
  const datastoreFolder = file === null ? '' : folderOf(file.path);
  return {
    id: vm.id,
    name: vm.name,
    datacenter: datacenterName,
    ...(folder.length > 0 && {folder: folder.join('/')}),
    ...(vm.pool?.type === 'VirtualApp' ? {vApp: pool} : {pool}),
    ...(host !== null && {host: host.name}),
    ...(file !== null && {datastore: file.dsName}),
    ...(datastoreFolder !== '' && {datastoreFolder}),
    ...(powerState !== undefined && {powerState}),
    connectionState: connectionState ?? 'connected',
    ...(vm.config === null && {withoutConfig: true}),
    ...(vm.template && {template: true}),
    ...(vm.biosUuid !== null && {uuid: vm.biosUuid.toLowerCase()}),
    ...(vm.instanceUuid !== null && {instanceUuid: vm.instanceUuid.toLowerCase()}),
    ...(vm.cdrom !== null && parseDatastorePath(vm.cdrom) !== null && {cdrom: vm.cdrom}),
    ...(vm.config !== null && {extraConfig: vm.config}),
  };
}

interface Link {
  readonly type: string;
  readonly name: string;
}

/** From the object itself up to the top, as far as it is known. The root folder has no parent and is left out. */
function chain(from: ManagedObjectReference | null, entities: CopiedInventory['entities']): Link[] {
  const links: Link[] = [];
  for (let ref = from; ref !== null && links.length < 100; ) {
    const entity: CopiedEntity | undefined = entities.get(ref.value);
    const isRoot = entity !== undefined && entity.parent === null && ref.type === 'Folder';
    if (!isRoot) links.push({type: ref.type, name: entity?.name ?? ref.value});
    ref = entity?.parent ?? null;
  }
  return links;
}

function isKnown(links: readonly Link[]): boolean {
  return links.some(({type}) => type === 'Datacenter');
}

/** The first of that kind in a chain, with the folders that are above it: `folder1/dc1`. */
function nameOf(links: readonly Link[], kind: 'Datacenter' | 'ComputeResource'): string {
  const start = links.findIndex(({type}) => type.endsWith(kind));
  const [own, ...above] = links.slice(start);
  if (start === -1 || own === undefined) return SOMEWHERE;
  const end = above.findIndex(({type}) => type === 'Datacenter');
  const folders = (end === -1 ? above : above.slice(0, end)).filter(({type}) => type === 'Folder');
  // The topmost folder of a cluster is the datacenter's own.
  const named = kind === 'Datacenter' || end === -1 ? folders : folders.slice(0, -1);
  return [...named.map(({name}) => name).reverse(), own.name].join('/');
}

/** What is in a chain below a datacenter or cluster and below the level that vSphere makes itself, from the top. */
function below(links: readonly Link[], kind: 'Datacenter' | 'ComputeResource'): readonly Link[] {
  const end = links.findIndex(({type}) => type.endsWith(kind));
  return (end === -1 ? links : links.slice(0, Math.max(end - 1, 0))).toReversed();
}

function at<T>(map: Map<string, T>, key: string, make: () => T): T {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function grow(tree: Tree, path: readonly string[]): void {
  let level = tree;
  for (const name of path) level = at(level, name, () => new Map());
}

type Folders = NonNullable<Fixture['datacenters'][number]['folders']>;
type Pools = Pick<NonNullable<Fixture['datacenters'][number]['clusters']>[number], 'resourcePools' | 'vApps'>;

function trees(tree: Tree): Folders {
  return [...tree].map(([name, inner]) => ({name, ...(inner.size > 0 && {folders: trees(inner)})}));
}

function poolsIn(tree: Tree): Pools {
  const of = (type: string) =>
    [...tree].flatMap(([key, inner]) =>
      key.startsWith(`${type}:`) ? [{name: key.slice(type.length + 1), ...poolsIn(inner)}] : [],
    );
  return tree.size === 0 ? {} : {resourcePools: of('ResourcePool'), vApps: of('VirtualApp')};
}

function typeOf(type: string | null): 'VMFS' | 'NFS' | 'vsan' {
  if (type?.startsWith('NFS')) return 'NFS';
  return type?.startsWith('vsan') ? 'vsan' : 'VMFS';
}
