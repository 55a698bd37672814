import {ownership} from '../containers/scope.js';
import {untouched} from '../containers/vm-outcome.js';
import {VchError} from '../errors.js';
import {DATA_VERSION_KEY, NAME_KEYS, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {
  type ContainerVm,
  type ReadableVm,
  readContainerVms,
  type WantedKeys,
} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {containerNameOf} from '../migration/names.js';
import type {Session} from '../vim25/session.js';
import {nameInUse, sameName} from './docker-name.js';
import {findContainer, holderOf, type NamedContainer, spokenName} from './find-container.js';
import type {RenameRecord} from './rename-claim-text.js';

/** The keys that tell whether a container may get a name. */
export const NAMING_KEYS: readonly string[] = [
  NAME_KEYS.container.hidden,
  NAME_KEYS.container.legacy,
  DATA_VERSION_KEY.container,
  RENAME_DISABLED_KEY,
];

/** A container of the VCH, readable or not. */
export interface Container extends NamedContainer {
  readonly reading: Exclude<ContainerVm, {status: 'other'}>;
}

/** The containers of a VCH as one reading shows them. */
export interface Containers {
  readonly all: readonly Container[];
  /** VMs that may be containers of the VCH and have any name: their keys could not be read. */
  readonly unread: readonly string[];
  /** As `apply` counts them: unread ones too, templates not. */
  readonly count: number;
}

/** Reads the containers of a VCH; another VCH's in the same folder are left out. */
export async function readContainers(
  session: Session,
  found: FoundVch,
  keys: WantedKeys,
): Promise<Containers> {
  const all: Container[] = [];
  const unread: string[] = [];
  let count = 0;
  for (const vm of await readContainerVms(session, found.vch, keys)) {
    if (vm.status === 'other') continue;
    const owner = ownership(vm, found).status;
    if (owner === 'other') continue;
    if (vm.status !== 'template') count += 1;
    const label = `${vm.displayName} (${vm.ref.value})`;
    const name = containerNameOf(vm.config);
    if (name === null && vm.status !== 'readable') unread.push(label);
    if (vm.containerId === null) continue;
    all.push({
      reading: vm,
      containerId: vm.containerId,
      name,
      vm: label,
      own: owner === 'own',
    });
  }
  return {all, unread, count};
}

/** What is ordered. */
export interface RenameOrder {
  /** Name, full id, or the beginning of an id that no other container has. */
  readonly container: string;
  readonly newName: string;
}

/** A container that a rename is decided for. */
export interface RenameTarget {
  readonly container: Container;
  readonly vm: ReadableVm;
  /** Its name until then, or until an earlier run renamed it. */
  readonly oldName: string;
  /** It has the new name already: an earlier run got no further, and links of others may have the old one. */
  readonly renamed: boolean;
}

/**
 * Finds the container and refuses, with docker's messages and in docker's order, what docker would. The same order
 * once more, by the old name or by id, is none of that while the appliance has a record of it: it goes on.
 */
export function renameTarget(
  containers: readonly Container[],
  {container: word, newName}: RenameOrder,
  records: readonly RenameRecord[],
): RenameTarget {
  const container = halfRenamed(containers, word, newName, records) ?? findContainer(word, containers);
  const vm = container.reading;
  if (vm.status !== 'readable') throw unusable(container);
  if (container.name === newName) {
    const own = records.filter(({container: id, from}) => id === container.containerId && from !== newName);
    const record = own.find(({from}) => from === spokenName(word)) ?? own[0];
    if (record === undefined) throw sameName(newName);
    return {container, vm, oldName: record.from, renamed: true};
  }
  const holder = holderOf(newName, containers, container);
  if (holder !== undefined) throw nameInUse(newName, holder.containerId);
  if (container.name === null) {
    throw new VchError(
      'VCH_ERR_NAME_MISSING',
      `${container.vm} has no container name that could be changed; see vch-migrate audit`,
    );
  }
  return {container, vm, oldName: container.name, renamed: false};
}

/** The container that had the name of the order, which nobody has now, and has the new one. */
function halfRenamed(
  containers: readonly Container[],
  word: string,
  newName: string,
  records: readonly RenameRecord[],
): Container | undefined {
  const oldName = spokenName(word);
  if (containers.some(({name, containerId}) => name === oldName || containerId === word)) return undefined;
  const ids = records
    .filter(({from, to}) => from === oldName && to === newName)
    .map(({container}) => container);
  const found = containers.filter(({containerId, name}) => name === newName && ids.includes(containerId));
  return found.find(({own}) => own) ?? found[0];
}

function unusable({reading, vm}: Container): VchError {
  if (reading.status === 'unreachable' || reading.status === 'unreadable') {
    const {error} = untouched(reading);
    if (error !== null) return error;
  }
  return new VchError(
    'VCH_ERR_CONTAINER_NOT_FOUND',
    `${vm} is a template, and no container that could be renamed; see vch-migrate status`,
  );
}
