import type {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {ID_KEY, isApplianceId, isContainerId} from '../extraconfig/keys.js';
import {faultError} from '../vim25/faults.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {
  assertNothingMissing,
  extraConfigPath,
  type ObjectContent,
  type ObjectSpec,
  retrieveProperties,
} from '../vim25/property-collector.js';
import {booleanValue, optionValue, optionValues, refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {Vch} from './vch.js';

/** What is known of any VM that was looked at. */
interface VmBase {
  readonly ref: ManagedObjectReference;
  readonly displayName: string;
  readonly powerState: string | null;
  readonly containerId: string | null;
  readonly biosUuid: string | null;
  /** The keys asked for, as far as they could be read. */
  readonly config: ExtraConfig;
}

/** A containerVM as one reading shows it. */
export interface ReadableVm extends VmBase {
  readonly status: 'readable';
  readonly containerId: string;
  readonly instanceUuid: string;
  /** vSphere's mark of this reading; goes into the write that is decided on it. */
  readonly changeVersion: string;
}

/** One VM of a VCH's pool or folder, after one reading. */
export type ContainerVm =
  | ReadableVm
  /** Its keys cannot be known: never to be taken for a VM without keys. */
  | (VmBase & {readonly status: 'unreachable'; readonly reason: string})
  | (VmBase & {readonly status: 'unreadable'; readonly error: VchError})
  | (VmBase & {readonly status: 'template'})
  /** No containerVM: the appliance, another VCH's, or somebody's own VM. */
  | (VmBase & {readonly status: 'other'});

/** Which keys of the ExtraConfig are wanted; `all` reads it whole. */
export type WantedKeys = readonly string[] | 'all';

const PATHS = [
  'name',
  'config.changeVersion',
  'config.instanceUuid',
  'config.template',
  'config.uuid',
  'runtime.connectionState',
  'runtime.powerState',
];

/** The direct children of the VCH's pool and of its own folder, each once. */
export async function readContainerVms(
  session: Session,
  vch: Vch,
  keys: WantedKeys,
): Promise<readonly ContainerVm[]> {
  return distinct(await readVms(session, await childrenOf(session, vch), keys));
}

/** What leads a read to the direct children of the VCH's pool and of its own folder; a VM in both is met once. */
export async function childrenOf(session: Session, vch: Vch): Promise<readonly ObjectSpec[]> {
  const objects: ObjectSpec[] = [];
  if (vch.pool !== null) {
    // A list that the user may not read would lead to no VMs, without a word: it is asked for itself first.
    await readWhole(session, vch.pool, ['vm']);
    objects.push({obj: vch.pool, traverse: [{type: vch.pool.type, path: 'vm'}]});
  }
  const folder = await ownFolder(session, vch);
  if (folder !== null) {
    await readWhole(session, folder, ['childEntity']);
    objects.push({obj: folder, traverse: [{type: 'Folder', path: 'childEntity'}]});
  }
  return objects;
}

/** Those VMs anew; one that is gone by now is not in the answer. */
export async function rereadVms(
  session: Session,
  refs: readonly ManagedObjectReference[],
  keys: WantedKeys,
): Promise<ReadonlyMap<string, ContainerVm>> {
  const found = new Map<string, ContainerVm>();
  for (let start = 0; start < refs.length; start += CHUNK) {
    for (const vm of await readKnown(session, refs.slice(start, start + CHUNK), keys))
      found.set(vm.ref.value, vm);
  }
  return found;
}

const CHUNK = 250;

/** A VM that is gone fails the read of all the others; halving finds it in a few requests. */
async function readKnown(
  session: Session,
  refs: readonly ManagedObjectReference[],
  keys: WantedKeys,
): Promise<readonly ContainerVm[]> {
  try {
    return await readVms(
      session,
      refs.map((obj) => ({obj})),
      keys,
    );
  } catch (error) {
    if (!isGone(error)) throw error;
    if (refs.length === 1) return [];
    const middle = Math.ceil(refs.length / 2);
    return [
      ...(await readKnown(session, refs.slice(0, middle), keys)),
      ...(await readKnown(session, refs.slice(middle), keys)),
    ];
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'fault' in error && error.fault === 'ManagedObjectNotFound';
}

function readVms(session: Session, objects: readonly ObjectSpec[], keys: WantedKeys): Promise<ContainerVm[]> {
  const wanted = keys === 'all' ? ['config.extraConfig'] : keysToRead(keys).map(extraConfigPath);
  return retrieveProperties(
    session,
    objects,
    [{type: 'VirtualMachine', pathSet: [...PATHS, ...wanted]}],
    (content) => classify(content, keys),
  );
}

function keysToRead(keys: readonly string[]): string[] {
  return [...new Set([ID_KEY.appliance, ID_KEY.container, ...keys])];
}

/** The VCH's folder, unless it is the datacenter's own, which VCHs before 1.4 share with everything else. */
async function ownFolder(session: Session, vch: Vch): Promise<ManagedObjectReference | null> {
  const {folder} = vch;
  if (folder === null) return null;
  const properties = await readWhole(session, folder, ['parent']);
  const parent = refValue(properties?.get('parent'));
  return parent === null || parent.type === 'Datacenter' ? null : folder;
}

/** Properties of one object, of which none may be unreadable. */
async function readWhole(session: Session, obj: ManagedObjectReference, pathSet: readonly string[]) {
  const [properties] = await retrieveProperties(session, [{obj}], [{type: obj.type, pathSet}], (content) => {
    assertNothingMissing(content, "finding the VCH's containerVMs");
    return content.properties;
  });
  return properties;
}

function classify(content: ObjectContent, keys: WantedKeys): ContainerVm {
  const text = (path: string) => textValue(content.properties.get(path));
  const config = readConfig(content, keys);
  const id = config[ID_KEY.container];
  const base: VmBase = {
    ref: content.obj,
    displayName: text('name') ?? content.obj.value,
    powerState: text('runtime.powerState'),
    containerId: isContainerId(id) ? id : null,
    biosUuid: text('config.uuid'),
    config,
  };
  const connection = text('runtime.connectionState');
  const changeVersion = text('config.changeVersion');
  if (isApplianceId(config[ID_KEY.appliance], content.obj.value)) return {...base, status: 'other'};
  // Only a VM whose configuration was really read can be one without an id.
  if (changeVersion !== null && id === undefined && content.missing.length === 0)
    return {...base, status: 'other'};
  if (changeVersion !== null && id !== undefined && base.containerId === null)
    return {...base, status: 'other'};
  if (connection !== null && connection !== 'connected')
    return {...base, status: 'unreachable', reason: `its connection state is ${connection}`};
  const [missing] = content.missing;
  if (missing !== undefined) {
    return {
      ...base,
      status: 'unreadable',
      error: faultError(
        missing.fault,
        `reading ${missing.path} of ${base.displayName} (${content.obj.value})`,
      ),
    };
  }
  if (changeVersion === null)
    return {...base, status: 'unreachable', reason: 'vCenter shows no configuration of it'};
  if (base.containerId === null) return {...base, status: 'other'};
  if (booleanValue(content.properties.get('config.template'))) return {...base, status: 'template'};
  return {
    ...base,
    status: 'readable',
    containerId: base.containerId,
    instanceUuid: text('config.instanceUuid') ?? '',
    changeVersion,
  };
}

function readConfig(content: ObjectContent, keys: WantedKeys): ExtraConfig {
  const options =
    keys === 'all'
      ? optionValues(content.properties.get('config.extraConfig'))
      : keysToRead(keys).flatMap((key) => optionValue(content.properties.get(extraConfigPath(key))) ?? []);
  return Object.fromEntries(options.map(({key, value}) => [key, value]));
}

function distinct(vms: readonly ContainerVm[]): readonly ContainerVm[] {
  return [...new Map(vms.map((vm) => [vm.ref.value, vm])).values()];
}
