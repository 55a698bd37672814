import type {Datastore} from '../../inventory/datastores.js';
import type {VchDescription} from '../../inventory/vch.js';
import type {IsoInfo} from '../../iso/iso-info.js';
import {compareBuilds, compareReleases, versionText} from '../../iso/version-stamp.js';
import {APPLIANCE_STAMP} from '../../migration/data-version.js';
import {parseDatastorePath} from '../../vim25/datastore-path.js';
import type {CheckOptions} from '../context.js';
import {failed, ok, orThrow, type VchCheck, type Verdict, warning} from './verdict.js';

/** The ISO files that were named. */
interface Isos {
  readonly appliance: IsoInfo | undefined;
  readonly bootstrap: IsoInfo | undefined;
}

/** Left free beside the ISO files: the snapshot grows for as long as the appliance runs on it. */
const RESERVE = 1024 ** 3;

export const isoCheck: VchCheck = {
  id: 'iso',
  title: 'ISO files',
  judge: ({vch, options}) =>
    judgeIsos(isosOf(options), options.skipIsoCheck === true, vch.summary.dataVersion),
};

export const buildCheck: VchCheck = {
  id: 'build',
  title: 'build',
  judge: ({vch, options}) => judgeBuild(vch.summary, options.applianceIso, options.skipVersionCheck === true),
};

export const datastoreCheck: VchCheck = {
  id: 'datastore',
  title: 'datastore',
  judge: ({datastores, appliance, options}) =>
    judgeDatastore(orThrow(datastores), orThrow(appliance).vmPathName, isosOf(options)),
};

function isosOf({applianceIso, bootstrapIso}: CheckOptions): Isos {
  return {appliance: applianceIso, bootstrap: bootstrapIso};
}

/** Whether the ISO files are of one version; VIC compares them without the commit, too. */
function judgeIsos({appliance, bootstrap}: Isos, skip: boolean, dataVersion: number | null): Verdict {
  if (appliance === undefined && bootstrap === undefined) {
    const message = 'none: the VCH keeps the version that it boots, and only its data change (--data-only)';
    if (skip || dataVersion === APPLIANCE_STAMP) return ok(message);
    return warning(
      `${message}. That version may not understand all of the new data, and vic-machine configure of the new version no longer refuses the VCH: name --appliance-iso and --bootstrap-iso, unless the VCH boots the new version already`,
    );
  }
  const shown = [appliance, bootstrap]
    .flatMap((info) => (info === undefined ? [] : [`${info.path}: ${versionText(info)}`]))
    .join(', ');
  if (appliance === undefined || bootstrap === undefined) {
    const left = appliance === undefined ? 'appliance' : 'bootstrap';
    return failed(`${shown}; --${left}-iso is missing: an upgrade takes both ISO files of a version`);
  }
  const agree = appliance.version === bootstrap.version && appliance.buildNumber === bootstrap.buildNumber;
  if (agree) return ok(shown);
  const message = `the two ISO files are of different versions: ${shown}`;
  if (skip) return warning(message);
  return failed(`${message}; name two of one version, or pass --skip-iso-check to upgrade anyway`);
}

/** Whether the ISO file leads to a newer build, as VIC compares them, and not to an older version. */
function judgeBuild(
  {name, id, version, build}: VchDescription,
  iso: IsoInfo | undefined,
  skip: boolean,
): Verdict {
  const has = `${name} (${id}) has version ${version ?? 'unknown'}, build ${build ?? 'unknown'}`;
  if (iso === undefined) return ok(`${has}, and keeps it: there is no appliance ISO`);
  const leads = `the ISO file has version ${iso.version}, build ${iso.buildNumber}`;
  const byBuild = compareBuilds(build, iso.buildNumber);
  const order = compareReleases({version, build}, {version: iso.version, build: iso.buildNumber});
  if (byBuild !== null && byBuild < 0 && order !== null && order < 0) return ok(`${has}; ${leads}`);
  const problem =
    byBuild === null
      ? `${has}, which cannot be compared: ${leads}`
      : byBuild < 0
        ? `${has}, a newer version, although its build number is lower: ${leads}. An upgrade cannot lead to an older version`
        : `${has}, the same as the ISO file's or a newer one: ${leads}. No upgrade is available`;
  if (skip) return warning(problem);
  return failed(
    `${problem}; name the ISO files of a newer build, or pass --skip-version-check to upgrade anyway`,
  );
}

/** Whether the appliance's datastore has room for the ISO files. */
export function judgeDatastore(
  datastores: readonly Datastore[],
  vmPathName: string | null,
  {appliance, bootstrap}: Isos,
): Verdict {
  const datastore = datastoreOf(datastores, vmPathName);
  if (datastore === null)
    return warning(`the appliance's datastore cannot be seen (${vmPathName ?? 'no path'})`);
  const {name, accessible, freeSpace} = datastore;
  if (!accessible) return failed(`the datastore ${name} cannot be reached by its hosts; bring it back first`);
  if (freeSpace === null) return warning(`how much of the datastore ${name} is free cannot be seen`);
  const needed = (appliance?.size ?? 0) + (bootstrap?.size ?? 0);
  const uploads = needed === 0 ? 'no ISO file to upload' : `${sizeText(needed)} needed for ISO files`;
  const shown = `${name}: ${sizeText(freeSpace)} free, ${uploads}`;
  if (freeSpace < needed) return failed(`${shown}; make room on it first`);
  if (freeSpace < needed + RESERVE)
    return warning(`${shown}; little is left for the snapshot, which grows while the appliance runs on it`);
  return ok(`${shown}, the rest is for the snapshot`);
}

/** The datastore of the appliance's own folder, into which the ISO files go. */
export function datastoreOf(datastores: readonly Datastore[], vmPathName: string | null): Datastore | null {
  const name = parseDatastorePath(vmPathName)?.dsName;
  return datastores.find((datastore) => datastore.name === name) ?? null;
}

/** `3.2 GiB`, as datastore browsers show it. */
function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** at;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
