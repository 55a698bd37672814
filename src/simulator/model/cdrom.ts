import {VimFault} from '../soap/fault.js';
import {int, string} from '../soap/value.js';
import type {FileStore} from './datastore-files.js';
import {parseDatastorePath} from './datastore-path.js';

/** The keys of the devices that a VM here may have. */
export const IDE_CONTROLLER_KEY = 200;
export const CDROM_KEY = 3000;

/** What lies in the drive: an ISO file of a datastore, or a device of somebody's client. */
export type CdromBacking =
  | {readonly kind: 'iso'; readonly fileName: string; readonly datastore: FileStore; readonly path: string}
  | {readonly kind: 'remote'; readonly type: RemoteBacking; readonly deviceName: string};

/** The backings without a file that are served; `govc device.cdrom.eject` uses one. */
export const REMOTE_BACKINGS = [
  'VirtualCdromRemotePassthroughBackingInfo',
  'VirtualCdromRemoteAtapiBackingInfo',
] as const;
export type RemoteBacking = (typeof REMOTE_BACKINGS)[number];

/** The CD-ROM drive of a VM. */
export interface Cdrom {
  readonly backing: CdromBacking;
  readonly startConnected: boolean;
  readonly allowGuestControl: boolean;
  /** Of the running VM: whether the drive is connected at this moment. */
  readonly connected: boolean;
}

/** A backing as a client sends it. */
export type WantedBacking =
  | {readonly kind: 'iso'; readonly fileName: string; readonly datastore: string | undefined}
  | {readonly kind: 'remote'; readonly type: RemoteBacking; readonly deviceName: string};

/** A VirtualDeviceConfigSpec of a CD-ROM; what is undefined stays as it is. */
export interface CdromChange {
  readonly operation: 'add' | 'edit' | 'remove';
  readonly key: number;
  readonly backing: WantedBacking | undefined;
  readonly connectable: Partial<Pick<Cdrom, 'startConnected' | 'allowGuestControl' | 'connected'>>;
}

/** The fault for a device change that does not fit the VM. */
export function invalidDeviceSpec(index: number, property: string): VimFault {
  return new VimFault('InvalidDeviceSpec', `Invalid configuration for device '${index}'.`, [
    ['property', string(property)],
    ['deviceIndex', int(index)],
  ]);
}

/** The drive after the changes, or a fault; `find` gives the datastore of a name. */
export function changedCdrom(
  before: Cdrom | undefined,
  changes: readonly CdromChange[],
  running: boolean,
  find: (name: string) => FileStore | undefined,
): Cdrom | undefined {
  let cdrom = before;
  for (const [index, {operation, key, backing, connectable}] of changes.entries()) {
    const wanted = backing && resolved(backing, index, find);
    if (operation === 'add') {
      if (cdrom !== undefined)
        throw new VimFault('NotSupported', 'This simulator serves one CD-ROM drive a VM.');
      if (wanted === undefined) throw invalidDeviceSpec(index, 'backing');
      cdrom = {backing: wanted, startConnected: true, allowGuestControl: true, connected: false};
    } else if (cdrom === undefined || key !== CDROM_KEY) {
      throw invalidDeviceSpec(index, 'device.key');
    }
    if (operation === 'remove') cdrom = undefined;
    else cdrom = {...cdrom, ...connectable, ...(wanted && {backing: wanted})};
    if (cdrom !== undefined && !running) cdrom = {...cdrom, connected: false};
    // A running VM opens the file at once; one that is off looks for it when it is powered on.
    if (running && cdrom?.connected === true) requireMedium(cdrom.backing);
  }
  return cdrom;
}

/** The drive of a VM that is being powered on: without its file it starts disconnected. */
export function poweredOnCdrom(cdrom: Cdrom): Cdrom {
  return {...cdrom, connected: cdrom.startConnected && hasMedium(cdrom.backing)};
}

/** The drive with an ISO file in it, as a VM has it from the start; undefined where the path names none. */
export function isoCdrom(
  fileName: string,
  connected: boolean,
  find: (name: string) => FileStore | undefined,
): Cdrom | undefined {
  const parsed = parseDatastorePath(fileName);
  const datastore = parsed && find(parsed.datastore);
  if (parsed === undefined || parsed.path === '' || datastore === undefined) return undefined;
  const backing = {kind: 'iso', fileName, datastore, path: parsed.path} as const;
  return {backing, startConnected: true, allowGuestControl: true, connected};
}

function resolved(
  backing: WantedBacking,
  index: number,
  find: (name: string) => FileStore | undefined,
): CdromBacking {
  if (backing.kind === 'remote') return backing;
  const cdrom = isoCdrom(backing.fileName, false, find);
  if (cdrom?.backing.kind !== 'iso') {
    throw new VimFault('InvalidDatastorePath', `Invalid datastore path '${backing.fileName}'.`, [
      ['datastorePath', string(backing.fileName)],
    ]);
  }
  if (backing.datastore !== undefined && backing.datastore !== cdrom.backing.datastore.id)
    throw invalidDeviceSpec(index, 'backing.datastore');
  return cdrom.backing;
}

function hasMedium(backing: CdromBacking): boolean {
  return backing.kind === 'iso' && backing.datastore.files.has(backing.path);
}

function requireMedium(backing: CdromBacking): void {
  if (backing.kind !== 'iso' || hasMedium(backing)) return;
  throw fileNotFound(backing.fileName);
}

/** The fault for a file or folder that is not there. */
export function fileNotFound(path: string): VimFault {
  return new VimFault('FileNotFound', `File ${path} was not found`, [['file', string(path)]]);
}
