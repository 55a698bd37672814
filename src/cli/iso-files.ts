import {existsSync} from 'node:fs';
import {VchError} from '../errors.js';
import type {VchOptions} from '../vch-upgrade/vch-target.js';
import type {Values} from './option.js';
import type {dataOnly, isoOptions} from './options.js';

/** The ISO files in the current folder that an upgrade uses if none is named, as vic-machine does. */
const IN_FOLDER = {appliance: 'appliance.iso', bootstrap: 'bootstrap.iso'};

type Given = Partial<Values<typeof isoOptions & {readonly 'data-only': typeof dataOnly}>>;
type Paths = ReturnType<typeof pathsOf>;
type IsoFiles = Pick<VchOptions, 'applianceIso' | 'bootstrapIso'>;

/** Reads the ISO files that are named; if none is, both of the current folder, or none. */
export function readIsos(given: Given, command: string): Promise<IsoFiles> {
  return read(pathsOf(given, command));
}

/** The same for an upgrade, which needs both files, or --data-only. */
export function requireIsos(given: Given, command: string): Promise<IsoFiles> {
  const paths = pathsOf(given, command);
  const {appliance, bootstrap} = paths;
  if (given['data-only'] !== true && appliance === undefined && bootstrap === undefined)
    throw usage(
      `no ISO files are named, and ${IN_FOLDER.appliance} and ${IN_FOLDER.bootstrap} are not both in the current folder: ` +
        'name --appliance-iso and --bootstrap-iso, or change the data alone with --data-only',
      command,
    );
  if ((appliance === undefined) !== (bootstrap === undefined))
    throw usage(
      `--${appliance === undefined ? 'appliance' : 'bootstrap'}-iso is missing: an upgrade takes both ISO files of a version`,
      command,
    );
  return read(paths);
}

function pathsOf(given: Given, command: string) {
  const named = {appliance: given['appliance-iso'], bootstrap: given['bootstrap-iso']};
  const isNamed = named.appliance !== undefined || named.bootstrap !== undefined;
  const dataOnly = given['data-only'] === true;
  if (isNamed && dataOnly) throw usage('--data-only excludes --appliance-iso and --bootstrap-iso', command);
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

function usage(problem: string, command: string): VchError {
  return new VchError('VCH_ERR_USAGE', `${problem}; see vch-migrate ${command} --help`);
}
