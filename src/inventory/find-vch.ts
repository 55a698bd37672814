import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {
  APPLIANCE_VERSION_KEY,
  BUILD_KEY,
  DATA_VERSION_KEY,
  ID_KEY,
  isApplianceId,
  isContainerId,
  LEASE_KEYS,
  NAME_KEYS,
} from '../extraconfig/keys.js';
import {decodeValue, parseDataVersion} from '../extraconfig/value.js';
import {distinctRefs, type ManagedObjectReference, unescapeName} from '../vim25/managed-object.js';
import {
  extraConfigOf,
  extraConfigPaths,
  leftOut,
  type ObjectContent,
  readEach,
  readObject,
  readObjects,
  retrieveOnce,
  withContainerView,
} from '../vim25/property-collector.js';
import {nameValue, refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {type InventoryPath, inventoryPaths, isInDatacenter, isInside} from './inventory-path.js';
import {ownersByPlace, owns} from './ownership.js';
import {describeStrays, type StrayAppliance} from './stray-appliances.js';
import {type Vch, type VchSelector, type VicVm, vchLabel} from './vch.js';

/** All of VIC's VMs that this user can see. */
export interface VicInventory {
  /** With the folder of their own, into which VIC 1.4 and newer put a VCH's VMs; the datacenter's own folder is none. */
  readonly appliances: readonly (VicVm & {readonly ownFolder: ManagedObjectReference | null})[];
  readonly containers: readonly FoundContainer[];
  /** The morefs of VMs that are none of VIC's. */
  readonly others: ReadonlySet<string>;
  /** The moref of the VCH of each containerVM, by its BIOS UUID; one with the UUID of no VCH is absent. */
  readonly owners: ReadonlyMap<string, string>;
  /** How many containerVMs each VCH has: those with its UUID, and those with the UUID of no VCH that can only be its own. */
  readonly counts: ReadonlyMap<string, number>;
  /** Container ids that several VMs have: all but one are copies. */
  readonly twins: ReadonlySet<string>;
  /** VMs with an appliance's keys, but the id of another VM. */
  readonly strays: readonly StrayAppliance[];
  /** How many VMs' ExtraConfig cannot be read: the privilege or the host is missing, and one may be the VCH. */
  readonly unreadable: number;
}

/** A containerVM, as far as the search through the whole inventory looks at it. */
export interface FoundContainer extends Pick<VicVm, 'ref' | 'biosUuid'> {
  readonly containerId: string;
  /** Name and place; `null` unless they are needed: to tell whose it is, or copies from each other. */
  readonly where: Omit<VicVm, 'ref' | 'biosUuid'> | null;
}

/** A VCH, and all of VIC's VMs on the same target. */
export interface FoundVch {
  readonly vch: Vch;
  readonly inventory: VicInventory;
}

const KEYS = [
  NAME_KEYS.appliance.hidden,
  NAME_KEYS.appliance.legacy,
  BUILD_KEY.appliance,
  APPLIANCE_VERSION_KEY,
  DATA_VERSION_KEY.appliance,
  ...LEASE_KEYS,
];

/** Every VCH on the target that fits the selector; none is an error only if something was selected. */
export async function listVchs(
  session: Session,
  selector: VchSelector,
  known?: VicInventory,
): Promise<readonly Vch[]> {
  const inventory = known ?? (await discover(session));
  const found = await fitting(session, inventory, selector);
  if (found.length === 0 && describe(selector) !== '') throw await notFound(session, selector, inventory);
  for (const vch of found.filter(({isBare}) => isBare)) session.log.warn(bare(vch));
  const {strays, appliances} = inventory;
  for (const stray of await describeStrays(session, strays, appliances, selector)) session.log.warn(stray);
  return found;
}

/**
 * The one VCH that fits the selector; none, or more than one, is an error that lists what is there. `onSeen` is told how many
 * VMs of the inventory were looked at. With a `known` inventory, only the VCH itself is read.
 */
export async function findVch(
  session: Session,
  selector: VchSelector,
  onSeen?: (vms: number) => void,
  known?: VicInventory,
): Promise<FoundVch> {
  const inventory = known ?? (await discover(session, onSeen));
  const fit = await fitting(session, inventory, selector);
  const found = fit.filter(({isBare}) => !isBare);
  const [vch] = found;
  if (vch !== undefined && found.length === 1) return {vch, inventory};
  const [other] = fit;
  if (vch === undefined && other !== undefined) throw new VchError('VCH_ERR_VCH_NOT_FOUND', bare(other));
  if (found.length === 0) throw await notFound(session, selector, inventory);
  throw new VchError(
    'VCH_ERR_VCH_NOT_FOUND',
    `${found.length} VCHs${describe(selector)} on ${session.url.host}: ${listed(found)}; name one with --id`,
  );
}

function bare(vch: Vch): string {
  return (
    `${vchLabel(vch)} has its id and none of its other keys, as in a dump of another VCH: nothing is known of it here. ` +
    `Dump it from its vCenter: vch-migrate dump FILE --id ${vch.summary.id}`
  );
}

async function notFound(session: Session, selector: VchSelector, inventory: VicInventory): Promise<VchError> {
  const {unreadable, strays, appliances} = inventory;
  const unread =
    unreadable === 0
      ? ''
      : ` (${unreadable} VMs could not be read: System.Read is missing, or their host or datastore is disconnected)`;
  const all = await fitting(session, inventory, {});
  const there = await describeStrays(session, strays, appliances, selector);
  if (all.length > 0) there.push(`there is: ${listed(all)}`);
  if (there.length === 0) there.push('there is none at all; check --target and the privileges of the user');
  return new VchError(
    'VCH_ERR_VCH_NOT_FOUND',
    `no VCH${describe(selector)} on ${session.url.host}${unread}; ${there.join('; ')}`,
  );
}

/** The values of `LEASE_KEYS` now. Rejects if they cannot be read: a disconnected appliance may be locked. */
export async function readLeases(session: Session, vch: Vch): Promise<ExtraConfig> {
  const label = vchLabel(vch);
  const paths = ['runtime.connectionState', ...extraConfigPaths(LEASE_KEYS)];
  const properties = await readObject(session, vch.ref, paths, `reading the upgrade lock of ${label}`);
  const connection = textValue(properties.get('runtime.connectionState'));
  if (connection === 'connected') return extraConfigOf(properties, LEASE_KEYS);
  throw new VchError(
    'VCH_ERR_HOST_UNREACHABLE',
    `cannot read whether an upgrade holds ${label}: its appliance is ${connection ?? 'in no state that vCenter would tell'}. Nothing was written. ` +
      'Reconnect its host and run the same command again',
  );
}

/** What a look at one VM of the inventory finds. */
interface Seen extends Pick<VicVm, 'ref' | 'biosUuid'> {
  readonly kind: 'appliance' | 'container' | 'stray' | 'unreadable' | 'other';
  /** The value of the key that makes it one of VIC's. */
  readonly id: string;
}

const ID_KEYS = [ID_KEY.appliance, ID_KEY.container];
/** With more VCHs than these, it takes less to read where a containerVM is than to try the BIOS UUIDs of all of them. */
const MANY = 16;

/** Looks once at every VM of the inventory, at the two keys that make it one of VIC's and at its BIOS UUID. */
export async function discover(session: Session, onSeen?: (vms: number) => void): Promise<VicInventory> {
  const pathSet = ['config.uuid', ...extraConfigPaths(ID_KEYS)];
  let count = 0;
  const look = (content: ObjectContent) => {
    count += 1;
    onSeen?.(count);
    return lookAt(content);
  };
  const seen = await withContainerView(session, session.content.rootFolder, 'VirtualMachine', (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type: 'VirtualMachine', pathSet}],
      look,
    ),
  );
  const of = (kind: Seen['kind']) => seen.filter((one) => one.kind === kind);
  const known = [...of('appliance'), ...of('stray')];
  const whereKnown = await whereabouts(session, known);
  const vicVms = (kind: Seen['kind']) =>
    of(kind).flatMap(({ref, biosUuid, id}) => {
      const where = whereKnown.get(ref.value);
      if (where === undefined) throw leftOut(session, ref, 'looking at an appliance');
      return where === 'gone' ? [] : [{ref, biosUuid, id, ...where}];
    });
  const appliances = vicVms('appliance').map(({id: _, ...vm}) => vm);
  const strays = vicVms('stray').map(({id, ...vm}) => ({...vm, applianceId: id}));
  const own = await foldersOfTheirOwn(session, appliances);
  const placed = appliances.map((appliance) => ({
    ...appliance,
    ownFolder: own.has(appliance.folder?.value) ? appliance.folder : null,
  }));
  const twins = repeated(of('container').map(({id}) => id));
  const byUuid = ownersByUuid(placed, of('container'));
  const unclear = of('container').filter(({ref, id}) => !byUuid.has(ref.value) || twins.has(id));
  const whereUnclear = await whereabouts(session, unclear);
  const containers = of('container').flatMap(({ref, biosUuid, id}): FoundContainer[] => {
    const where = whereUnclear.get(ref.value) ?? null;
    return where === 'gone' ? [] : [{ref, biosUuid, containerId: id, where}];
  });
  return {
    ...{appliances: placed, containers, strays, twins},
    ...ownersOf(placed, containers, byUuid),
    others: new Set(of('other').map(({ref}) => ref.value)),
    unreadable: of('unreadable').length,
  };
}

