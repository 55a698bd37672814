import {randomUUID} from 'node:crypto';
import pLimit from 'p-limit';
import {toVchError, VchError} from '../../errors.js';
import type {FindLogin, Login} from '../../fleet/credentials.js';
import type {FleetVCenter, Inventory} from '../../fleet/inventory.js';
import {outcomeOf} from '../../fleet/outcome.js';
import type {NewRun, RunSettings} from '../../fleet/store.js';
import {type FoundVch, type Placed, planWaves} from '../../fleet/waves.js';
import type {FleetCommand, FleetRelease} from '../../report/fleet/report.js';
import type {Command} from '../command.js';
import type {RunContext} from '../context.js';
import {isoWords, performLine, planLine, withVCenter} from './hands.js';
import {whoami} from './open-fleet.js';

interface Planning {
  readonly command: FleetCommand;
  readonly inventory: Inventory;
  readonly findLogin: FindLogin;
  readonly options: RunSettings;
  readonly changeId: string | undefined;
  readonly commands: readonly Command[];
  /** Names of vCenters: nothing is planned on others. Empty: on all. */
  readonly only: readonly string[];
}

/** Looks at all vCenters, and freezes what a run will do: the VCHs, their waves, the ISO files, and a plan for each VCH. */
export async function planFleet(
  context: RunContext,
  wanted: Planning,
): Promise<NewRun & {readonly unplaced: readonly FoundVch[]}> {
  const inventory = limitedTo(wanted.inventory, wanted.only);
  const planning = {...wanted, inventory};
  const {command, findLogin, options, changeId} = planning;
  const logins = await loginsOf(inventory.vcenters, findLogin, context.stop.signal);
  for (const {password} of logins.values()) context.redactor.add(password);
  const release = command === 'upgrade' ? await freeze(inventory.release) : null;
  const found = await findAll(context, inventory.vcenters, logins, planning.commands);
  const {placed, unplaced} = planWaves(inventory, found);
  if (placed.length === 0)
    throw new VchError(
      'VCH_ERR_VCH_NOT_FOUND',
      'no VCH is in any wave: look at the selections of the inventory, and at vch-migrate ls on each vCenter',
    );
  for (const {vcenter, name} of unplaced)
    context.log.warn(`${vcenter}/${name} is in no wave, and is left alone`);
  const targets = await planEach(context, planning, placed, logins, release);
  const day = context.now().toISOString().slice(0, 10).replaceAll('-', '');
  const id = `${command}-${day}-${randomUUID().slice(0, 4)}`;
  return {
    id,
    command,
    inventory,
    release,
    options,
    tool: context.version,
    changeId: changeId ?? null,
    who: whoami(),
    targets,
    unplaced,
  };
}

/** The inventory without the vCenters that are not named; all of it where none is. */
function limitedTo(inventory: Inventory, only: readonly string[]): Inventory {
  const names = inventory.vcenters.map(({name}) => name);
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new VchError(
      'VCH_ERR_USAGE',
      `--vcenter ${unknown}: the inventory has no vCenter of that name, only ${names.join(', ')}`,
    );
  if (only.length === 0) return inventory;
  return {...inventory, vcenters: inventory.vcenters.filter(({name}) => only.includes(name))};
}

