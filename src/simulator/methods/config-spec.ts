import type {ConfigValue} from '../model/extra-config.js';
import type {ConfigSpec} from '../model/virtual-machine.js';
import {VimFault} from '../soap/fault.js';
import type {XmlElement} from '../soap/xml.js';
import {readDeviceChange} from './device-spec.js';

const SERVED: ReadonlySet<string> = new Set([
  'changeVersion',
  'name',
  'annotation',
  'alternateGuestName',
  'deviceChange',
  'extraConfig',
]);

/** Reads a VirtualMachineConfigSpec; what this server would not carry out is refused, never ignored. */
export function readConfigSpec(spec: XmlElement): ConfigSpec {
  for (const {name} of spec.children) {
    if (!SERVED.has(name))
      throw new VimFault('NotSupported', `This simulator does not reconfigure "${name}".`);
  }
  return {
    changeVersion: spec.textOf('changeVersion'),
    name: spec.textOf('name'),
    annotation: spec.textOf('annotation'),
    alternateGuestName: spec.textOf('alternateGuestName'),
    cdrom: spec.all('deviceChange').map(readDeviceChange),
    extraConfig: spec.all('extraConfig').map(readOptionValue),
  };
}

function readOptionValue(option: XmlElement): [string, ConfigValue | undefined] {
  const key = option.textOf('key');
  if (key === undefined || key === '') throw invalidRequest('an OptionValue has no key');
  const value = option.child('value');
  if (value === undefined || value.isNil) throw invalidRequest(`the OptionValue "${key}" has no value`);
  // The field is an anyType: without its type a server cannot know what it was sent.
  if (value.type === undefined) throw invalidRequest(`the value of "${key}" has no xsi:type`);
  if (value.text === '') return [key, undefined];
  return [key, value.type === 'xsd:string' ? value.text : {type: value.type, value: value.text}];
}

function invalidRequest(detail: string): VimFault {
  return new VimFault('InvalidRequest', `Cannot parse the VirtualMachineConfigSpec: ${detail}.`);
}

/** What a new VM is made from. */
interface NewVm extends Pick<ConfigSpec, 'annotation' | 'extraConfig'> {
  readonly name: string;
  readonly instanceUuid: string | undefined;
  /** `[datastore1]`, or a path on it. */
  readonly vmPathName: string;
}

const SERVED_OF_NEW: ReadonlySet<string> = new Set(
  'name instanceUuid guestId annotation files numCPUs memoryMB extraConfig'.split(' '),
);

/** Reads the VirtualMachineConfigSpec of a VM that is to be made. */
export function readNewVm(spec: XmlElement): NewVm {
  for (const {name} of spec.children) {
    if (!SERVED_OF_NEW.has(name))
      throw new VimFault('NotSupported', `This simulator makes no VM with "${name}".`);
  }
  const name = spec.textOf('name');
  const vmPathName = spec.child('files')?.textOf('vmPathName');
  if (name === undefined || name === '') throw invalidRequest('it has no name');
  if (vmPathName === undefined) throw invalidRequest('it has no files.vmPathName');
  return {
    name,
    vmPathName,
    instanceUuid: spec.textOf('instanceUuid'),
    annotation: spec.textOf('annotation'),
    extraConfig: spec.all('extraConfig').map(readOptionValue),
  };
}
