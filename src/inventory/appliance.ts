import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {extraConfigOf, readObjects} from '../vim25/property-collector.js';
import {textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {
  type Cdrom,
  readCdroms,
  readSettings,
  VM_SETTINGS,
  type VmSettings,
} from '../vim25/virtual-machine.js';
import {type Vch, vchLabel} from './vch.js';

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
  const [properties] = await readObjects(session, [vch.ref], PATHS, (content) => content.properties);
  const text = (path: string) => textValue(properties?.get(path));
  const changeVersion = text('config.changeVersion');
  if (properties === undefined || changeVersion === null)
    throw new VchError(
      'VCH_ERR_HOST_UNREACHABLE',
      `${vchLabel(vch)} shows no configuration; bring its host or datastore back and run the same command again`,
    );
  return {
    config: extraConfigOf(properties, 'all'),
    changeVersion,
    powerState: text('runtime.powerState'),
    instanceUuid: text('config.instanceUuid') ?? '',
    vmPathName: text('config.files.vmPathName'),
    cdroms: readCdroms(properties.get('config.hardware.device')),
    settings: readSettings(properties),
    ipAddress: text('guest.ipAddress'),
  };
}
