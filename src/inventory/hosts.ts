import type {VchError} from '../errors.js';
import {faultError} from '../vim25/faults.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {readObjects} from '../vim25/property-collector.js';
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
  const placed = await readObjects(session, vms, ['runtime.host'], ({obj, properties, missing}) => {
    unread.push(...missing.map(({fault}) => faultError(fault, `reading the host of ${obj.value}`)));
    return {vm: obj.value, host: refValue(properties.get('runtime.host'))};
  });
  const refs = new Map(placed.flatMap(({host}) => (host === null ? [] : [[host.value, host] as const])));
  if (refs.size === 0) return {hosts: [], unread: unread[0] ?? null};
  const hosts = await readObjects(
    session,
    [...refs.values()],
    ['name', 'runtime.connectionState', 'runtime.inMaintenanceMode', 'summary.config.product.version'],
    ({obj, properties, missing}): Host => {
      unread.push(...missing.map(({path, fault}) => faultError(fault, `reading ${path} of ${obj.value}`)));
      return {
        id: obj.value,
        name: nameValue(properties.get('name')) ?? obj.value,
        version: textValue(properties.get('summary.config.product.version')),
        connectionState: textValue(properties.get('runtime.connectionState')),
        inMaintenanceMode: booleanValue(properties.get('runtime.inMaintenanceMode')),
        vms: placed.filter(({host}) => host?.value === obj.value).map(({vm}) => vm),
      };
    },
  );
  return {hosts: hosts.sort((a, b) => (a.name < b.name ? -1 : 1)), unread: unread[0] ?? null};
}
