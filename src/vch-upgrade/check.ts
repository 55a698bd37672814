import type {RunOutcome} from '../containers/outcome.js';
import {decideApply, planOf} from '../containers/plan.js';
import {readVch} from '../containers/read-vch.js';
import {readAppliance} from '../inventory/appliance.js';
import {readDatastores} from '../inventory/datastores.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {checkAppliance, checkDataVersion, checkLock, expectOutage} from './checks/appliance.js';
import {checkData, checkNumber, checkReach, checkRefusals} from './checks/containers.js';
import {checkHosts} from './checks/hosts.js';
import {checkBuild, checkDatastore, checkIsos} from './checks/iso.js';
import {checkPrivileges} from './checks/privileges.js';
import {checkSnapshots} from './checks/snapshots.js';
import {type Check, makeCheck, reading, type VchCheck, type Verdict, warning} from './checks/verdict.js';
import {checkVicMachine} from './checks/vic-machine.js';
import {CHECK, showStep} from './steps.js';
import type {CheckOptions} from './vch-target.js';

/** What is checked before an upgrade, in the order in which reports show it. */
const CHECKS: readonly VchCheck[] = [
  {id: 'appliance', title: 'appliance', judge: checkAppliance},
  {id: 'expect', title: 'number of containerVMs', judge: checkNumber},
  {id: 'privileges', title: 'privileges', judge: checkPrivileges},
  {id: 'hosts', title: 'hosts', judge: checkHosts},
  {id: 'reach', title: 'reach of the containerVMs', judge: checkReach},
  {id: 'lock', title: 'lock and flag', judge: checkLock},
  {id: 'data-version', title: 'data version', judge: checkDataVersion},
  {id: 'iso', title: 'ISO files', judge: checkIsos},
  {id: 'build', title: 'build', judge: checkBuild},
  {id: 'datastore', title: 'datastore', judge: checkDatastore},
  {id: 'snapshots', title: 'snapshots', judge: checkSnapshots},
  {id: 'containers', title: 'data of the containerVMs', judge: checkData},
  {id: 'refused', title: 'refusals', judge: checkRefusals},
  {id: 'vic-machine', title: 'left to vic-machine', judge: checkVicMachine},
  {id: 'outage', title: 'expected outage', judge: expectOutage},
];

/** What a dump has not got of its vCenter, by the check that looks at it. */
const NOT_IN_A_DUMP: Readonly<Record<string, string>> = {
  privileges: 'privileges of a user',
  snapshots: 'snapshots',
};

function notLookedAt(what: string): Verdict {
  return warning(`not looked at: a dump has no ${what}. Run vch-migrate check on the vCenter itself`);
}

/** The checks, with the containerVMs as `plan` shows them. */
export interface CheckOutcome extends RunOutcome {
  readonly checks: readonly Check[];
}

/** Checks everything that can be known before an upgrade. It writes nothing. */
export function checkVch(session: Session, options: CheckOptions): Promise<CheckOutcome> {
  return untilStopped(options.signal, async () => {
    options.onProgress?.({type: 'phase', phase: 'find', total: null});
    const count = (done: number) => options.onProgress?.({type: 'progress', done, total: null});
    const found = await findVch(session, options.vch, count);
    const {registry, onProgress} = options;
    // Another number than expected fails one check, and is no reason to leave out the others.
    const read = await readVch(session, {onProgress}, registry.readKeys('container'), found);
    const {outcome} = await planOf(read, decideApply(options));
    return {...outcome, checks: await runChecks(session, found, options, outcome)};
  });
}

/** Makes every check on a VCH whose containerVMs have already been planned. */
export async function runChecks(
  session: Session,
  {vch}: FoundVch,
  options: CheckOptions,
  {vms}: RunOutcome,
): Promise<readonly Check[]> {
  showStep(options, CHECK);
  const containers = vms.filter(({status}) => status !== 'skipped');
  const appliance = await reading(() => readAppliance(session, vch));
  const datastores = await reading(() => readDatastores(session, vch.ref));
  const checks: Check[] = [];
  for (const {judge, ...check} of CHECKS) {
    const lacks = options.copyOf && NOT_IN_A_DUMP[check.id];
    const made = {...check, judge: lacks === undefined ? judge : () => notLookedAt(lacks)};
    checks.push(await makeCheck(made, {session, vch, options, containers, appliance, datastores}));
  }
  return checks;
}
