import {VchError} from '../errors.js';
import {type DataVersion, parseDataVersion} from '../extraconfig/data-version.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {DATA_VERSION_KEY} from '../extraconfig/keys.js';
import type {Target} from './plugin.js';

export {type DataVersion, parseDataVersion} from '../extraconfig/data-version.js';

/** The highest of VIC's data versions, and so the tool's own. */
export const TOOL_DATA_VERSION = 10;

/** VIC refuses `docker rename` on a containerVM below this data version (`RenameSupportedVersion`). */
export const RENAME_SUPPORTED_VERSION = 4;

/** From this data version on VIC 1.3 and later also keep the new name: below it they migrate in memory only. */
export const RENAME_PERSISTED_VERSION = 9;

/** Plugins of others than VIC are numbered from here. */
export const FIRST_FOREIGN_VERSION = 1000;

/** The last of VIC's data versions that changes a target; a VM below it is migrated by VIC, too. */
export const LATEST_VERSION: Readonly<Record<Target, number>> = {appliance: 8, container: 9};

/** The data version of a VM. */
export function dataVersionOf(config: ExtraConfig, target: Target): DataVersion {
  return parseDataVersion(config[DATA_VERSION_KEY[target]]);
}

export type AcceptedVersion =
  | {readonly status: 'accepted'; readonly version: number}
  | {readonly status: 'refused'; readonly version: number | null; readonly error: VchError};

/**
 * The data version of a VM that may be written, or why it may not; `label` is how messages call the VM, `again` what to
 * run once it is put right.
 */
export function acceptDataVersion(
  config: ExtraConfig,
  target: Target,
  label: string,
  again = 'vch-migrate plan',
): AcceptedVersion {
  const found = dataVersionOf(config, target);
  if (found.status === 'invalid') {
    const error = new VchError(
      'VCH_ERR_DATA_VERSION_INVALID',
      `${label}: its data version ${JSON.stringify(found.raw)} (${DATA_VERSION_KEY[target]}) is no plain number. ` +
        `Look at it with \`govc vm.info -e\` and put it right with the VM powered off, then \`${again}\` again`,
    );
    return {status: 'refused', version: null, error};
  }
  const {version} = found;
  if (version <= TOOL_DATA_VERSION) return {status: 'accepted', version};
  const error = new VchError(
    'VCH_ERR_DATA_TOO_NEW',
    `${label}: its data version ${version} is above ${TOOL_DATA_VERSION}, the highest that this release knows. ` +
      `Use a release that knows it, then \`${again}\` again`,
  );
  return {status: 'refused', version, error};
}
