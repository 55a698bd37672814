import type {RunOutcome} from '../containers/outcome.js';
import {decideApply, planOf} from '../containers/plan.js';
import {readVch} from '../containers/read-vch.js';
import {runInfo} from '../containers/run-options.js';
import {readAppliance} from '../inventory/appliance.js';
import {readDatastores} from '../inventory/datastores.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {applianceCheck, dataVersionCheck, lockCheck, outageCheck} from './checks/appliance.js';
import {expectedCheck, reachableCheck, refusedCheck, stoppingCheck} from './checks/containers.js';
import {hostsCheck} from './checks/hosts.js';
import {buildCheck, datastoreCheck, isoCheck} from './checks/iso.js';
import {privilegesCheck} from './checks/privileges.js';
import {snapshotsCheck} from './checks/snapshots.js';
import {type Check, makeCheck, reading, type VchCheck} from './checks/verdict.js';
import {vicMachineCheck} from './checks/vic-machine.js';
import type {CheckOptions} from './context.js';
import {CHECK, tellStep} from './steps.js';

/** What is checked before an upgrade, in the order in which reports show it. */
const CHECKS: readonly VchCheck[] = [
  applianceCheck,
  expectedCheck,
  privilegesCheck,
  hostsCheck,
  reachableCheck,
  lockCheck,
  dataVersionCheck,
  isoCheck,
  buildCheck,
  datastoreCheck,
  snapshotsCheck,
  stoppingCheck,
  refusedCheck,
  vicMachineCheck,
  outageCheck,
];

/** What was checked, with the containerVMs as `plan` has them. */
export interface CheckOutcome extends RunOutcome {
  readonly checks: readonly Check[];
}

/** Everything that can be known before an upgrade. It reads, and writes nothing. */
export function checkVch(session: Session, options: CheckOptions): Promise<CheckOutcome> {
  return untilStopped(options.signal, async () => {
    options.onProgress?.({type: 'phase', phase: 'find', total: null});
    const found = await findVch(session, options.vch);
    const {registry} = options;
    const read = await readVch(session, options, registry.readKeys('container'), found);
    const {outcome} = await planOf(read, decideApply(registry, runInfo(options)));
    return {...outcome, checks: await runChecks(session, found, options, outcome)};
  });
}

/** Makes every check on a VCH whose containerVMs are planned already. */
export async function runChecks(
  session: Session,
  {vch}: FoundVch,
  options: CheckOptions,
  {vms}: RunOutcome,
): Promise<readonly Check[]> {
  tellStep(options, CHECK);
  const containers = vms.filter(({status}) => status !== 'skipped');
  const appliance = await reading(() => readAppliance(session, vch));
  const datastores = await reading(() => readDatastores(session, vch.ref));
  const checks: Check[] = [];
  for (const check of CHECKS)
    checks.push(await makeCheck(check, {session, vch, options, containers, appliance, datastores}));
  return checks;
}
