import type {ExtraConfig} from '../extraconfig/extra-config.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';

/** Selects a VCH; with nothing set, the only one on the target. */
export interface VchSelector {
  /** Display name of the appliance, or the VCH's own name. */
  readonly name?: string | undefined;
  /** Managed object id of the appliance: `vm-12`; `VirtualMachine:vm-12` is accepted, too. */
  readonly id?: string | undefined;
  /** Name or inventory path of the cluster, host, resource pool or vApp it is in. */
  readonly computeResource?: string | undefined;
  /** Name or inventory path of the datacenter it is in. */
  readonly datacenter?: string | undefined;
}

/** What the inventory tells of a VCH. */
export interface VchDescription {
  /** Managed object id of the appliance: `vm-12`. */
  readonly id: string;
  /** The appliance's display name, by which `--name` finds it. */
  readonly name: string;
  /** The name in the VCH's own configuration, by which `--name` finds it, too; `null` if it has none. */
  readonly ownName: string | null;
  readonly build: string | null;
  readonly version: string | null;
  /** `null` if it is not a number, or nothing of the VCH but its id is there. */
  readonly dataVersion: number | null;
  readonly powerState: string | null;
  /** Where it is: `/DC0/cluster1/vch1`, without vSphere's own `host` and `Resources`. */
  readonly computeResource: string | null;
  readonly containerVMs: number | null;
}

/** One of VIC's VMs, as the search through the whole inventory finds it. */
export interface VicVm {
  readonly ref: ManagedObjectReference;
  readonly name: string;
  readonly biosUuid: string | null;
  /** Its resource pool or vApp; `null` only for a VM that was unregistered meanwhile. */
  readonly pool: ManagedObjectReference | null;
  /** The folder it is in; `null` in a vApp. */
  readonly folder: ManagedObjectReference | null;
}

/** A VCH, with what it takes to work on it. */
export interface Vch extends Omit<VicVm, 'name'> {
  readonly summary: VchDescription;
  /** The values of `LEASE_KEYS` when the VCH was found: they say whether an upgrade or a rename holds it. */
  readonly leases: ExtraConfig;
  /** It has its id alone: a dump of one VCH has no more of every other, whose id ownership depends on. */
  readonly isBare?: true;
}

/** `vch1 (vm-12)`, as messages name a VCH. */
export function vchLabel({summary: {name, id}}: Pick<Vch, 'summary'>): string {
  return `${name} (${id})`;
}