function lookAt(content: ObjectContent): Seen {
  const {obj: ref, properties} = content;
  const config = extraConfigOf(properties, ID_KEYS);
  const {[ID_KEY.appliance]: applianceId = '', [ID_KEY.container]: containerId = ''} = config;
  const base = {ref, biosUuid: textValue(properties.get('config.uuid'))};
  if (isApplianceId(applianceId, ref.value)) return {...base, kind: 'appliance', id: applianceId};
  if (isContainerId(containerId)) return {...base, kind: 'container', id: containerId};
  if (applianceId.startsWith('VirtualMachine:')) return {...base, kind: 'stray', id: applianceId};
  return {...base, kind: isReadable(content) ? 'other' : 'unreadable', id: ''};
}

/** What VMs are called, and where they are. */
export function whereabouts(session: Session, vms: readonly Pick<VicVm, 'ref'>[]) {
  const paths = ['name', 'parent', 'resourcePool'];
  return readEach(
    session,
    vms.map(({ref}) => ref),
    paths,
    ({obj, properties}) => ({
      name: nameValue(properties.get('name')) ?? obj.value,
      pool: refValue(properties.get('resourcePool')),
      folder: refValue(properties.get('parent')),
    }),
  );
}

/** By the containerVM's moref, that of its VCH; empty where it takes too long to try every VCH's BIOS UUID. */
function ownersByUuid(
  appliances: readonly VicVm[],
  containers: readonly Seen[],
): ReadonlyMap<string, string> {
  if (appliances.length > MANY) return new Map();
  return new Map(
    containers.flatMap(({ref, biosUuid, id}) => {
      const owner = appliances.find((appliance) => owns(appliance, biosUuid, id));
      return owner === undefined ? [] : [[ref.value, owner.ref.value] as const];
    }),
  );
}