/** The logins of all vCenters, or one error that names every one that is missing. */
async function loginsOf(
  vcenters: readonly FleetVCenter[],
  findLogin: FindLogin,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Login>> {
  const logins = new Map<string, Login>();
  const missing: string[] = [];
  for (const {name, credentials} of vcenters) {
    const login = await findLogin(credentials, signal);
    if (login === null) missing.push(credentials);
    else logins.set(name, login);
  }
  if (missing.length === 0) return logins;
  const [first = ''] = missing;
  throw new VchError(
    'VCH_ERR_USAGE',
    `there are no credentials ${[...new Set(missing)].join(', ')} here: name a --credentials-file with them, or set VCH_MIGRATE_CRED_${first.toUpperCase().replace(/[^A-Z0-9]/g, '_')}_USER and _PASSWORD`,
  );
}

async function freeze(release: Inventory['release']): Promise<FleetRelease | null> {
  if (release === null) return null;
  const [{readIsoInfo}, {fileDigest}] = await Promise.all([
    import('../../iso/iso-info.js'),
    import('../../fleet/abilities.js'),
  ]);
  const frozen = async (path: string) => {
    const {version} = await readIsoInfo(path);
    return {path, version, sha256: (await fileDigest(path)) ?? ''};
  };
  return {applianceIso: await frozen(release.applianceIso), bootstrapIso: await frozen(release.bootstrapIso)};
}

/** vCenters that are looked at, and VCHs that are planned, at a time. */
const AT_A_TIME = 4;

async function findAll(
  context: RunContext,
  vcenters: readonly FleetVCenter[],
  logins: ReadonlyMap<string, Login>,
  commands: readonly Command[],
): Promise<readonly FoundVch[]> {
  const {findFleetVchs} = await import('../../fleet/find-vchs.js');
  const limit = pLimit(AT_A_TIME);
  const failures: string[] = [];
  const found = await Promise.all(
    vcenters.map((vcenter) =>
      limit(async () => {
        try {
          const login = logins.get(vcenter.name);
          if (login === undefined) return [];
          const vchs = await withVCenter(context, commands, {vcenter, login}, (session) =>
            findFleetVchs(session, vcenter),
          );
          context.log.info(`${vcenter.name}: ${vchs.length} VCHs`);
          return vchs;
        } catch (error) {
          const {code, message} = toVchError(error);
          failures.push(`${vcenter.name}: ${code}: ${message}`);
          return [];
        }
      }),
    ),
  );
  if (failures.length === 0) return found.flat();
  throw new VchError(
    'VCH_ERR_TRANSPORT',
    `${failures.length} vCenters could not be looked at, so nothing is planned. ${failures.join('; ')}`,
  );
}

/** What each VCH will come to: the saved plan of its containerVMs for apply, a dry run for upgrade. */
async function planEach(
  context: RunContext,
  {command, commands, options, changeId, inventory}: Planning,
  placed: readonly Placed[],
  logins: ReadonlyMap<string, Login>,
  release: FleetRelease | null,
): Promise<NewRun['targets']> {
  const limit = pLimit(AT_A_TIME);
  const isos = release && {appliance: release.applianceIso.path, bootstrap: release.bootstrapIso.path};
  const planOne = async (vch: Placed): Promise<NewRun['targets'][number]> => {
    const vcenter = inventory.vcenters.find(({name}) => name === vch.vcenter);
    const login = logins.get(vch.vcenter);
    if (vcenter === undefined || login === undefined || (command !== 'apply' && command !== 'upgrade'))
      return {...vch, planned: null, plan: null};
    const common = {
      ...{vcenter, login, vchId: vch.id, name: `${vch.vcenter}/${vch.name}`, vchRun: context.newRunId()},
      words: {
        parallelism: String(options.parallelism),
        ...(changeId === undefined ? {} : {'change-id': changeId}),
      },
    };
    const {signal} = context.stop;
    try {
      if (command === 'apply') {
        const {report, plan} = await planLine(context, commands, common, signal);
        return {...vch, planned: outcomeOf(report), plan};
      }
      const words = {...common.words, ...isoWords(isos), 'dry-run': true as const};
      const {report} = await performLine(context, commands, {...common, words, command}, signal);
      return {...vch, planned: outcomeOf(report), plan: null};
    } catch (error) {
      const {code, message} = toVchError(error);
      if (code === 'VCH_ERR_INTERRUPTED') throw error;
      context.log.warn(`${common.name}: ${code}: ${message}`);
      return {
        ...vch,
        planned: {summary: null, version: null, attention: [], next: null, error: {code, message}},
        plan: null,
      };
    }
  };
  return Promise.all(placed.map((vch) => limit(() => planOne(vch))));
}
