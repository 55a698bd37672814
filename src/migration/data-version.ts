import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY, type Target} from '../extraconfig/keys.js';
import {parseDataVersion} from '../extraconfig/value.js';

// Why: docs/decisions/007-plugins-are-checked-early.md

/** The highest data version that this release knows. A VM above it is refused. */
export const HIGHEST_DATA_VERSION = 10;

/** The last data version that changes data of that kind of VM; VIC itself migrates a VM below it, too. */
export const LATEST_CHANGE: Readonly<Record<Target, number>> = {appliance: 8, container: 9};

/** The data version that an upgrade writes to the appliance, last of all; it marks the upgrade as complete. */
export const APPLIANCE_STAMP = 10;

/** VIC refuses `docker rename` on a containerVM below this data version (`RenameSupportedVersion`). */
export const RENAME_SUPPORTED_VERSION = 4;

/** VIC 1.3 and later keep a new name from this data version on. Below it they migrate in memory, and lose the name. */
export const RENAME_PERSISTED_VERSION = 9;

/** Your own plugins are numbered from here; VIC's own have its data versions as numbers. */
export const FIRST_FOREIGN_VERSION = 1000;

/** The data version of a VM; `null` if it is not a number. */
export function dataVersionOf(config: ExtraConfig, target: Target): number | null {
  return parseDataVersion(config[DATA_VERSION_KEY[target]]);
}

/**
 * The data version of a VM, or why the VM may not be written. Messages call the VM `label`, and end with the command
 * `again` to run next.
 */
export function acceptDataVersion(
  config: ExtraConfig,
  target: Target,
  {
    label,
    vm,
    again = 'vch-migrate plan',
  }: {readonly label: string; readonly vm: string; readonly again?: string},
): number | VchError {
  const version = dataVersionOf(config, target);
  const key = DATA_VERSION_KEY[target];
  if (version === null)
    return new VchError(
      'VCH_ERR_DATA_VERSION_INVALID',
      `${label}: its data version ${JSON.stringify(config[key])} (${key}) is not a whole number. ` +
        `Read it with \`govc vm.info -e ${vm}\`, correct it while the VM is powered off, then run \`${again}\` again`,
    );
  if (version <= HIGHEST_DATA_VERSION) return version;
  return new VchError(
    'VCH_ERR_DATA_TOO_NEW',
    `${label}: its data version ${version} is above ${HIGHEST_DATA_VERSION}, the highest that this release knows. ` +
      `Use a release that knows it, then run \`${again}\` again`,
  );
}
