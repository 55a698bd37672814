import {
  type CdromChange,
  IDE_CONTROLLER_KEY,
  invalidDeviceSpec,
  REMOTE_BACKINGS,
  type WantedBacking,
} from '../model/cdrom.js';
import {VimFault} from '../soap/fault.js';
import type {XmlElement} from '../soap/xml.js';

/** Reads a VirtualDeviceConfigSpec; only a CD-ROM drive can be changed here. */
export function readDeviceChange(change: XmlElement, index: number): CdromChange {
  const operation = change.textOf('operation') ?? 'edit';
  if (operation !== 'add' && operation !== 'edit' && operation !== 'remove')
    throw invalidDeviceSpec(index, 'operation');
  for (const {name} of change.children) {
    if (name !== 'operation' && name !== 'device') throw notSupported(`the ${name} of a device change`);
  }
  const device = change.child('device');
  if (device === undefined) throw invalidDeviceSpec(index, 'device');
  // The field is of a base type: without its type a server cannot know what it was sent.
  if (device.type !== 'VirtualCdrom') throw notSupported(`a ${device.type ?? 'device without a type'}`);
  const controller = device.textOf('controllerKey');
  if (controller !== undefined && controller !== String(IDE_CONTROLLER_KEY))
    throw invalidDeviceSpec(index, 'device.controllerKey');
  const backing = device.child('backing');
  const connectable = device.child('connectable');
  return {
    operation,
    key: Number(device.textOf('key')),
    backing: backing && readBacking(backing),
    connectable: {
      ...flag(connectable, 'startConnected'),
      ...flag(connectable, 'allowGuestControl'),
      ...flag(connectable, 'connected'),
    },
  };
}

function readBacking(backing: XmlElement): WantedBacking {
  if (backing.type === 'VirtualCdromIsoBackingInfo') {
    return {
      kind: 'iso',
      fileName: backing.textOf('fileName') ?? '',
      datastore: backing.textOf('datastore'),
    };
  }
  const remote = REMOTE_BACKINGS.find((type) => type === backing.type);
  if (remote === undefined) throw notSupported(`a ${backing.type ?? 'backing without a type'}`);
  return {kind: 'remote', type: remote, deviceName: backing.textOf('deviceName') ?? ''};
}

function flag<K extends string>(element: XmlElement | undefined, name: K): {readonly [name in K]?: boolean} {
  const text = element?.textOf(name);
  const flags: {[name in K]?: boolean} = {};
  if (text !== undefined) flags[name] = text === 'true' || text === '1';
  return flags;
}

function notSupported(what: string): VimFault {
  return new VimFault('NotSupported', `This simulator does not reconfigure ${what}.`);
}
