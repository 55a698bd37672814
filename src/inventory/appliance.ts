import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {readObjects} from '../vim25/property-collector.js';
import {optionValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {
  type Cdrom,
  readCdroms,
  readSettings,
  VM_SETTINGS,
  type VmSettings,
} from '../vim25/virtual-machine.js';
import type {Vch} from './vch.js';

/** An appliance as one reading shows it, with its whole ExtraConfig. */
export interface Appliance {
  readonly config: ExtraConfig;
  /** vSphere's version of the configuration that was read; the write based on it carries it. */
  readonly changeVersion: string;
  readonly powerState: string | null;
  readonly instanceUuid: string;
  /** `[datastore1] vch1/vch1.vmx` */
  readonly vmPathName: string | null;
  readonly cdroms: readonly Cdrom[];
  readonly settings: VmSettings;
  /** As reported by VMware Tools; `null` while they do not run. */
  readonly ipAddress: string | null;
}

const PATHS = [
  'config.changeVersion',
  'config.extraConfig',
  'config.files.vmPathName',
  'config.hardware.device',
  'config.instanceUuid',
  'guest.ipAddress',
  'runtime.powerState',
  ...Object.keys(VM_SETTINGS),
];

/** Reads a VCH's appliance. */
export async function readAppliance(session: Session, vch: Vch): Promise<Appliance> {
  const [content] = await readObjects(session, [vch.ref], PATHS, ({properties}) => properties);
  const changeVersion = textValue(content?.get('config.changeVersion'));
  if (content === undefined || changeVersion === null) {
    throw new VchError(
      'VCH_ERR_HOST_UNREACHABLE',
      `${vch.summary.name} (${vch.ref.value}) shows no configuration; bring its host or datastore back and run the same command again`,
    );
  }
  const options = optionValues(content.get('config.extraConfig'));
  return {
    config: Object.fromEntries(options.map(({key, value}) => [key, value])),
    changeVersion,
    powerState: textValue(content.get('runtime.powerState')),
    instanceUuid: textValue(content.get('config.instanceUuid')) ?? '',
    vmPathName: textValue(content.get('config.files.vmPathName')),
    cdroms: readCdroms(content.get('config.hardware.device')),
    settings: readSettings(content),
    ipAddress: textValue(content.get('guest.ipAddress')),
  };
}
