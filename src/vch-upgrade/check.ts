import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {decideApply, planRun} from '../containers/plan.js';
import {type RunOptions, runInfo} from '../containers/run-options.js';
import {toVchError, type VchError} from '../errors.js';
import {type Appliance, readAppliance} from '../inventory/appliance.js';
import {type Datastore, readDatastores} from '../inventory/datastores.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import {readHosts} from '../inventory/hosts.js';
import {untilStopped} from '../stopping.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import {readSnapshots} from '../vim25/snapshot.js';
import {judgeAppliance, judgeDataVersion, judgeLock, judgeOutage} from './checks/appliance.js';
import {judgeExpected, judgeReach, judgeRefused, judgeStopping} from './checks/containers.js';
import {judgeHosts} from './checks/hosts.js';
import {datastoreOf, judgeBuild, judgeDatastore, judgeIsos} from './checks/iso.js';
import {judgePrivileges} from './checks/privileges.js';
import {judgeSnapshots} from './checks/snapshots.js';
import {type Check, check, failed, type Verdict} from './checks/verdict.js';
import type {UpgradeOptions} from './options.js';
import {GRACE} from './power.js';
import {CHECK, tellStep} from './steps.js';

export type {Check} from './checks/verdict.js';

// Why: docs/decisions/015-checks-warn-when-they-cannot-look.md

/** What `check` takes: of an upgrade's options those that can be looked at before. */
export type CheckOptions = RunOptions &
  Pick<
    UpgradeOptions,
    'timeout' | 'shutdownGrace' | 'applianceIso' | 'bootstrapIso' | 'skipVersionCheck' | 'skipIsoCheck'
  >;

/** What was looked at, with the containerVMs as `plan` has them. */
export interface CheckOutcome extends RunOutcome {
  readonly checks: readonly Check[];
}

/** Everything that can be known before an upgrade. It reads, and writes nothing. */
export function checkVch(session: Session, options: CheckOptions): Promise<CheckOutcome> {
  return untilStopped(options.signal, async () => {
    options.onProgress?.({type: 'phase', phase: 'find', total: null});
    return checkFound(session, await findVch(session, options.vch), options);
  });
}

/** The same for a VCH that is found already, and for containerVMs that are planned already. */
export async function checkFound(
  session: Session,
  found: FoundVch,
  options: CheckOptions,
  planned?: RunOutcome,
): Promise<CheckOutcome> {
  const containers = planned ?? (await plan(session, found, options));
  tellStep(options, CHECK);
  return {...containers, checks: await checksOf(session, found, options, containers.vms)};
}

/** What `plan` says of the containerVMs, however many there are: that is a check of its own. */
async function plan(session: Session, found: FoundVch, options: CheckOptions): Promise<RunOutcome> {
  const decide = decideApply(options.registry, runInfo(options));
  return (await planRun(session, {...options, expect: undefined}, decide, found)).outcome;
}

async function checksOf(
  session: Session,
  {vch}: FoundVch,
  options: CheckOptions,
  vms: readonly VmOutcome[],
): Promise<readonly Check[]> {
  const own = vms.filter(({status}) => status !== 'skipped');
  const isos = {appliance: options.applianceIso, bootstrap: options.bootstrapIso};
  const withIso = isos.appliance !== undefined || isos.bootstrap !== undefined;
  const appliance = await seen(() => readAppliance(session, vch));
  const datastores = await seen(() => readDatastores(session, vch.ref));
  const onAppliance = (judge: (known: Appliance) => Verdict) => () => judge(orThrow(appliance));
  return [
    await check('appliance', 'appliance', () =>
      'error' in appliance ? failed(appliance.error.message) : judgeAppliance(appliance.value),
    ),
    await check('expect', 'number of containerVMs', () => judgeExpected(own.length, options.expect)),
    await check('privileges', 'privileges', () =>
      judgePrivileges(session, {
        vch,
        containers: own.filter(({status}) => status !== 'unreachable').map(refOf),
        datastore: withIso ? placeOf(appliance, datastores) : null,
        withIso,
      }),
    ),
    await check('hosts', 'hosts', async () =>
      judgeHosts(await readHosts(session, [vch.ref, ...own.map(refOf)])),
    ),
    await check('reach', 'reach of the containerVMs', () => judgeReach(own)),
    await check(
      'lock',
      'lock and flag',
      onAppliance((known) => judgeLock(vch, known)),
    ),
    await check(
      'data-version',
      'data version',
      onAppliance((known) => judgeDataVersion(vch, known)),
    ),
    await check('iso', 'ISO files', () =>
      judgeIsos(isos, options.skipIsoCheck === true, vch.summary.dataVersion),
    ),
    await check('build', 'build', () =>
      judgeBuild(vch.summary, options.applianceIso, options.skipVersionCheck === true),
    ),
    await check('datastore', 'datastore', () =>
      judgeDatastore(orThrow(datastores), orThrow(appliance).vmPathName, isos),
    ),
    await check('snapshots', 'snapshots', async () => judgeSnapshots(await readSnapshots(session, vch.ref))),
    await check('containers', 'data of the containerVMs', () => judgeStopping(own)),
    await check('refused', 'refusals', () => judgeRefused(own)),
    await check(
      'outage',
      'expected outage',
      onAppliance((known) => judgeOutage(known, options.timeout, options.shutdownGrace ?? GRACE)),
    ),
  ];
}

type Seen<T> = {readonly value: T} | {readonly error: VchError};

/** What several checks stand on is read once; where it cannot be, each of them says so. */
async function seen<T>(read: () => Promise<T>): Promise<Seen<T>> {
  try {
    return {value: await read()};
  } catch (error) {
    return {error: toVchError(error)};
  }
}

function orThrow<T>(read: Seen<T>): T {
  if ('error' in read) throw read.error;
  return read.value;
}

function placeOf(appliance: Seen<Appliance>, datastores: Seen<readonly Datastore[]>): Datastore | null {
  if ('error' in appliance || 'error' in datastores) return null;
  return datastoreOf(datastores.value, appliance.value.vmPathName);
}

function refOf({id}: VmOutcome): ManagedObjectReference {
  return {type: 'VirtualMachine', value: id};
}
