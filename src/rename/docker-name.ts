import {VchError} from '../errors.js';

/** As docker prints it, and as it means it: a name has at least two characters. */
const ALLOWED = '[a-zA-Z0-9][a-zA-Z0-9_.-]';
const PATTERN = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Refuses what docker refuses before it looks for the container; the messages are VIC's own. */
export function assertRenameWords(container: string, newName: string): void {
  if (container === '' || newName === '') {
    throw new VchError(
      'VCH_ERR_NAME_INVALID',
      'neither old nor new names may be empty; see vch-migrate rename --help',
    );
  }
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

/** Docker's refusal of a rename that changes nothing. */
export function sameName(name: string): VchError {
  return new VchError(
    'VCH_ERR_NAME_INVALID',
    `renaming a container with the same name as its current name: ${name}; nothing is left to do, see vch-migrate status`,
  );
}

/** Docker's refusal of a name that another container has. */
export function nameInUse(name: string, containerId: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `conflict. The name ${JSON.stringify(name)} is already in use by container ${containerId}. ` +
      'You have to remove (or rename) that container to be able to re use that name.',
  );
}

/** VIC's refusal of a rename that its containerVM does not support, with the reason. */
export function renameUnsupported(name: string, reason: string): VchError {
  return new VchError(
    'VCH_ERR_RENAME_DISABLED',
    `container ${name} does not support rename: ${reason}. Create it anew from its image under the new name; see vch-migrate status`,
  );
}
