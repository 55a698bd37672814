import {uuidV5} from '../simulator/fixture/uuid.js';
import type {SimulatedVm, Simulator} from '../simulator/simulator.js';
import {containerIdOf} from './vch-fixture.js';
import {vicMap} from './vic-maps.js';

/** What `docker create` makes; everything but the name has a default. */
export interface DockerCreateOptions {
  readonly name: string;
  /** The VCH, by its name or moref: `vch1`. */
  readonly vch?: string;
  /** One of VIC's maps: `container-pv10`, as VIC 1.5 writes them. */
  readonly extends?: string;
  readonly powerState?: 'poweredOn' | 'poweredOff';
  /** 64 hexadecimal digits. */
  readonly containerId?: string;
  readonly extraConfig?: Readonly<Record<string, string>>;
}

/** Makes a containerVM on a running simulator, as the VCH of a newer VIC does while tests go on. */
export function dockerCreate(simulator: Simulator, options: DockerCreateOptions): SimulatedVm {
  const {name, vch = 'vch1', powerState = 'poweredOff', containerId = containerIdOf(name)} = options;
  const appliance = simulator.inventory.vm(vch);
  return simulator.inventory.addBeside(appliance.id, {
    name: `${name}-${containerId.slice(0, 12)}`,
    uuid: containerBiosUuid(appliance.uuid, containerId),
    datastoreFolder: containerId,
    powerState,
    extraConfig: {
      ...vicMap(options.extends ?? 'container-pv10', {identity: containerId, name}),
      ...options.extraConfig,
    },
  });
}

/** The BIOS UUID that VIC gives a containerVM: UUIDv5 of its appliance's BIOS UUID and the container id. */
export function containerBiosUuid(applianceUuid: string, containerId: string): string {
  return uuidV5(applianceUuid, containerId);
}
