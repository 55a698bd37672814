import type {VchError} from '../errors.js';
import {faultError} from '../vim25/faults.js';
import {distinctRefs, type ManagedObjectReference} from '../vim25/managed-object.js';
import {type ObjectContent, readObjects} from '../vim25/property-collector.js';
import {booleanValue, nameValue, refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';

/** An ESXi host on which VMs of a VCH are. */
export interface Host {
  readonly id: string;
  readonly name: string;
  /** `7.0.3`; `null` if it cannot be read. */
  readonly version: string | null;
  /** `connected`, `disconnected` or `notResponding`, as vSphere writes it. */
  readonly connectionState: string | null;
  /** No VM can be powered on there meanwhile. */
  readonly inMaintenanceMode: boolean;
  /** Ids of those VMs that are on it. */
  readonly vms: readonly string[];
}

/** Hosts, and why some may be missing from them. */
export interface Hosts {
  readonly hosts: readonly Host[];
  /** The first failure to read something; `null` if there was none. */
  readonly unread: VchError | null;
}

/** The hosts of those VMs, each once, by name. What the user may not read is in `unread`; nothing is thrown. */
export async function readHosts(session: Session, vms: readonly ManagedObjectReference[]): Promise<Hosts> {
  const unread: VchError[] = [];
  const note = ({obj, missing}: ObjectContent) =>
    unread.push(...missing.map(({path, fault}) => faultError(fault, `reading ${path} of ${obj.value}`)));
  const placed = await readObjects(session, vms, ['runtime.host'], (content) => {
    note(content);
    return {vm: content.obj.value, host: refValue(content.properties.get('runtime.host'))};
  });
  const refs = distinctRefs(placed.flatMap(({host}) => host ?? []));
  const paths = [
    'name',
    'runtime.connectionState',
    'runtime.inMaintenanceMode',
    'summary.config.product.version',
  ];
  const hosts = await readObjects(session, refs, paths, (content): Host => {
    note(content);
    const {obj, properties} = content;
    return {
      id: obj.value,
      name: nameValue(properties.get('name')) ?? obj.value,
      version: textValue(properties.get('summary.config.product.version')),
      connectionState: textValue(properties.get('runtime.connectionState')),
      inMaintenanceMode: booleanValue(properties.get('runtime.inMaintenanceMode')),
      vms: placed.filter(({host}) => host?.value === obj.value).map(({vm}) => vm),
    };
  });
  return {hosts: hosts.sort((a, b) => (a.name < b.name ? -1 : 1)), unread: unread[0] ?? null};
}
