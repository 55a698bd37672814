import {fileNotFound} from '../model/cdrom.js';
import {parseDatastorePath} from '../model/datastore-path.js';
import {type Datacenter, type Datastore, datastoreNamed} from '../model/entity.js';
import {hasPrivilege, noPermission} from '../model/permissions.js';
import type {VCenter} from '../model/vcenter.js';
import {VimFault} from '../soap/fault.js';
import {string} from '../soap/value.js';
import {invalidArgument, required, type SessionCall} from './method.js';

/** A file or folder that a call names, on its datastore. */
export interface DatastoreTarget {
  readonly datastore: Datastore;
  readonly path: string;
}

/** What `name` and `datacenter` of a FileManager method name, if the caller has the privilege there. */
export function namedTarget(call: SessionCall, privilege: string): DatastoreTarget {
  const name = required(call.args, 'name');
  const id = required(call.args, 'datacenter');
  const datacenter = call.vcenter.inventory.get(id);
  if (datacenter?.type !== 'Datacenter') throw invalidArgument('datacenter');
  return targetIn(datacenter, name, privilege, call);
}

/** The target of a datastore path in a datacenter. */
function targetIn(
  datacenter: Datacenter,
  name: string,
  privilege: string,
  {session}: SessionCall,
): DatastoreTarget {
  const parsed = parseDatastorePath(name);
  const datastore = parsed && datastoreNamed(datacenter, parsed.datastore);
  if (parsed === undefined || datastore === undefined) throw invalidDatastorePath(name);
  if (!hasPrivilege(session.user.role, privilege, datastore.id)) throw noPermission(datastore, privilege);
  return {datastore, path: parsed.path};
}

/** The fault for a datastore path that names no datastore. */
export function invalidDatastorePath(path: string): VimFault {
  return new VimFault('InvalidDatastorePath', `Invalid datastore path '${path}'.`, [
    ['datastorePath', string(path)],
  ]);
}

/** Refuses what is not there. */
export function requirePresent({datastore, path}: DatastoreTarget): void {
  if (datastore.files.has(path) || datastore.files.hasFolder(path)) return;
  throw fileNotFound(`[${datastore.name}] ${path}`);
}

/** Who keeps a file open: somebody who writes it, or a VM that runs from it or has it in its drive. */
export function userOf(vcenter: VCenter, {datastore, path}: DatastoreTarget): string | undefined {
  if (datastore.files.isOpen(path)) return 'another upload';
  for (const vm of vcenter.inventory.vms()) {
    if (vm.powerState === 'poweredOff') continue;
    const backing = vm.cdrom?.connected === true ? vm.cdrom.backing : undefined;
    if (backing?.kind === 'iso' && backing.datastore === datastore && backing.path === path) return vm.name;
    if (vm.vmPathName === `[${datastore.name}] ${path}` && vm.datastore === datastore) return vm.name;
  }
  return undefined;
}
