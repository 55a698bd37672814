import {VchError} from '../errors.js';
import {type ContainerVm, labelOf} from '../inventory/container-vms.js';
import {containerNameOf} from '../migration/names.js';

/** A VM of the VCH whose container id could be read. */
export type Container = ContainerVm & {readonly containerId: string};

/** Whether a VM is a container of the VCH that was read: another VCH may own VMs in the same folder. */
export function isContainer(vm: ContainerVm): vm is Container {
  return vm.containerId !== null && vm.owner.status !== 'other';
}

/** As docker prints it; as docker means it, a name has at least two characters. */
const ALLOWED = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
const PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Throws what docker refuses before it looks for the container; the messages are VIC's own. */
export function assertRenameWords(container: string, newName: string): void {
  if (container === '' || newName === '')
    throw new VchError(
      'VCH_ERR_NAME_INVALID',
      'neither old nor new names may be empty; see vch-migrate rename --help',
    );
  if (isDockerName(newName)) return;
  throw new VchError(
    'VCH_ERR_NAME_INVALID',
    `invalid container name (${newName}), only ${ALLOWED} are allowed, two characters at least; choose another name and run rename again`,
  );
}

/** Whether docker would give a container that name. */
export function isDockerName(name: string): boolean {
  return PATTERN.test(name);
}

/** Docker's refusal of a name that another container has. */
export function nameInUse(name: string, containerId: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `conflict. The name ${JSON.stringify(name)} is already in use by container ${containerId}. ` +
      'You have to remove (or rename) that container to be able to re use that name.',
  );
}

/** The name that a word stands for: docker accepts names with a slash before them. */
export function spokenName(word: string): string {
  return word.startsWith('/') ? word.slice(1) : word;
}

/**
 * The container that a word names, as docker looks for it: a full id before a name, a name before the beginning of
 * an id. Throws docker's messages.
 */
export function findContainer(word: string, containers: readonly Container[]): Container {
  const name = spokenName(word);
  const byId = containers.filter(({containerId}) => containerId === word);
  const byName = containers.filter(({config}) => containerNameOf(config) === name);
  const found = byId.length > 0 ? byId : byName.length > 0 ? byName : byBeginning(word, containers);
  if (found.length === 0)
    throw new VchError(
      'VCH_ERR_CONTAINER_NOT_FOUND',
      `No such container: ${word}; vch-migrate status shows the containers of the VCH`,
    );
  // A clone has the name and the id of its original.
  const [only, another] = found.length === 1 ? found : found.filter(({owner}) => owner.status === 'own');
  if (only !== undefined && another === undefined) return only;
  throw new VchError(
    'VCH_ERR_CONTAINER_NOT_FOUND',
    `${found.length} containerVMs answer to ${word}: ${found.map(labelOf).join(', ')}; run vch-migrate audit, and remove the copy`,
  );
}

function byBeginning(word: string, containers: readonly Container[]): readonly Container[] {
  if (!/^[0-9a-f]+$/.test(word)) return [];
  const found = containers.filter(({containerId}) => containerId.startsWith(word));
  if (new Set(found.map(({containerId}) => containerId)).size < 2) return found;
  throw new VchError(
    'VCH_ERR_CONTAINER_NOT_FOUND',
    `Multiple IDs found with provided prefix: ${word}; give more of the id; vch-migrate status --format json shows it in full`,
  );
}

/** The other container that has a name. Clones of the container itself share it, and do not count. */
export function holderOf(
  name: string,
  containers: readonly Container[],
  self: Container,
): Container | undefined {
  return containers.find(
    ({config, containerId}) => containerNameOf(config) === name && containerId !== self.containerId,
  );
}
