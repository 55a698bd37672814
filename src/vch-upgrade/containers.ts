import {writeRun} from '../containers/apply.js';
import type {RunOutcome, StepGroup, VmOutcome} from '../containers/outcome.js';
import {decideApply, type PlannedRun, planRun, selected} from '../containers/plan.js';
import {decideUndo} from '../containers/undo.js';
import {counted} from '../counted.js';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {BUILD_KEY, CONTAINER_VERSION_KEY, DATA_VERSION_KEY} from '../extraconfig/keys.js';
import {textOf} from '../extraconfig/value.js';
import {type ContainerVm, readContainerVms} from '../inventory/container-vms.js';
import {compareReleases, type Release} from '../iso/version-stamp.js';
import {dataVersionOf} from '../migration/data-version.js';
import {named} from './checks/verdict.js';
import type {UpgradeRecord} from './record.js';
import {type LockedVch, orFinding, type VchOptions, type VchTarget} from './vch-target.js';

/** Runs the container plugins under our own lock. Rejects if a VM's trouble must stop the upgrade. */
export async function migrateContainers(locked: LockedVch): Promise<RunOutcome> {
  const options = optionsUnderLock(locked, 'Write containerVMs');
  const run = await planContainers({...locked, options});
  assertUpgradable(run.outcome.vms);
  return writeRun(locked.session, run, options, async () => null);
}

/** Undoes what the upgrade on record wrote to the containerVMs: each VM as a whole, or not at all. */
export async function undoContainers(locked: LockedVch): Promise<RunOutcome> {
  const options = optionsUnderLock(locked, 'Put back');
  const run = await planUndoContainers({...locked, options}, locked.record);
  return writeRun(locked.session, run, options, async () => null);
}

/** Plans what the containerVMs become; writes nothing. */
export async function planContainers({session, found, options}: VchTarget): Promise<PlannedRun> {
  const planning = inGroup(options, 'Check and plan');
  return selected(await planRun(session, planning, decideApply(options), found), options);
}

/** Plans what would be undone on the containerVMs; writes nothing. */
export async function planUndoContainers(
  {session, found, options}: VchTarget,
  {run}: UpgradeRecord,
): Promise<PlannedRun> {
  const {registry, reported} = options;
  // Everything that the upgrade wrote is undone, whichever VMs were selected.
  const planning = inGroup(options, 'Check and plan');
  return selected(await planRun(session, planning, decideUndo(registry, {run}), found), {reported});
}

/** Options whose phases are shown as parts of that group; of two, the one that was given first counts. */
function inGroup(options: VchOptions, group: StepGroup): VchOptions {
  const {onProgress} = options;
  if (onProgress === undefined) return options;
  return {
    ...options,
    onProgress: (event) => onProgress(event.type === 'phase' ? {...event, group} : event),
  };
}

/** The options of a run over the containerVMs, with its writes in the journal. */
export function runOptions({options, note}: VchTarget): VchOptions {
  return {
    ...options,
    onWrite: (id, keys) => note({effect: 'ReconfigVM_Task', object: id, detail: keys.join(', ')}),
  };
}

/** The same for a run that also stops when the lock is lost. */
function optionsUnderLock(locked: LockedVch, group: StepGroup): VchOptions {
  const {options, lock} = locked;
  return {
    ...inGroup(runOptions(locked), group),
    runId: locked.record.run,
    signal: AbortSignal.any([lock.lost, ...(options.signal ? [options.signal] : [])]),
    beforeStart: () => lock.assertFresh(),
  };
}

const STOPPING = new Set(['VCH_ERR_DATA_TOO_NEW', 'VCH_ERR_DATA_VERSION_INVALID']);

/** Whether a containerVM in that state stops the upgrade before the appliance is touched. */
export function stopsUpgrade({status, error}: Pick<VmOutcome, 'status' | 'error'>): boolean {
  return status === 'failed' || (error !== null && STOPPING.has(error.code));
}

