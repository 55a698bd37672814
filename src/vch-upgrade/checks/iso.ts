import type {Datastore} from '../../inventory/datastores.js';
import {compareBuilds, compareReleases, versionText} from '../../iso/version-stamp.js';
import {APPLIANCE_STAMP} from '../../migration/data-version.js';
import {parseDatastorePath} from '../../vim25/datastore-path.js';
import type {CheckOptions} from '../vch-target.js';
import {type CheckedVch, failed, ok, orThrow, type Verdict, warning} from './verdict.js';

/** Bytes to leave free beside the ISO files: the snapshot grows while the appliance runs on it. */
const RESERVE = 1024 ** 3;

/** Checks that the ISO files are of one version; like VIC, it does not compare the commit. */
export function checkIsos({vch, options}: CheckedVch): Verdict {
  const {applianceIso: appliance, bootstrapIso: bootstrap, skipIsoCheck: skip} = options;
  if (appliance === undefined && bootstrap === undefined) {
    const message = 'none: the VCH keeps the version that it boots, and only its data change (--data-only)';
    if (skip || vch.summary.dataVersion === APPLIANCE_STAMP) return ok(message);
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

/** Checks that the ISO file has a newer build, as VIC compares them, and not an older version. */
export function checkBuild({vch, options}: CheckedVch): Verdict {
  const {name, id, version, build} = vch.summary;
  const {applianceIso: iso, skipVersionCheck: skip} = options;
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

/** Checks that the appliance's datastore has room for the ISO files. */
export function checkDatastore({datastores, appliance, options}: CheckedVch): Verdict {
  return judgeDatastore(orThrow(datastores), orThrow(appliance).vmPathName, options);
}

/** Decides on datastores that were read. */
export function judgeDatastore(
  datastores: readonly Datastore[],
  vmPathName: string | null,
  {applianceIso, bootstrapIso}: Pick<CheckOptions, 'applianceIso' | 'bootstrapIso'>,
): Verdict {
  const datastore = datastoreOf(datastores, vmPathName);
  if (datastore === null)
    return warning(`the appliance's datastore cannot be read (${vmPathName ?? 'no path'})`);
  const {name, accessible, freeSpace} = datastore;
  if (!accessible) return failed(`the datastore ${name} cannot be reached by its hosts; bring it back first`);
  if (freeSpace === null) return warning(`the free space of the datastore ${name} cannot be read`);
  const needed = (applianceIso?.size ?? 0) + (bootstrapIso?.size ?? 0);
  const uploads = needed === 0 ? 'no ISO file to upload' : `${sizeText(needed)} needed for ISO files`;
  const shown = `${name}: ${sizeText(freeSpace)} free, ${uploads}`;
  if (freeSpace < needed) return failed(`${shown}; make room on it first`);
  if (freeSpace < needed + RESERVE)
    return warning(
      `${shown}; that leaves little for the snapshot, which grows while the appliance runs on it`,
    );
  return ok(`${shown}, which leaves room for the snapshot`);
}

/** The datastore of the appliance's own folder, to which the ISO files are uploaded. */
export function datastoreOf(datastores: readonly Datastore[], vmPathName: string | null): Datastore | null {
  const name = parseDatastorePath(vmPathName)?.dsName;
  return datastores.find((datastore) => datastore.name === name) ?? null;
}

/** `3.2 GiB`, as datastore browsers show sizes. */
function sizeText(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** at;
  return `${at === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`;
}
