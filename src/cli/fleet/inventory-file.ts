import {dirname, resolve} from 'node:path';
import {VchError} from '../../errors.js';
import {type Inventory, problemLines, readInventory} from '../../fleet/inventory.js';
import {shellQuoted} from '../../shell-word.js';
import {requiredText} from '../../text-file.js';

/** How many problems a message names; `fleet validate` lists them all. */
const SHOWN = 5;

/** Reads the file that `--inventory` names, with whatever is wrong with it. */
export function readInventoryFile(path: string | undefined) {
  if (path === undefined)
    throw usage(
      '--inventory is missing: name the file with the vCenters of the fleet; docs/fleet.md begins with one',
    );
  const content = requiredText(path, (why) => usage(`--inventory: ${path} cannot be read (${why})`));
  return {file: path, ...readInventory(content)};
}

/** The same for a command that needs it whole. Paths in it are relative to its folder. */
export function requireInventory(path: string | undefined): Inventory {
  const {file, inventory, problems} = readInventoryFile(path);
  if (inventory === null) {
    const lines = problemLines(file, problems);
    const more = lines.length > SHOWN ? [`${lines.length - SHOWN} more`] : [];
    throw usage(
      `${[...lines.slice(0, SHOWN), ...more].join('; ')}. See vch-migrate fleet validate --inventory ${shellQuoted(file)}`,
    );
  }
  const folder = dirname(resolve(file));
  const {release, vcenters} = inventory;
  return {
    ...inventory,
    vcenters: vcenters.map(({ca, ...vcenter}) => ({...vcenter, ca: ca && resolve(folder, ca)})),
    release: release && {
      applianceIso: resolve(folder, release.applianceIso),
      bootstrapIso: resolve(folder, release.bootstrapIso),
    },
  };
}

function usage(problem: string): VchError {
  return new VchError('VCH_ERR_USAGE', problem);
}
