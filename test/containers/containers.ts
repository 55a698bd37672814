import {renameContainer} from '../../src/index.js';
import {containerBiosUuid} from '../../src/inventory/ownership.js';
import type {SimulatedVm, Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {containerIdOf, type SmallVm} from '../small-vch.js';

export const vch = {name: 'vch1'};
export const APPLIANCE = 'vm-100';
export const ALIASES = 'networks|bridge/network/aliases~';
export const CLAIM = 'vch-migrate/rename';

/** What a container has beside its name. */
export interface ContainerParts {
  readonly aliases?: string;
  readonly dataVersion?: string;
  readonly powerState?: 'poweredOn' | 'poweredOff';
  readonly extraConfig?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** The display name that VIC 1.1 and later give by default. */
export function displayNameOf(name: string): string {
  return `${name}-${containerIdOf(name).slice(0, 12)}`;
}

/** A container as VIC 1.4 makes it; of the name's own id. */
export function container(name: string, parts: ContainerParts = {}): SmallVm {
  return {
    name: displayNameOf(name),
    dataVersion: parts.dataVersion ?? '10',
    powerState: parts.powerState ?? 'poweredOn',
    legacyName: null,
    hiddenName: name,
    extraConfig: {...keysOf(name, containerIdOf(name), parts), ...parts.extraConfig},
    more: {containerId: containerIdOf(name), ...parts.more},
  };
}

function keysOf(name: string, id: string, parts: ContainerParts): Record<string, string> {
  const aliases = parts.aliases ?? `:${name}`;
  return {
    'guestinfo.vice./common/id': id,
    'guestinfo.vice./hostname': id.slice(0, 12),
    'guestinfo.vice./networks': 'bridge',
    'networks|bridge/network/aliases': String(aliases.split('|').length - 1),
    [ALIASES]: aliases,
  };
}

/** What `docker create --name` does on a VCH, behind the back of everybody. */
export function dockerCreate(
  simulator: Simulator,
  name: string,
  idSeed: string,
  aliases?: string,
): SimulatedVm {
  const id = containerIdOf(idSeed);
  return simulator.inventory.addBeside(APPLIANCE, {
    name: `${name}-${id.slice(0, 12)}`,
    uuid: containerBiosUuid(simulator.inventory.vm(APPLIANCE).uuid, id),
    datastoreFolder: id,
    extraConfig: {
      ...keysOf(name, id, aliases === undefined ? {} : {aliases}),
      'common/name': name,
      'guestinfo.vice./version/PluginVersion': '10',
    },
  });
}

/** `docker rename` by the library. */
export function rename(session: Session, from: string, to: string) {
  return renameContainer(session, {vch, container: from, newName: to});
}
