import {VchError} from '../errors.js';

/** A container as far as looking for it goes. */
export interface NamedContainer {
  readonly containerId: string;
  readonly name: string | null;
  /** How messages call its VM. */
  readonly vm: string;
  /** Its BIOS UUID is the one its VCH gives it; a clone's is not. */
  readonly own: boolean;
}

/** The name that a word stands for: a slash before a name is docker's own way to write it. */
export function spokenName(word: string): string {
  return word.startsWith('/') ? word.slice(1) : word;
}

/**
 * The container that a word names, as docker looks for it: a full id before a name, a name before the beginning of
 * an id. Throws docker's messages.
 */
export function findContainer<T extends NamedContainer>(word: string, containers: readonly T[]): T {
  const name = spokenName(word);
  const byId = containers.filter(({containerId}) => containerId === word);
  const byName = containers.filter((container) => container.name === name);
  const found = byId.length > 0 ? byId : byName.length > 0 ? byName : byBeginning(word, containers);
  const [first] = found;
  if (first === undefined) {
    throw new VchError(
      'VCH_ERR_CONTAINER_NOT_FOUND',
      `No such container: ${word}; vch-migrate status shows the containers of the VCH`,
    );
  }
  if (found.length === 1) return first;
  // A clone carries the name and the id of its original.
  const own = found.filter((container) => container.own);
  const [original] = own;
  if (original !== undefined && own.length === 1) return original;
  throw new VchError(
    'VCH_ERR_CONTAINER_NOT_FOUND',
    `${found.length} containerVMs answer to ${word}: ${found.map(({vm}) => vm).join(', ')}; see vch-migrate audit, and remove what is a copy`,
  );
}

function byBeginning<T extends NamedContainer>(word: string, containers: readonly T[]): readonly T[] {
  if (!/^[0-9a-f]+$/.test(word)) return [];
  const found = containers.filter(({containerId}) => containerId.startsWith(word));
  if (new Set(found.map(({containerId}) => containerId)).size < 2) return found;
  throw new VchError(
    'VCH_ERR_CONTAINER_NOT_FOUND',
    `Multiple IDs found with provided prefix: ${word}; give more of the id, vch-migrate status --format json shows it whole`,
  );
}

/** The other container that has a name; its own clones share it, and are no others. */
export function holderOf<T extends NamedContainer>(
  name: string,
  containers: readonly T[],
  self: NamedContainer,
): T | undefined {
  return containers.find(
    (container) => container.name === name && container.containerId !== self.containerId,
  );
}
