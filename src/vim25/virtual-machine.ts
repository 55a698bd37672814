import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import {textValue} from './property-value.js';
import type {Session} from './session.js';
import {startTask} from './tasks.js';
import {reference} from './transport.js';
import {child, childText, type XmlElement, xmlElements, xmlString, xmlText} from './xml.js';

/** A merge into a VM's ExtraConfig: an empty value removes the key, keys not named stay. And a new display name. */
export interface ReconfigSpec {
  /** The reading it was decided on; if the VM has moved on, vSphere applies nothing and answers ConcurrentAccess. */
  readonly changeVersion: string;
  /** As vSphere wants it escaped; the files keep their names. */
  readonly name?: string | undefined;
  /** Other ISO files for CD-ROMs that are there; the VM has to be powered off. */
  readonly deviceChange?: readonly CdromChange[] | undefined;
  readonly extraConfig: readonly {readonly key: string; readonly value: string}[];
}

/** Starts `ReconfigVM_Task`; all of the spec is applied by it, or nothing. */
export function reconfigure(
  session: Session,
  vm: ManagedObjectReference,
  spec: ReconfigSpec,
): Promise<ManagedObjectReference> {
  const {name, deviceChange} = spec;
  // In the order of the WSDL, which vSphere insists on.
  const before = {
    changeVersion: xmlText(spec.changeVersion),
    ...(name === undefined ? {} : {name: xmlText(name)}),
  };
  // Each value says that it is a string: the element's type is anyType, and `true` or `007` would be guessed at.
  const extraConfig = spec.extraConfig.map(({key, value}) =>
    xmlElements({key: xmlText(key), value: xmlString(value)}),
  );
  return startTask(session, 'ReconfigVM_Task', vm, {
    spec:
      deviceChange === undefined
        ? xmlElements({...before, extraConfig})
        : {...before, deviceChange: deviceChange.map(cdromEdit), extraConfig},
  });
}

/** A VM without any disk. */
export interface NewVm {
  readonly name: string;
  readonly annotation: string;
  readonly instanceUuid: string;
  readonly datastore: string;
  readonly memoryMB: number;
  readonly extraConfig: ReconfigSpec['extraConfig'];
}

/** Starts `CreateVM_Task`; the task's result is the VM. */
export function createVm(
  session: Session,
  folder: ManagedObjectReference,
  pool: ManagedObjectReference,
  {name, annotation, instanceUuid, datastore, memoryMB, extraConfig}: NewVm,
): Promise<ManagedObjectReference> {
  return startTask(session, 'CreateVM_Task', folder, {
    config: {
      name: xmlText(name),
      instanceUuid,
      guestId: 'otherGuest',
      annotation: xmlText(annotation),
      files: {vmPathName: xmlText(`[${datastore}]`)},
      numCPUs: 1,
      memoryMB,
      extraConfig: extraConfig.map(({key, value}) => ({key: xmlText(key), value: xmlString(value)})),
    },
    pool: reference(pool),
  });
}

/** Starts `Destroy_Task`: the VM and its files are gone after it. */
export function destroyVm(session: Session, vm: ManagedObjectReference): Promise<ManagedObjectReference> {
  return startTask(session, 'Destroy_Task', vm);
}

/** Starts `PowerOnVM_Task`; it ends when the VM runs, which is long before its guest has booted. */
export function powerOn(session: Session, vm: ManagedObjectReference): Promise<ManagedObjectReference> {
  return startTask(session, 'PowerOnVM_Task', vm);
}

/** Starts `PowerOffVM_Task`: the plug is pulled. */
export function powerOff(session: Session, vm: ManagedObjectReference): Promise<ManagedObjectReference> {
  return startTask(session, 'PowerOffVM_Task', vm);
}

/**
 * Asks the guest to shut down, and returns as soon as it was asked: the VM is off when `runtime.powerState` says so.
 * The fault is `ToolsUnavailable` where no VMware Tools run.
 */
export async function shutdownGuest(session: Session, vm: ManagedObjectReference): Promise<void> {
  await session.call('ShutdownGuest', vm);
}

/** What people set on a VM beside its ExtraConfig: where it is read, and what they call it. */
export const VM_SETTINGS = {
  'config.annotation': 'the text of its notes',
  'config.hardware.memoryMB': 'its memory (MB)',
  'config.hardware.numCPU': 'its number of CPUs',
};

/** By the paths of {@link VM_SETTINGS}. */
export type VmSettings = Readonly<Record<string, string | null>>;

/** Reads them from the properties of a VM, or of a snapshot of it. */
export function readSettings(properties: ReadonlyMap<string, XmlElement> | undefined): VmSettings {
  return Object.fromEntries(Object.keys(VM_SETTINGS).map((path) => [path, textValue(properties?.get(path))]));
}

/** A VM's CD-ROM drive. */
export interface Cdrom {
  /** Its number among the VM's devices. */
  readonly key: number;
  readonly controllerKey: number | null;
  readonly unitNumber: number | null;
  /** `[datastore1] vch1/v1.5.6-appliance.iso`; `null` where no ISO file is behind it. */
  readonly fileName: string | null;
}

/** Another ISO file for a CD-ROM drive that is there; the rest as it was read. */
export interface CdromChange extends Cdrom {
  readonly fileName: string;
}

/** The CD-ROM drives out of `config.hardware.device`. */
export function readCdroms(value: XmlElement | undefined): readonly Cdrom[] {
  return (value?.children ?? []).flatMap((device) => {
    const key = numberOf(device, 'key');
    if (device.type !== 'VirtualCdrom' || key === null) return [];
    const backing = child(device, 'backing');
    const isIso = backing?.type === 'VirtualCdromIsoBackingInfo';
    return [
      {
        key,
        controllerKey: numberOf(device, 'controllerKey'),
        unitNumber: numberOf(device, 'unitNumber'),
        fileName: (isIso ? childText(backing, 'fileName') : undefined) ?? null,
      },
    ];
  });
}

function numberOf(device: XmlElement, name: string): number | null {
  const text = childText(device, name);
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : null;
}

/** A `VirtualDeviceConfigSpec` that puts another ISO file behind a drive, and has it connected when the VM boots. */
export function cdromEdit({key, controllerKey, unitNumber, fileName}: CdromChange) {
  return {
    operation: 'edit',
    device: {
      attributes: {'xsi:type': 'VirtualCdrom'},
      key,
      backing: {
        attributes: {'xsi:type': 'VirtualCdromIsoBackingInfo'},
        fileName: xmlText(fileName),
      },
      connectable: {startConnected: true, allowGuestControl: true, connected: true},
      ...(controllerKey === null ? {} : {controllerKey}),
      ...(unitNumber === null ? {} : {unitNumber}),
    },
  };
}

/** Writes a line of ours into the event log of a VM, where its owner sees it. */
export async function logUserEvent(
  session: Session,
  entity: ManagedObjectReference,
  msg: string,
): Promise<void> {
  const {eventManager} = session.content;
  if (eventManager === null) {
    throw new VchError('VCH_ERR_VIM_FAULT', `${session.url.host} keeps no events; nothing was written`, {
      fault: 'NotSupported',
    });
  }
  await session.call('LogUserEvent', eventManager, {entity: reference(entity), msg: xmlText(msg)});
}
