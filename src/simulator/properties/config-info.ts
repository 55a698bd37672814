import type {ConfigValue, ExtraConfig} from '../model/extra-config.js';
import type {ConfigView} from '../model/snapshot.js';
import {boolean, type Data, data, dateTime, int, type List, list, string} from '../soap/value.js';
import {devices} from './device.js';
import type {Node, Struct} from './node.js';

export const GUEST_ID = 'other3xLinux64Guest';
export const GUEST_FULL_NAME = 'Other 3.x Linux (64-bit)';

/** The VirtualMachineConfigInfo that `view` finds behind an object. */
export function configInfo<T>(view: (object: T) => ConfigView, present: (object: T) => boolean): Struct<T> {
  const device: Node<T> = {
    all: (object) => list('VirtualDevice', devices(view(object).cdrom)),
    one: (object, key) =>
      devices(view(object).cdrom).find(({fields: [first]}) => {
        const value = first?.[1];
        return value?.kind === 'scalar' && value.text === key;
      }),
  };
  return {
    type: 'VirtualMachineConfigInfo',
    present,
    fields: {
      changeVersion: (object) => string(view(object).changeVersion),
      modified: (object) => dateTime(view(object).modified),
      name: (object) => string(view(object).name),
      guestFullName: () => string(GUEST_FULL_NAME),
      version: () => string('vmx-11'),
      uuid: (object) => string(view(object).uuid),
      instanceUuid: (object) => string(view(object).instanceUuid),
      template: (object) => boolean(view(object).template),
      guestId: () => string(GUEST_ID),
      alternateGuestName: (object) => string(view(object).alternateGuestName),
      annotation: (object) => string(view(object).annotation),
      files: {
        type: 'VirtualMachineFileInfo',
        fields: {vmPathName: (object) => string(view(object).vmPathName)},
      },
      hardware: {
        type: 'VirtualHardware',
        fields: {
          numCPU: () => int(1),
          numCoresPerSocket: () => int(1),
          memoryMB: () => int(2048),
          device,
        },
      },
      extraConfig: {
        all: (object) => extraConfigList(view(object).extraConfig),
        one: (object, key, {vcenter}) => {
          if (vcenter.settings.breaks.includes('keyed-paths')) return undefined;
          const value = view(object).extraConfig.get(key);
          if (value !== undefined) return optionValue(key, value);
          return vcenter.settings.breaks.includes('missing-key') ? optionValue(key, '') : undefined;
        },
      },
    },
  };
}

/** A whole ExtraConfig as an array of OptionValue. */
function extraConfigList(extraConfig: ExtraConfig): List {
  return list(
    'OptionValue',
    Array.from(extraConfig.entries(), ([key, value]) => optionValue(key, value)),
  );
}

/** One key with its value. */
function optionValue(key: string, value: ConfigValue): Data {
  return data(
    'OptionValue',
    ['key', string(key)],
    [
      'value',
      typeof value === 'string' ? string(value) : {kind: 'scalar', type: value.type, text: value.value},
      'typed',
    ],
  );
}
