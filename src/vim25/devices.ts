import {xmlText} from './xml-text.js';
import {child, childText, type XmlElement} from './xml-tree.js';

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
