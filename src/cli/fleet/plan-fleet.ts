import pLimit, {type LimitFunction} from 'p-limit';
import {hasCode, toVchError, VchError} from '../../errors.js';
import type {FindLogin, Login} from '../../fleet/credentials.js';
import {type FleetVCenter, type Inventory, loginVariable} from '../../fleet/inventory.js';
import {outcomeOf} from '../../fleet/outcome.js';
import type {LeftOut, NewRun, RunSettings} from '../../fleet/store.js';
import {type FoundVch, type Placed, planWaves} from '../../fleet/waves.js';
import type {FleetCommand, FleetRelease} from '../../report/fleet/report.js';
import type {Session} from '../../vim25/session.js';
import type {Command} from '../command.js';
import type {RunContext} from '../context.js';
import {isoWords, performLine, planLine, withVCenter} from './hands.js';
import type {Shared} from './lent-sessions.js';
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
export async function planFleet(context: RunContext, wanted: Planning): Promise<NewRun> {
  const inventory = limitedTo(wanted.inventory, wanted.only);
  const planning = {...wanted, inventory};
  const {command, findLogin, options, changeId} = planning;
  const logins = await loginsOf(inventory.vcenters, findLogin, context.stop.signal);
  for (const {password} of logins.values()) context.redactor.add(password);
  const release = command === 'upgrade' ? await freeze(inventory.release) : null;
  const {targets, leftOut} = await planAll(context, planning, logins, release);
  for (const {vcenter, name, message} of leftOut)
    context.log.warn(`${name === null ? vcenter : `${vcenter}/${name}`}: ${message}`);
  return {
    ...{command, inventory, release, options, targets, leftOut},
    tool: context.version,
    changeId: changeId ?? null,
    who: whoami(),
    day: context.now(),
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
    `there are no credentials ${[...new Set(missing)].join(', ')} here: name a --credentials-file with them, or set ${loginVariable(first)}_USER and _PASSWORD`,
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

/** vCenters whose inventory is read, and VCHs that are planned, at a time. */
const AT_A_TIME = 4;

/** What one look at a vCenter has found. */
interface Look extends Shared {
  readonly vcenter: FleetVCenter;
  readonly login: Login;
  readonly vchs: readonly FoundVch[];
  /** Selections that fit none. */
  readonly missed: readonly string[];
}

/**
 * Plans with one login to each vCenter, and one look at its inventory: a login and a look for each VCH would grow with the
 * square of their number. All are looked at before any VCH is planned, because the waves depend on all. One that cannot be
 * looked at is left out, and holds up no other.
 */
async function planAll(
  context: RunContext,
  planning: Planning,
  logins: ReadonlyMap<string, Login>,
  release: FleetRelease | null,
): Promise<Pick<NewRun, 'targets' | 'leftOut'>> {
  const {inventory, commands} = planning;
  const looks: Look[] = [];
  const leftOut: LeftOut[] = [];
  const limit = pLimit(AT_A_TIME);
  const meeting = meetingOf(inventory.vcenters.length, () => decideWaves(inventory, looks, leftOut));
  const planOne = async (vcenter: FleetVCenter): Promise<NewRun['targets']> => {
    const login = logins.get(vcenter.name);
    let isFound = false;
    try {
      if (login === undefined) return [];
      return await withVCenter(context, commands, {vcenter, login}, async (session) => {
        const look = await limit(() => lookAt(session, vcenter, login));
        looks.push(look);
        context.log.info(`${vcenter.name}: ${look.vchs.length} VCHs`);
        isFound = true;
        meeting.arrive();
        const {placed} = await meeting.decided;
        const own = placed.filter((vch) => vch.vcenter === vcenter.name);
        return planEach(context, planning, own, look, release, limit);
      });
    } catch (error) {
      const {code, message} = toVchError(error);
      if (isFound || code === 'VCH_ERR_INTERRUPTED') throw error;
      leftOut.push({
        vcenter: vcenter.name,
        id: null,
        name: null,
        why: 'unplanned',
        message: `${code}: ${message}`,
      });
      return [];
    } finally {
      if (!isFound) meeting.arrive();
    }
  };
  // Every session is logged out, whatever fails.
  const [decided, ...planned] = await Promise.allSettled([
    meeting.decided,
    ...inventory.vcenters.map((vcenter) => planOne(vcenter)),
  ]);
  const interrupted = planned.find(
    (one) => one.status === 'rejected' && hasCode(one.reason, 'VCH_ERR_INTERRUPTED'),
  );
  if (interrupted?.status === 'rejected') throw interrupted.reason;
  if (decided.status === 'rejected') throw decided.reason;
  const all = planned.flatMap((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
  // Nobody has seen what would be applied to it.
  const isUnseen = ({plan}: NewRun['targets'][number]) => planning.command === 'apply' && plan === null;
  for (const {vcenter, id, name, planned: outcome} of all.filter(isUnseen)) {
    const {code, message} = outcome?.error ?? {code: 'VCH_ERR_INTERNAL', message: 'it has no plan'};
    leftOut.push({
      ...{vcenter, id, name, why: 'unplanned'},
      message: `it could not be planned: ${code}: ${message}`,
    });
  }
  const targets = all.filter((target) => !isUnseen(target));
  if (targets.length === 0)
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `no VCH could be planned. ${leftOut.map(({vcenter, name, message}) => `${vcenter}/${name}: ${message}`).join('; ')}`,
    );
  return {targets, leftOut};
}

/** Waits for so many, and then decides once for all of them. */
function meetingOf<T>(parties: number, decide: () => T) {
  let begin = () => {};
  const decided = new Promise<void>((resolve) => {
    begin = resolve;
  }).then(decide);
  let awaited = parties;
  return {
    decided,
    arrive() {
      awaited -= 1;
      if (awaited === 0) begin();
    },
  };
}

async function lookAt(session: Session, vcenter: FleetVCenter, login: Login): Promise<Look> {
  const [{discover}, {findFleetVchs}] = await Promise.all([
    import('../../inventory/find-vch.js'),
    import('../../fleet/find-vchs.js'),
  ]);
  const inventory = await discover(session);
  return {session, inventory, vcenter, login, ...(await findFleetVchs(session, vcenter, inventory))};
}

/** The waves of all VCHs that were found. Adds to `leftOut` what is in none. */
function decideWaves(inventory: Inventory, looks: readonly Look[], leftOut: LeftOut[]) {
  const unseen = leftOut.map(({vcenter, message}) => `${vcenter}: ${message}`).join('; ');
  if (looks.length === 0)
    throw new VchError(
      'VCH_ERR_TRANSPORT',
      `${leftOut.length} vCenters could not be looked at, so nothing is planned. ${unseen}`,
    );
  const order = inventory.vcenters.map(({name}) => name);
  refuseSame(looks.toSorted((a, b) => order.indexOf(a.vcenter.name) - order.indexOf(b.vcenter.name)));
  const {placed, unplaced} = planWaves(
    inventory,
    looks.flatMap(({vchs}) => vchs),
  );
  if (placed.length === 0)
    throw new VchError(
      'VCH_ERR_VCH_NOT_FOUND',
      `no VCH is in any wave: look at the selections of the inventory, and at vch-migrate ls on each vCenter${unseen === '' ? '' : `. Not looked at: ${unseen}`}`,
    );
  for (const {vcenter, id, name} of unplaced)
    leftOut.push({vcenter, id, name, why: 'no-wave', message: 'it is in no wave, and is left alone'});
  for (const {vcenter, missed} of looks)
    if (missed.length > 0)
      leftOut.push({
        ...{vcenter: vcenter.name, id: null, name: null, why: 'no-match'},
        message: `no VCH fits the selection ${missed.join(', nor ')}`,
      });
  return {placed};
}

/** Two names of one vCenter would work on its VCHs twice, and pass its limit. */
function refuseSame(looks: readonly Look[]): void {
  const seen = new Map<string, string>();
  for (const {session, inventory, vcenter} of looks)
    for (const {ref, biosUuid, name} of inventory.appliances) {
      const {instanceUuid} = session.about;
      // Simulators share it.
      const key = JSON.stringify([instanceUuid, ref.value, biosUuid, name]);
      const other = seen.get(key);
      if (instanceUuid !== null && other !== undefined && other !== vcenter.name)
        throw new VchError(
          'VCH_ERR_USAGE',
          `${other} and ${vcenter.name} of the inventory are the same vCenter: both have ${name} (${ref.value}). Remove one of them; its labels and selections can be merged into the other`,
        );
      seen.set(key, vcenter.name);
    }
}

/** Failures of a vCenter rather than of one VCH: the next would wait as long, or use up the attempts of a login. */
const OF_VCENTER: readonly string[] = ['VCH_ERR_TRANSPORT', 'VCH_ERR_AUTH', 'VCH_ERR_TLS'];

/** What each VCH will come to: the saved plan of its containerVMs for apply, a dry run for upgrade. */
function planEach(
  context: RunContext,
  {command, commands, options, changeId}: Planning,
  placed: readonly Placed[],
  {vcenter, login, session, inventory}: Look,
  release: FleetRelease | null,
  limit: LimitFunction,
): Promise<NewRun['targets']> {
  const isos = release && {appliance: release.applianceIso.path, bootstrap: release.bootstrapIso.path};
  const {signal} = context.stop;
  const shared = {session, inventory};
  let away: VchError | undefined;
  const planOne = async (vch: Placed): Promise<NewRun['targets'][number]> => {
    if (command !== 'apply' && command !== 'upgrade') return {...vch, planned: null, plan: null};
    const common = {
      ...{
        vcenter,
        login,
        shared,
        vchId: vch.id,
        name: `${vch.vcenter}/${vch.name}`,
        vchRun: context.newRunId(),
      },
      words: {
        parallelism: String(options.parallelism),
        ...(changeId === undefined ? {} : {'change-id': changeId}),
      },
    };
    try {
      if (away !== undefined) throw away;
      if (command === 'apply') {
        const {report, plan} = await planLine(context, commands, common, signal);
        return {...vch, planned: outcomeOf(report), plan};
      }
      const words = {...common.words, ...isoWords(isos), 'dry-run': true as const};
      const {report} = await performLine(context, commands, {...common, words, command}, signal);
      return {...vch, planned: outcomeOf(report), plan: null};
    } catch (error) {
      const failure = toVchError(error);
      const {code, message} = failure;
      if (code === 'VCH_ERR_INTERRUPTED') throw error;
      if (OF_VCENTER.includes(code)) away = failure;
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
