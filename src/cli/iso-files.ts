import {existsSync} from 'node:fs';
import {VchError} from '../errors.js';
import type {VchOptions} from '../vch-upgrade/context.js';

/** The ISO files that an upgrade takes from the current folder where none is named, as vic-machine does. */
const IN_FOLDER = {appliance: 'appliance.iso', bootstrap: 'bootstrap.iso'};

/** What a command line says of ISO files. */
interface Given {
  readonly 'appliance-iso'?: string | undefined;
  readonly 'bootstrap-iso'?: string | undefined;
  readonly 'data-only'?: boolean;
}

interface Paths {
  readonly appliance: string | undefined;
  readonly bootstrap: string | undefined;
}

export type IsoFiles = Pick<VchOptions, 'applianceIso' | 'bootstrapIso'>;

/** Reads the ISO files that are named, or both of the current folder where none is; there may be none. */
export function readIsos(given: Given): Promise<IsoFiles> {
  return read(pathsOf(given));
}

/** The same for an upgrade, which takes both files, or none where that is said. */
export function requireIsos(given: Given): Promise<IsoFiles> {
  const paths = pathsOf(given);
  const {appliance, bootstrap} = paths;
  if (given['data-only'] !== true && appliance === undefined && bootstrap === undefined)
    throw usage(
      `no ISO files are named, and ${IN_FOLDER.appliance} and ${IN_FOLDER.bootstrap} are not both in the current folder: ` +
        'name --appliance-iso and --bootstrap-iso, or change the data alone with --data-only',
    );
  if ((appliance === undefined) !== (bootstrap === undefined))
    throw usage(
      `--${appliance === undefined ? 'appliance' : 'bootstrap'}-iso is missing: an upgrade takes both ISO files of a version`,
    );
  return read(paths);
}

function pathsOf(given: Given): Paths {
  const named = {appliance: given['appliance-iso'], bootstrap: given['bootstrap-iso']};
  const isNamed = named.appliance !== undefined || named.bootstrap !== undefined;
  const dataOnly = given['data-only'] === true;
  if (isNamed && dataOnly) throw usage('--data-only excludes --appliance-iso and --bootstrap-iso');
  return !isNamed && !dataOnly && Object.values(IN_FOLDER).every((name) => existsSync(name))
    ? IN_FOLDER
    : named;
}

async function read({appliance, bootstrap}: Paths): Promise<IsoFiles> {
  const {readIsoInfo} = await import('../iso/iso-info.js');
  return {
    applianceIso: appliance === undefined ? undefined : await readIsoInfo(appliance),
    bootstrapIso: bootstrap === undefined ? undefined : await readIsoInfo(bootstrap),
  };
}

function usage(problem: string): VchError {
  return new VchError('VCH_ERR_USAGE', `${problem}; see vch-migrate upgrade --help`);
}