/** Throws if a containerVM stops the upgrade. A VM that VIC can migrate in memory, as it did before, does not. */
export function assertUpgradable(vms: readonly VmOutcome[]): void {
  const stopping = vms.filter(stopsUpgrade);
  const [first] = stopping;
  if (first === undefined) return;
  throw new VchError(
    first.error?.code ?? 'VCH_ERR_PLUGIN_FAILED',
    `${counted(stopping.length, 'containerVM')} would stop the upgrade: ${named(stopping)}; the first because ${first.error?.message ?? 'it failed'}. ` +
      'The appliance was not touched; see vch-migrate plan',
  );
}

/** A containerVM, as messages name it. */
type NamedVm = Pick<VmOutcome, 'id' | 'displayName'>;

/** containerVMs made since by a newer version than `from`, and those whose version cannot be read. */
export async function newerContainers(
  {session, found}: VchTarget,
  {from, newerBefore}: Pick<UpgradeRecord, 'from' | 'newerBefore'>,
): Promise<{readonly newer: readonly NamedVm[]; readonly unseen: readonly NamedVm[]}> {
  const keys = [DATA_VERSION_KEY.container, BUILD_KEY.container, CONTAINER_VERSION_KEY];
  const vms = (await readContainerVms(session, found, keys)).filter(({owner}) => owner.status !== 'other');
  const isNewer = ({config}: ContainerVm) =>
    (dataVersionOf(config, 'container') ?? 0) > from.dataVersion ||
    (compareReleases(releaseOf(config), from) ?? 0) > 0;
  // What vCenter still shows of a VM on a disconnected host is enough; if it shows nothing, that proves nothing.
  const isUnseen = ({status, containerId}: ContainerVm) => status !== 'readable' && containerId === null;
  const namesOf = (some: readonly ContainerVm[]) =>
    some.map(({ref, displayName}) => ({id: ref.value, displayName}));
  return {
    newer: namesOf(vms.filter(isNewer)).filter(({id}) => !newerBefore.includes(id)),
    unseen: namesOf(vms.filter((vm) => isUnseen(vm) && !isNewer(vm))),
  };
}

/** The release of VIC that made a containerVM. */
function releaseOf(config: ExtraConfig): Release {
  return {version: textOf(config, CONTAINER_VERSION_KEY), build: textOf(config, BUILD_KEY.container)};
}

const SHOWN = 20;

/** Refuses to roll back if the newer version has made containers: the older version cannot work with them. */
export async function assertNoNewer(
  target: VchTarget,
  record: UpgradeRecord,
  written: string,
): Promise<void> {
  const {newer, unseen} = await newerContainers(target, record);
  if (newer.length > 0) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${target.label} has ${counted(newer.length, 'containerVM')} that the newer version made, and version ${record.from.version ?? record.from.dataVersion} cannot work with: ` +
        `${named(newer, SHOWN)}. ${written}; remove them with docker rm, then run vch-migrate rollback again`,
    );
  }
  reportUnseen(target, unseen);
}

/**
 * Reports containers of the newer version when the rollback can no longer be refused, and gives the change to the record
 * that keeps the ISO file they boot from. If they cannot be read, the rollback continues all the same.
 */
export async function reportNewer(locked: LockedVch): Promise<Partial<UpgradeRecord>> {
  const {record} = locked;
  if (!record.touched) return {};
  const describe = (reason: string) =>
    `whether the newer version has made containers cannot be seen: ${reason}; look with vch-migrate status`;
  const found = await orFinding(locked, 'containers-unseen', describe, () => newerContainers(locked, record));
  if (found !== null) {
    const {newer, unseen} = found;
    if (newer.length + unseen.length === 0) return {};
    reportUnseen(locked, unseen);
    if (newer.length > 0)
      locked.addFinding(
        'containers-of-newer-version',
        `the newer version made ${named(newer, SHOWN)} while it was up, and the older version cannot work with them; remove them with docker rm after the next upgrade`,
      );
  }
  const {isos} = record;
  return {isos: {...isos, bootstrap: isos.bootstrap && {...isos.bootstrap, uploaded: false}}};
}

function reportUnseen(target: VchTarget, unseen: readonly NamedVm[]): void {
  if (unseen.length === 0) return;
  target.addFinding(
    'containers-unseen',
    `whether the newer version made ${named(unseen, SHOWN)} cannot be seen: vCenter shows no configuration of them; look at them with vch-migrate status when their host is back`,
  );
}
