import type {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {ID_KEY, isApplianceId, isContainerId} from '../extraconfig/keys.js';
import {faultError} from '../vim25/faults.js';
import {distinctRefs, type ManagedObjectReference} from '../vim25/managed-object.js';
import {
  assertNothingMissing,
  extraConfigOf,
  extraConfigPaths,
  leftOut,
  type ObjectContent,
  type ObjectSpec,
  readEach,
  readObject,
  retrieveProperties,
  type WantedKeys,
} from '../vim25/property-collector.js';
import {booleanValue, nameValue, refValue, refValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {XmlElement} from '../vim25/xml.js';
import type {FoundContainer, FoundVch} from './find-vch.js';
import {OWN, type Owner, ownerOf} from './ownership.js';
import type {Vch} from './vch.js';

/** What is known of every containerVM that was looked at. */
interface SeenVm {
  readonly ref: ManagedObjectReference;
  readonly displayName: string;
  readonly powerState: string | null;
  readonly containerId: string | null;
  readonly biosUuid: string | null;
  readonly owner: Owner;
  /** Those of the wanted keys that could be read. */
  readonly config: ExtraConfig;
}

/** A containerVM as one reading shows it. */
export interface ReadableVm extends SeenVm {
  readonly status: 'readable';
  readonly containerId: string;
  readonly instanceUuid: string;
  /** It has the BIOS UUID that its VCH gives to its container, and no other VM has its container id. */
  readonly isOnly: boolean;
  /** vSphere's version of the configuration that was read; the write based on it carries it. */
  readonly changeVersion: string;
}

/** A containerVM in a VCH's pool or folder, after one reading; another VCH may own it. */
export type ContainerVm =
  | ReadableVm
  /** Its keys cannot be known: never take it for a VM without keys. */
  | (SeenVm & {readonly status: 'unreachable'; readonly reason: string})
  | (SeenVm & {readonly status: 'unreadable'; readonly error: VchError})
  | (SeenVm & {readonly status: 'template'});

/** Whether the VCH owns a VM. A VM whose owner is unclear is neither written nor counted. */
export function isOwn({owner}: Pick<ContainerVm, 'owner'>): boolean {
  return owner.status === 'own' || owner.status === 'placed';
}

/** How messages name a VM: `web-0a1b2c3d4e5f (vm-13)`. */
export function labelOf({displayName, ref}: Pick<ContainerVm, 'displayName' | 'ref'>): string {
  return `${displayName} (${ref.value})`;
}

const PATHS = [
  'name',
  'config.changeVersion',
  'config.instanceUuid',
  'config.template',
  'config.uuid',
  'parent',
  'resourcePool',
  'runtime.connectionState',
  'runtime.powerState',
];

/** What the search through the inventory has read already. */
const FOUND = ['config.uuid', 'parent', 'resourcePool'];

/** The containerVMs among the direct children of the VCH's pool and of its own folder, each once. */
export async function readContainerVms(
  session: Session,
  found: FoundVch,
  keys: WantedKeys,
  onRead?: (vms: number) => void,
): Promise<readonly ContainerVm[]> {
  const {inventory, vch} = found;
  const places = await placesOf(session, vch);
  const children = distinctRefs(places.flatMap(({vms}) => vms));
  const known = new Map(inventory.containers.map((vm) => [vm.ref.value, vm]));
  const appliances = new Set(inventory.appliances.map(({ref}) => ref.value));
  // Those that were not there yet, or could not be read: they may be anything.
  const unknown = children.filter(
    ({value}) => !known.has(value) && !appliances.has(value) && !inventory.others.has(value),
  );
  let count = 0;
  const counted = (vm: ContainerVm | null) => {
    count += 1;
    onRead?.(count);
    return vm;
  };
  const readKnown = () => {
    const refs = children.filter(({value}) => known.has(value));
    if (keys === 'all') return rereadVms(session, found, refs, keys, counted);
    const left = keys.filter((key) => key !== ID_KEY.container);
    const pathSet = [...PATHS.filter((path) => !FOUND.includes(path)), ...extraConfigPaths(left)];
    return readEach(session, refs, pathSet, (content) => {
      const config = extraConfigOf(content.properties, left);
      return counted(classify(content, config, found, known.get(content.obj.value)));
    });
  };
  const [readOfKnown, readOfUnknown] = await Promise.all([
    readKnown(),
    rereadVms(session, found, unknown, keys, counted),
  ]);
  return children.flatMap(({value}) => {
    const vm = readOfKnown.get(value) ?? readOfUnknown.get(value);
    if (vm !== undefined) return vm === null || vm === 'gone' ? [] : [vm];
    const seen = known.get(value);
    // A user who may not see a VM gets no answer.
    return seen === undefined ? [] : [unanswered(seen, found)];
  });
}

/** Reads a few keys of the same VMs, and gives what `map` makes of each. A VM that cannot be read has none. */
export async function readContainerKeys<T>(
  session: Session,
  {vch}: Pick<FoundVch, 'vch'>,
  keys: readonly string[],
  map: (id: string, config: ExtraConfig) => T,
): Promise<readonly T[]> {
  const properties = [{type: 'VirtualMachine', pathSet: extraConfigPaths(keys)}];
  return retrieveProperties(session, await childrenOf(session, vch), properties, (content) =>
    map(content.obj.value, extraConfigOf(content.properties, keys)),
  );
}

const FINDING = "finding the VCH's containerVMs";

/** How to reach the direct children of the VCH's pool and of its own folder; a VM may be in both. */
export async function childrenOf(session: Session, vch: Vch): Promise<readonly ObjectSpec[]> {
  return (await placesOf(session, vch)).map(({spec}) => spec);
}

/** The VCH's pool and its own folder, and the VMs that are directly there. */
async function placesOf(
  session: Session,
  vch: Vch,
): Promise<readonly {readonly spec: ObjectSpec; readonly vms: readonly ManagedObjectReference[]}[]> {
  const refs = [vch.pool ?? [], vch.folder ?? []].flat();
  if (refs.length === 0) return [];
  // If the user may not read the list, a traversal would silently find no VMs.
  const read = await retrieveProperties(
    session,
    refs.map((obj) => ({obj})),
    refs.map(({type}) => ({type, pathSet: [type === 'Folder' ? 'parent' : 'vm']})),
    (content) => {
      assertNothingMissing(content, FINDING);
      const parent = refValue(content.properties.get('parent'));
      return {obj: content.obj, parent, vms: vmsIn(content.properties.get('vm'))};
    },
  );
  const places = [];
  for (const ref of refs) {
    const found = read.find(({obj}) => obj.value === ref.value);
    if (found === undefined) throw leftOut(session, ref, FINDING);
    const {obj, vms, parent} = found;
    if (obj.type !== 'Folder') places.push({spec: {obj, traverse: [{type: obj.type, path: 'vm'}]}, vms});
    // VCHs before 1.4 share the datacenter's own folder with everything else.
    else if (parent !== null && parent.type !== 'Datacenter') {
      const path = 'childEntity';
      const children = (await readObject(session, obj, [path], FINDING)).get(path);
      places.push({spec: {obj, traverse: [{type: obj.type, path}]}, vms: vmsIn(children)});
    }
  }
  return places;
}

function vmsIn(references: XmlElement | undefined): readonly ManagedObjectReference[] {
  return refValues(references).filter(({type}) => type === 'VirtualMachine');
}

/**
 * Reads those VMs again, by moref: one that was removed is `gone`, and one that is no longer a containerVM is `null`.
 * One that vCenter leaves out of its answer twice has no entry; it may still exist.
 */
export async function rereadVms(
  session: Session,
  found: FoundVch,
  refs: readonly ManagedObjectReference[],
  keys: WantedKeys,
  each: (vm: ContainerVm | null) => ContainerVm | null = (vm) => vm,
): Promise<ReadonlyMap<string, ContainerVm | 'gone' | null>> {
  const wanted = keys === 'all' ? keys : [...new Set([ID_KEY.appliance, ID_KEY.container, ...keys])];
  return readEach(session, refs, [...PATHS, ...extraConfigPaths(wanted)], (content) =>
    each(classify(content, extraConfigOf(content.properties, wanted), found)),
  );
}

/** A VM as far as it shows whether a write was kept. */
export interface WrittenVm extends Pick<SeenVm, 'config'> {
  /** Absent if it was not read. */
  readonly displayName?: string;
}

/** What was written: keys, and names or none. */
interface Written {
  readonly keys: readonly string[];
  readonly named: boolean;
}

/**
 * Reads back what was written to VMs, and gives what `map` makes of each. `unseen`: its keys cannot be known, or it has
 * no container's id any more. One that vCenter leaves out of its answer twice has no entry.
 */
export async function readBack<T>(
  session: Session,
  refs: readonly ManagedObjectReference[],
  {keys, named}: Written,
  map: (id: string, vm: WrittenVm) => T,
): Promise<ReadonlyMap<string, T | 'unseen' | 'gone'>> {
  const wanted = [...new Set([ID_KEY.container, ...keys])];
  const paths = [...(named ? ['name'] : []), 'runtime.connectionState', ...extraConfigPaths(wanted)];
  return readEach(session, refs, paths, (content) => {
    const config = extraConfigOf(content.properties, wanted);
    const isSeen =
      isContainerId(config[ID_KEY.container]) && isConnected(content) && content.missing.length === 0;
    if (!isSeen) return 'unseen';
    return map(content.obj.value, {config, ...(named && {displayName: displayNameOf(content)})});
  });
}

function displayNameOf({obj, properties}: ObjectContent): string {
  return nameValue(properties.get('name')) ?? obj.value;
}

/** Whether nothing says that its host is lost, and with it what is new in its configuration. */
function isConnected({properties}: Pick<ObjectContent, 'properties'>): boolean {
  const connection = textValue(properties.get('runtime.connectionState'));
  return connection === null || connection === 'connected';
}

/** What a reading makes of a VM: `none` is no containerVM. One whose keys cannot be known may be anything. */
function standingOf(
  {obj, properties, missing}: ObjectContent,
  config: ExtraConfig,
): 'none' | 'unreachable' | 'unreadable' | 'template' | 'readable' {
  const id = config[ID_KEY.container];
  // Only a VM whose configuration was really read can be one without an id.
  const isRead = textValue(properties.get('config.changeVersion')) !== null;
  if (isApplianceId(config[ID_KEY.appliance], obj.value)) return 'none';
  if (isRead && (id === undefined ? missing.length === 0 : !isContainerId(id))) return 'none';
  if (!isConnected({properties})) return 'unreachable';
  if (missing.length > 0) return 'unreadable';
  if (!isRead) return 'unreachable';
  return booleanValue(properties.get('config.template')) ? 'template' : 'readable';
}

/** What the search through the inventory knows of a VM need not be among the properties. */
function classify(
  content: ObjectContent,
  read: ExtraConfig,
  {vch, inventory}: FoundVch,
  seen?: FoundContainer,
): ContainerVm | null {
  const config = seen === undefined ? read : {[ID_KEY.container]: seen.containerId, ...read};
  const standing = standingOf(content, config);
  if (standing === 'none') return null;
  const text = (path: string) => textValue(content.properties.get(path));
  const id = config[ID_KEY.container];
  const containerId = isContainerId(id) ? id : null;
  const ids = {containerId, biosUuid: seen?.biosUuid ?? text('config.uuid')};
  const base: SeenVm = {
    ...ids,
    ref: content.obj,
    displayName: displayNameOf(content),
    powerState: text('runtime.powerState'),
    owner:
      seen !== undefined && inventory.owners.get(seen.ref.value) === vch.ref.value
        ? OWN
        : ownerOf(vch, inventory.appliances, {
            ...ids,
            pool: seen?.where?.pool ?? refValue(content.properties.get('resourcePool')),
            folder: seen?.where?.folder ?? refValue(content.properties.get('parent')),
          }),
    config,
  };
  const [missing] = content.missing;
  if (standing === 'unreadable' && missing !== undefined) {
    const error = faultError(missing.fault, `reading ${missing.path} of ${labelOf(base)}`);
    return {...base, status: 'unreadable', error};
  }
  if (standing === 'template') return {...base, status: 'template'};
  const changeVersion = text('config.changeVersion');
  if (standing !== 'readable' || changeVersion === null || containerId === null)
    return {...base, status: 'unreachable', reason: unreachableBecause(text('runtime.connectionState'))};
  return {
    ...base,
    status: 'readable',
    containerId,
    instanceUuid: text('config.instanceUuid') ?? '',
    // A VM that cannot be read may have the same id.
    isOnly: base.owner.status === 'own' && inventory.unreadable === 0 && !inventory.twins.has(containerId),
    changeVersion,
  };
}

/** A containerVM that was there a moment ago, and that two answers have left out. */
function unanswered(
  {ref, biosUuid, containerId, where}: FoundContainer,
  {vch, inventory}: FoundVch,
): ContainerVm {
  const {name = ref.value, pool = null, folder = null} = where ?? {};
  return {
    ...{ref, displayName: name, powerState: null, containerId, biosUuid},
    owner: ownerOf(vch, inventory.appliances, {biosUuid, containerId, pool, folder}),
    config: {[ID_KEY.container]: containerId},
    ...{status: 'unreachable', reason: 'vCenter leaves it out of its answers'},
  };
}

function unreachableBecause(connection: string | null): string {
  return connection === null || connection === 'connected'
    ? 'vCenter shows no configuration of it'
    : `its connection state is ${connection}`;
}
