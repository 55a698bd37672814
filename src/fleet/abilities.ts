import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {systemCode, toVchError} from '../errors.js';
import type {FleetRelease} from '../report/fleet/report.js';
import type {FindLogin, Login} from './credentials.js';
import type {FleetVCenter} from './inventory.js';
import type {RunRow} from './store.js';
import {minorOf} from './version.js';

/** ISO files on this machine. */
export interface Isos {
  readonly appliance: string;
  readonly bootstrap: string;
}

export interface AbilityOptions {
  readonly findLogin: FindLogin;
  /** Only these vCenters; all if there is none. */
  readonly only: readonly string[];
  /** Where ISO files are looked for, instead of the paths of the plan. */
  readonly isoFolder: string | undefined;
  readonly tool: string;
}

/** Something without which a worker takes no VCH; `null` if it has it. */
type Lack = string | null;

/** What a worker can do, as far as that depends on its machine: logins, ISO files, its version. */
export class Abilities {
  readonly #options: AbilityOptions;
  readonly #digests = new Map<string, {readonly of: string; readonly sha256: Promise<string | null>}>();

  constructor(options: AbilityOptions) {
    this.#options = options;
  }

  /** What it lacks for a vCenter of a run, whatever is to be done there. */
  lacksFor({id, tool: version}: RunRow, {name}: FleetVCenter): Lack {
    const {tool, only} = this.#options;
    if (minorOf(version) !== minorOf(tool))
      return `the version of the run ${id}: that is ${version}, and this is ${tool}`;
    return only.length > 0 && !only.includes(name) ? `${name}: its --vcenter names others` : null;
  }

  /** The login of a vCenter, or why there is none, which is no fault of any VCH. */
  async loginFor(
    {name, credentials}: FleetVCenter,
    signal: AbortSignal,
  ): Promise<{readonly login: Login; readonly lack: null} | {readonly login: null; readonly lack: string}> {
    try {
      const login = await this.#options.findLogin(credentials, signal);
      return login === null
        ? {login, lack: `the credentials ${credentials}: it takes no VCH of ${name}`}
        : {login, lack: null};
    } catch (error) {
      return {login: null, lack: `the credentials ${credentials}: ${toVchError(error).message}`};
    }
  }

  /** The ISO files that a run needs: `null` if it needs none, or what is lacking. */
  async isosFor({
    command,
    release,
    state,
  }: RunRow): Promise<{readonly isos: Isos | null; readonly lack: Lack}> {
    // What is left of a cancelled upgrade is only looked at.
    if (command !== 'upgrade' || release === null || state === 'cancelled') return {isos: null, lack: null};
    const [appliance, bootstrap] = await Promise.all([
      this.#isoOf(release.applianceIso),
      this.#isoOf(release.bootstrapIso),
    ]);
    const lack = appliance.lack ?? bootstrap.lack;
    return {isos: lack === null ? {appliance: appliance.path, bootstrap: bootstrap.path} : null, lack};
  }

  async #isoOf({path: planned, sha256}: FleetRelease['applianceIso']) {
    const {isoFolder} = this.#options;
    const path = isoFolder === undefined ? planned : join(isoFolder, basename(planned));
    const digest = await this.#digestOf(path);
    const why = digest === null ? 'there is none' : 'its SHA-256 is another';
    const lack =
      digest === sha256 ? null : `the ISO file ${path} of the plan (${why}): it takes no upgrade with it`;
    return {path, lack};
  }

  /** Of a file that has not changed it is computed once. */
  async #digestOf(path: string): Promise<string | null> {
    const found = await stat(path).catch(() => null);
    if (found === null) return null;
    const of = [found.ino, found.size, found.mtimeMs].join();
    const known = this.#digests.get(path);
    const entry = known?.of === of ? known : {of, sha256: fileDigest(path)};
    this.#digests.set(path, entry);
    return entry.sha256;
  }
}

/** The SHA-256 of a file; `null` if it cannot be read. */
export async function fileDigest(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch (error) {
    if (systemCode(error) === 'unknown reason') throw error;
    return null;
  }
}