function repeated(ids: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(ids.filter((id) => seen.size === seen.add(id).size));
}

/** The folders of the appliances that a datacenter does not own itself. One that may not be read tells nothing. */
async function foldersOfTheirOwn(
  session: Session,
  appliances: readonly VicVm[],
): Promise<ReadonlySet<string | undefined>> {
  const folders = distinctRefs(appliances.flatMap(({folder}) => folder ?? []));
  const own = await readObjects(session, folders, ['parent'], ({obj, properties}) =>
    refValue(properties.get('parent'))?.type === 'Folder' ? obj.value : undefined,
  );
  return new Set(own);
}

/** Whether its configuration was there to be read, so that an absent key is absent. */
function isReadable(content: ObjectContent): boolean {
  return content.properties.has('config.uuid') && content.missing.length === 0;
}

async function fitting(
  session: Session,
  inventory: VicInventory,
  selector: VchSelector,
): Promise<readonly Vch[]> {
  const wantedId = selector.id?.replace(/^VirtualMachine:/, '');
  const candidates = inventory.appliances.filter(({ref}) => wantedId === undefined || ref.value === wantedId);
  const [pathOf, read] = await Promise.all([
    inventoryPaths(
      session,
      candidates.map(({pool, ref}) => pool ?? ref),
    ),
    readObjects(
      session,
      candidates.map(({ref}) => ref),
      ['runtime.powerState', ...extraConfigPaths(KEYS)],
      ({obj, properties}) => [obj.value, properties] as const,
    ),
  ]);
  const details = new Map(read);
  return candidates.flatMap((appliance) => {
    const id = appliance.ref.value;
    const path = pathOf(appliance.pool ?? appliance.ref);
    const properties = details.get(id);
    // Without its keys, it is unknown whether an upgrade holds it.
    if (properties === undefined) throw leftOut(session, appliance.ref, `looking at ${appliance.name}`);
    const vch = toVch(appliance, properties, path, inventory.counts.get(id) ?? 0);
    return fits(vch, path, selector) ? [vch] : [];
  });
}

