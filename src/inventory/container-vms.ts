import pLimit from 'p-limit';
import type {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {ID_KEY, isApplianceId, isContainerId} from '../extraconfig/keys.js';
import {faultError} from '../vim25/faults.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {
  extraConfigOf,
  extraConfigPaths,
  type ObjectContent,
  type ObjectSpec,
  readEach,
  readObject,
  retrieveProperties,
  type WantedKeys,
} from '../vim25/property-collector.js';
import {booleanValue, nameValue, refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {FoundVch} from './find-vch.js';
import {type Owner, ownerOf} from './ownership.js';
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

/** The containerVMs among the direct children of the VCH's pool and of its own folder, each once. */
export async function readContainerVms(
  session: Session,
  found: FoundVch,
  keys: WantedKeys,
  onRead?: (vms: number) => void,
): Promise<readonly ContainerVm[]> {
  const {pathSet, classify} = reading(found, keys);
  const children = await childrenOf(session, found.vch);
  let count = 0;
  const read = (content: ObjectContent) => {
    count += 1;
    onRead?.(count);
    return classify(content);
  };
  const vms = await retrieveProperties(session, children, [{type: 'VirtualMachine', pathSet}], read);
  return [...new Map(vms.flatMap((vm) => (vm === null ? [] : [[vm.ref.value, vm]]))).values()];
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
  const objects: ObjectSpec[] = [];
  if (vch.pool !== null) {
    // If the user may not read the list, the traversal would silently find no VMs: read the list itself first.
    await readObject(session, vch.pool, ['vm'], FINDING);
    objects.push({obj: vch.pool, traverse: [{type: vch.pool.type, path: 'vm'}]});
  }
  const folder = await ownFolder(session, vch);
  if (folder !== null) {
    await readObject(session, folder, ['childEntity'], FINDING);
    objects.push({obj: folder, traverse: [{type: 'Folder', path: 'childEntity'}]});
  }
  return objects;
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
): Promise<ReadonlyMap<string, ContainerVm | 'gone' | null>> {
  const {pathSet, classify} = reading(found, keys);
  return readInChunks(session, refs, pathSet, classify);
}

const CHUNK = 250;
/** The server looks one up while the other is read. */
const CHUNKS_AT_ONCE = 2;

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
 * Reads back what was written to VMs. `unseen`: its keys cannot be known, or are not those of a containerVM any more. One that
 * vCenter leaves out of its answer twice has no entry.
 */
export async function readBack(
  session: Session,
  refs: readonly ManagedObjectReference[],
  {keys, named}: Written,
): Promise<ReadonlyMap<string, WrittenVm | 'unseen' | 'gone'>> {
  const wanted = [...new Set([ID_KEY.appliance, ID_KEY.container, ...keys])];
  const paths = [...(named ? ['name'] : []), 'runtime.connectionState', ...extraConfigPaths(wanted)];
  return readInChunks(session, refs, paths, (content) => {
    const config = extraConfigOf(content.properties, wanted);
    const isSeen =
      isContainerId(config[ID_KEY.container]) &&
      !isApplianceId(config[ID_KEY.appliance], content.obj.value) &&
      isConnected(content) &&
      content.missing.length === 0;
    if (!isSeen) return 'unseen';
    return {config, ...(named && {displayName: displayNameOf(content)})};
  });
}

async function readInChunks<T>(
  session: Session,
  refs: readonly ManagedObjectReference[],
  pathSet: readonly string[],
  map: (content: ObjectContent) => T,
): Promise<ReadonlyMap<string, T | 'gone'>> {
  const atOnce = pLimit(CHUNKS_AT_ONCE);
  const starts = Array.from({length: Math.ceil(refs.length / CHUNK)}, (_, at) => at * CHUNK);
  const read = await atOnce.map(starts, (start) =>
    readEach(session, refs.slice(start, start + CHUNK), pathSet, map),
  );
  return new Map(read.flatMap((chunk) => [...chunk]));
}

/** What to read of a VM, and what to make of it. */
function reading(found: FoundVch, keys: WantedKeys) {
  const wanted = keys === 'all' ? keys : [...new Set([ID_KEY.appliance, ID_KEY.container, ...keys])];
  return {
    pathSet: [...PATHS, ...extraConfigPaths(wanted)],
    classify: (content: ObjectContent) => classify(content, extraConfigOf(content.properties, wanted), found),
  };
}

/** The VCH's folder, unless it is the datacenter's own: VCHs before 1.4 share that with everything else. */
async function ownFolder(session: Session, vch: Vch): Promise<ManagedObjectReference | null> {
  const {folder} = vch;
  if (folder === null) return null;
  const parent = refValue((await readObject(session, folder, ['parent'], FINDING)).get('parent'));
  return parent === null || parent.type === 'Datacenter' ? null : folder;
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

function classify(
  content: ObjectContent,
  config: ExtraConfig,
  {vch, inventory}: FoundVch,
): ContainerVm | null {
  const standing = standingOf(content, config);
  if (standing === 'none') return null;
  const text = (path: string) => textValue(content.properties.get(path));
  const id = config[ID_KEY.container];
  const containerId = isContainerId(id) ? id : null;
  const ids = {containerId, biosUuid: text('config.uuid')};
  const base: SeenVm = {
    ...ids,
    ref: content.obj,
    displayName: displayNameOf(content),
    powerState: text('runtime.powerState'),
    owner: ownerOf(vch, inventory.appliances, {
      ...ids,
      pool: refValue(content.properties.get('resourcePool')),
      folder: refValue(content.properties.get('parent')),
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

function unreachableBecause(connection: string | null): string {
  return connection === null || connection === 'connected'
    ? 'vCenter shows no configuration of it'
    : `its connection state is ${connection}`;
}
