import {createHash} from 'node:crypto';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {FixtureDocument, FixtureVm} from '../simulator/simulator.js';

/** A containerVM of a made-up VCH; a name alone is a running one with the data version of its VCH. */
export interface VchContainer extends Omit<FixtureVm, 'name' | 'extends' | 'vch'> {
  /** The container's name; the VM is called `name-0a1b2c3d4e5f`, as VIC does it. */
  readonly name: string;
  /** VIC's data version, from 0 to 10. */
  readonly dataVersion?: number;
  /** One of VIC's own maps instead, such as `v0.9.0-container-stopped`; `fixtures/README.md` lists them. */
  readonly extends?: string;
}

/** A made-up VCH; everything has a default. */
export interface VchFixtureOptions {
  /** `vch1` */
  readonly name?: string;
  /** The data version of the appliance, and of containers that have none of their own: 0, as VIC 0.9 stamps it. */
  readonly dataVersion?: number;
  readonly containers?: readonly (string | VchContainer)[];
  /** What is special about the appliance: its `guest`, `powerState`, `extraConfig`, or another map in `extends`. */
  readonly appliance?: Partial<FixtureVm>;
  /** Members of the document, such as `users`, `roles` or `settings`. */
  readonly more?: Partial<FixtureDocument>;
}

const APPLIANCE_UUID = '42000000-0000-4000-8000-000000000001';

/**
 * The inventory of a vCenter with one VCH, in a folder and a pool of its own, on one host: appliance and containers have
 * the keys that VIC itself wrote.
 */
export function vchFixture({
  name = 'vch1',
  dataVersion = 0,
  containers = [],
  appliance = {},
  more = {},
}: VchFixtureOptions = {}): FixtureDocument {
  const place = {folder: name, pool: `cluster1/${name}`};
  return {
    schema: 'vch-migrate/fixture/v1',
    ...more,
    datacenters: more.datacenters ?? [
      {
        name: 'dc1',
        folders: [name],
        clusters: [{name: 'cluster1', hosts: ['esx1'], resourcePools: [name]}],
        datastores: [{name: 'datastore1', type: 'VMFS'}],
      },
    ],
    vms: [
      {
        ...place,
        name,
        uuid: APPLIANCE_UUID,
        powerState: 'poweredOn',
        extends: `appliance-pv${known(dataVersion)}`,
        ...appliance,
      },
      ...containers.map((container): FixtureVm => {
        const own = typeof container === 'string' ? {name: container} : container;
        const {name: containerName, dataVersion: version = dataVersion, ...vm} = own;
        const containerId = vm.containerId ?? containerIdOf(containerName);
        return {
          ...place,
          powerState: 'poweredOn',
          extends: `container-pv${known(version)}`,
          ...vm,
          name: `${containerName}-${containerId.slice(0, 12)}`,
          vch: name,
          containerId,
          containerName,
        };
      }),
      ...(more.vms ?? []),
    ],
  };
}

/** A container id made of a name, always the same. */
export function containerIdOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** VIC's maps are numbered from -1 to 10. */
function known(version: number): number {
  return Math.max(-1, Math.min(version, HIGHEST_DATA_VERSION));
}
