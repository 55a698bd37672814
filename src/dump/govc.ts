import {ID_KEY, isApplianceId} from '../extraconfig/keys.js';
import {members, ShapeMismatch} from '../json-shape.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import type {CopiedConfig, CopiedEntity, CopiedInventory, CopiedVm} from './copied-inventory.js';

/** A managed object as govc wrote it: its properties by path, or by the names of its members. */
interface WrittenObject {
  readonly ref: ManagedObjectReference;
  readonly property: (path: string) => unknown;
}

/** Without one of these a plan would not be the plan of that VM. */
const NEEDED = ['name', 'runtime.connectionState', 'runtime.powerState'];
const NEEDED_OF_CONFIG = ['config.uuid', 'config.instanceUuid', 'config.extraConfig'];

/**
 * Reads what `govc vm.info -json -e` or `govc object.collect -json -type m /` wrote: with vim25's names, or with Go's, as
 * older releases do. Throws ShapeMismatch if it is neither, or if a property is missing.
 */
export function readGovc(documents: readonly unknown[]): CopiedInventory {
  const objects = documents.flatMap(writtenObjects);
  const vms = objects.filter(({ref}) => ref.type === 'VirtualMachine');
  if (vms.length === 0) throw new ShapeMismatch('', 'a dump with VMs in it: govc found none');
  const known = new Set<string>();
  const twice = vms.find(({ref: {value}}) => known.size === known.add(value).size);
  if (twice !== undefined)
    throw new ShapeMismatch(
      '',
      `one reading: it has ${twice.ref.value} twice, and nothing says which is the later one`,
    );
  const copied = vms.map(vmOf);
  const isVic = ({config}: CopiedVm) => config !== null && Object.values(ID_KEY).some((key) => config[key]);
  return {
    about: null,
    entities: new Map(objects.flatMap(entityOf)),
    hosts: new Map(),
    datastores: new Map(),
    sharedFolders: sharedFolders(
      copied.filter((vm) => vm.config !== null),
      isVic,
    ),
    vms: copied.filter((vm) => vm.config === null || isVic(vm)),
  };
}

/**
 * VIC 1.4 and newer give a VCH a folder of its own; before, its VMs share one with everybody else's. Where the folders
 * themselves are not in the dump, that is all that tells the two apart.
 */
function sharedFolders(vms: readonly CopiedVm[], isVic: (vm: CopiedVm) => boolean): ReadonlySet<string> {
  const appliances = vms.filter(({id, config}) => isApplianceId(textIn(config?.[ID_KEY.appliance]), id));
  const folders = new Set(vms.flatMap(({folder}) => folder?.value ?? []));
  const inside = (of: readonly CopiedVm[], folder: string) =>
    of.filter((vm) => vm.folder?.value === folder).length;
  const strangers = vms.filter((vm) => !isVic(vm));
  return new Set(
    [...folders].filter((folder) => inside(appliances, folder) > 1 || inside(strangers, folder) > 0),
  );
}

function writtenObjects(document: unknown): readonly WrittenObject[] {
  const list = member(document, 'virtualMachines');
  if (Array.isArray(list)) return list.map(withMembers);
  // So govc writes that it has found none.
  if (list === undefined && hasMember(document, 'virtualMachines')) return [];
  const obj = refIn(member(document, 'obj'));
  const changes = member(document, 'changeSet');
  if (obj === null || !Array.isArray(changes))
    throw new ShapeMismatch(
      '',
      'what govc vm.info -json -e, or govc object.collect -json -type m /, writes (an object.collect of one object does not say which)',
    );
  const properties = new Map(
    changes.map((change): readonly [string, unknown] => [
      String(member(change, 'name')),
      boxed(member(change, 'val')),
    ]),
  );
  return [{ref: obj, property: (path) => propertyIn(properties, path)}];
}

function withMembers(vm: unknown): WrittenObject {
  const ref = refIn(member(vm, 'self'));
  if (ref === null) throw new ShapeMismatch('virtualMachines', 'a list of VMs that name themselves');
  return {ref, property: (path) => path.split('.').reduce(member, vm)};
}