function fits(vch: Vch, path: InventoryPath, selector: VchSelector): boolean {
  const {name, computeResource, datacenter} = selector;
  const names = [name, name && unescapeName(name)];
  if (name !== undefined && !names.includes(vch.summary.name) && name !== vch.summary.ownName) return false;
  if ((datacenter !== undefined || computeResource !== undefined) && path.unread) throw path.unread;
  if (datacenter !== undefined && !isInDatacenter(path, datacenter)) return false;
  return computeResource === undefined || isInside(path, computeResource);
}

function toVch(
  appliance: VicVm,
  properties: ObjectContent['properties'],
  path: InventoryPath,
  containerVMs: number,
): Vch {
  const config = extraConfigOf(properties, KEYS);
  const isBare = Object.keys(config).length === 0;
  const text = (key: string) => decodeValue(config[key] ?? '') || null;
  return {
    ...appliance,
    leases: extraConfigOf(properties, LEASE_KEYS),
    ...(isBare && {isBare}),
    summary: {
      id: appliance.ref.value,
      name: appliance.name,
      ownName: text(NAME_KEYS.appliance.hidden) ?? text(NAME_KEYS.appliance.legacy),
      build: text(BUILD_KEY.appliance),
      version: text(APPLIANCE_VERSION_KEY),
      dataVersion: isBare ? null : parseDataVersion(config[DATA_VERSION_KEY.appliance]),
      powerState: textValue(properties.get('runtime.powerState')),
      computeResource: `/${path.segments.join('/')}`,
      containerVMs,
    },
  };
}

/** The owner of each containerVM. Most are beside their VCH, so looking there first saves a digest for every other VCH. */
function ownersOf(
  appliances: VicInventory['appliances'],
  containers: VicInventory['containers'],
  known: ReadonlyMap<string, string>,
): Pick<VicInventory, 'owners' | 'counts'> {
  const neighbours = new Map<string, VicInventory['appliances'][number][]>();
  for (const appliance of appliances)
    for (const place of new Set([appliance.pool?.value, appliance.ownFolder?.value]))
      if (place !== undefined) neighbours.set(place, [...(neighbours.get(place) ?? []), appliance]);
  const owners = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const vm of containers) {
    const {pool = null, folder = null} = vm.where ?? {};
    const near = new Set([pool?.value, folder?.value].flatMap((place) => neighbours.get(place ?? '') ?? []));
    const isOwner = (appliance: VicVm) => owns(appliance, vm.biosUuid, vm.containerId);
    const byUuid =
      known.get(vm.ref.value) ?? ([...near].find(isOwner) ?? appliances.find(isOwner))?.ref.value;
    if (byUuid !== undefined) owners.set(vm.ref.value, byUuid);
    const [owner, second] =
      byUuid === undefined ? ownersByPlace([...near], {pool, folder}).map(({ref}) => ref.value) : [byUuid];
    if (owner !== undefined && second === undefined) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  }
  return {owners, counts};
}

function describe(selector: VchSelector): string {
  const criteria = [
    selector.id && `id ${selector.id}`,
    selector.name && `name "${selector.name}"`,
    selector.computeResource && `compute resource ${selector.computeResource}`,
    selector.datacenter && `datacenter ${selector.datacenter}`,
  ].filter(Boolean);
  return criteria.length === 0 ? '' : ` with ${criteria.join(', ')}`;
}

function listed(vchs: readonly Vch[]): string {
  return vchs
    .map(({summary}) => `${summary.name} (--id ${summary.id}, ${summary.computeResource ?? 'unknown place'})`)
    .join('; ');
}