/** A property by its own path, or out of one that holds it. */
function propertyIn(properties: ReadonlyMap<string, unknown>, path: string): unknown {
  const names = path.split('.');
  for (let length = names.length; length > 0; length -= 1) {
    const found = properties.get(names.slice(0, length).join('.'));
    if (found !== undefined) return names.slice(length).reduce(member, found);
  }
  return undefined;
}

function vmOf({ref, property}: WrittenObject): CopiedVm {
  const text = (path: string) => textIn(property(path)) ?? null;
  const config =
    property('config.extraConfig') === undefined ? null : configIn(property('config.extraConfig'));
  const shown = property('config.uuid') !== undefined || property('config.extraConfig') !== undefined;
  const needed = shown ? [...NEEDED, ...NEEDED_OF_CONFIG] : NEEDED;
  // govc 0.2x writes what the user may not read as an empty text.
  const missing = needed.filter((path) => property(path) === undefined || property(path) === '');
  if (missing.length > 0)
    throw new ShapeMismatch(
      `${ref.value}`,
      `whole: it has no ${missing.join(', ')}; leave the properties out`,
    );
  return {
    id: ref.value,
    name: text('name') ?? ref.value,
    folder: refIn(property('parent')),
    pool: refIn(property('resourcePool')),
    host: refIn(property('runtime.host')),
    biosUuid: text('config.uuid'),
    instanceUuid: text('config.instanceUuid'),
    template: property('config.template') === true,
    vmPathName: text('config.files.vmPathName'),
    powerState: text('runtime.powerState'),
    connectionState: text('runtime.connectionState'),
    cdrom: isoIn(property('config.hardware.device')),
    config,
    refused: false,
  };
}

function configIn(options: unknown): CopiedConfig {
  if (!Array.isArray(options)) return {};
  return Object.fromEntries(
    options.flatMap((option) => {
      const key = member(option, 'key');
      const value = boxed(member(option, 'value'));
      if (typeof key !== 'string' || value === undefined || value === null) return [];
      if (typeof value === 'number') return [[key, {type: 'xsd:int', value: String(value)}]];
      return [
        [key, typeof value === 'boolean' ? {type: 'xsd:boolean', value: String(value)} : String(value)],
      ];
    }),
  );
}

/** A device does not say here of which type it is; only a CD-ROM drive has an ISO file behind it. */
function isoIn(devices: unknown): string | null {
  if (!Array.isArray(devices)) return null;
  const files = devices.map((device) => textIn(member(member(device, 'backing'), 'fileName')));
  return files.find((file) => file?.toLowerCase().endsWith('.iso')) ?? null;
}

/** Folders, pools, clusters and datacenters, where they were collected, too (`-type f -type p -type r -type c -type d`). */
function entityOf({ref, property}: WrittenObject): readonly (readonly [string, CopiedEntity])[] {
  const name = textIn(property('name'));
  if (ref.type === 'VirtualMachine' || name === undefined) return [];
  return [[ref.value, {name, parent: refIn(property('parent'))}]];
}

/** A member by vim25's name, or by Go's, which begins with a capital. */
function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const all = members(value, name);
  return all[name] ?? all[`${name.charAt(0).toUpperCase()}${name.slice(1)}`] ?? undefined;
}

function hasMember(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return [name, `${name.charAt(0).toUpperCase()}${name.slice(1)}`].some((own) => own in value);
}

/** Arrays and values of any type come in a box; govc 0.2x names that of an array by what is in it: `{"OptionValue": []}`. */
function boxed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if ('_value' in value) return value._value;
  const inner: readonly unknown[] = Object.values(value);
  return inner.length === 1 && Array.isArray(inner[0]) ? inner[0] : value;
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function refIn(value: unknown): ManagedObjectReference | null {
  const type = textIn(member(value, 'type'));
  const moref = textIn(member(value, 'value'));
  return type === undefined || moref === undefined ? null : {type, value: moref};
}
