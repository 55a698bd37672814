import {writeRun} from '../containers/apply.js';
import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {type Decide, decideApply, type PlannedRun, planRun, selected} from '../containers/plan.js';
import type {RunOptions} from '../containers/run-options.js';
import {decideUndo} from '../containers/undo.js';
import {toVchError, VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {BUILD_KEY, CONTAINER_VERSION_KEY, DATA_VERSION_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {readContainerVms} from '../inventory/container-vms.js';
import {compareReleases, type Release} from '../iso/version-stamp.js';
import {dataVersionOf} from '../migration/data-version.js';
import type {VchContext, VchOptions, VchTarget} from './context.js';
import type {UpgradeRecord} from './record.js';

/** Runs the container plugins under our own lock. Rejects where one VM's trouble must stop the upgrade. */
export async function migrateContainers(context: VchContext): Promise<RunOutcome> {
  const options = heldOptions(context);
  const run = await planRead(context, decideApply(options), options);
  assertUpgradable(run.outcome.vms);
  return writeRun(context.session, run, options, async () => null);
}

/** Takes back what the upgrade on record wrote to the containerVMs, whole VMs or not at all. */
export async function undoContainers(context: VchContext): Promise<RunOutcome> {
  const options = heldOptions(context);
  const run = await planUndoContainers(context, context.record);
  return writeRun(context.session, run, options, async () => null);
}

/** What the containerVMs are to become, without writing. */
export function planContainers(target: VchTarget): Promise<PlannedRun> {
  return planRead(target, decideApply(target.options), target.options);
}

/** What would be taken back from the containerVMs, without writing. */
export function planUndoContainers(target: VchTarget, {run}: UpgradeRecord): Promise<PlannedRun> {
  const {registry, reported} = target.options;
  // What an upgrade wrote is taken back as a whole.
  return planRead(target, decideUndo(registry, {run}), {reported});
}

async function planRead(
  {session, found, options}: VchTarget,
  decide: Decide,
  narrowing: Pick<VchOptions, 'select' | 'reported'>,
): Promise<PlannedRun> {
  return selected(await planRun(session, options, decide, found), narrowing);
}

/** The options of a run over the containerVMs: the journal hears what it writes. */
export function runOptions({options, note}: VchTarget): VchOptions {
  return {
    ...options,
    onWrite: (id, keys) => note({effect: 'ReconfigVM_Task', object: id, detail: keys.join(', ')}),
  };
}

/** The same for a run that also stops when the lock is lost. */
function heldOptions(context: VchContext): RunOptions {
  const {options, lock} = context;
  const signals = options.signal === undefined ? [lock.lost] : [options.signal, lock.lost];
  return {
    ...runOptions(context),
    runId: context.record.run,
    signal: AbortSignal.any(signals),
    beforeStart: () => lock.assertFresh(),
  };
}

const STOPPING = new Set(['VCH_ERR_DATA_TOO_NEW', 'VCH_ERR_DATA_VERSION_INVALID']);

/** Whether a containerVM in that state must stop the upgrade before the appliance is touched. */
export function stopsUpgrade({status, error}: Pick<VmOutcome, 'status' | 'error'>): boolean {
  return status === 'failed' || (error !== null && STOPPING.has(error.code));
}

/** Throws what a containerVM has against the upgrade; one that VIC can migrate in memory as before has nothing. */
export function assertUpgradable(vms: readonly VmOutcome[]): void {
  const stopping = vms.filter(stopsUpgrade);
  const [first] = stopping;
  if (first === undefined) return;
  const names = stopping
    .slice(0, 5)
    .map(({displayName, id}) => `${displayName} (${id})`)
    .join(', ');
  const more = stopping.length > 5 ? ` and ${stopping.length - 5} more` : '';
  throw new VchError(
    first.error?.code ?? 'VCH_ERR_PLUGIN_FAILED',
    `${stopping.length} containerVMs stop the upgrade: ${names}${more}; the first because ${first.error?.message ?? 'it failed'}. ` +
      'The appliance was not touched; see vch-migrate plan',
  );
}

const SHOWN = 20;

/** A containerVM, by which people and records know it. */
export interface SeenContainer {
  readonly id: string;
  readonly label: string;
}

/** containerVMs that look as if a newer VCH than that had made them, and those of which that cannot be seen. */
export async function newerContainers(
  {session, found}: VchTarget,
  from: UpgradeRecord['from'],
): Promise<{readonly newer: readonly SeenContainer[]; readonly unseen: readonly SeenContainer[]}> {
  const vms = await readContainerVms(session, found, [
    DATA_VERSION_KEY.container,
    BUILD_KEY.container,
    CONTAINER_VERSION_KEY,
  ]);
  const newer: SeenContainer[] = [];
  const unseen: SeenContainer[] = [];
  for (const vm of vms) {
    if (vm.owner.status === 'other') continue;
    const seen = {id: vm.ref.value, label: `${vm.displayName} (${vm.ref.value})`};
    if ((dataVersionOf(vm.config, 'container') ?? 0) > from.dataVersion) newer.push(seen);
    else if ((compareReleases(releaseOf(vm.config), from) ?? 0) > 0) newer.push(seen);
    // What a host that is away still shows is enough; nothing at all says nothing.
    else if (vm.status !== 'readable' && vm.containerId === null) unseen.push(seen);
  }
  return {newer, unseen};
}

/** Refuses to go back where the newer version has made containers: the older one cannot work with them. */
export async function assertNoNewer(
  target: VchTarget,
  record: UpgradeRecord,
  written: string,
): Promise<void> {
  const {label} = target;
  const {newer, unseen} = await madeSince(target, record);
  if (newer.length > 0) {
    throw new VchError(
      'VCH_ERR_CONFLICT',
      `${label} has ${newer.length} containerVMs that the newer version made, and that version ${record.from.version ?? record.from.dataVersion} cannot work with: ` +
        `${listed(newer)}. ${written}; remove them with docker rm, then run vch-migrate rollback again`,
    );
  }
  if (unseen.length > 0) tellUnseen(target, unseen);
}

/**
 * Where there is no choice but to go back: containers of the newer version are told, and keep the ISO file that they
 * boot from. That it cannot be known stops no way back. Gives what changes on record.
 */
export async function tellNewer(context: VchContext): Promise<Partial<UpgradeRecord>> {
  const {record} = context;
  if (!record.touched) return {};
  try {
    const {newer, unseen} = await madeSince(context, record);
    if (unseen.length > 0) tellUnseen(context, unseen);
    if (newer.length === 0) return unseen.length > 0 ? keepBootstrapIso(record) : {};
    context.finding(
      'containers-of-newer-version',
      `the newer version made ${listed(newer)} while it was up, and the older one cannot work with them; remove them with docker rm after the next upgrade`,
    );
    return keepBootstrapIso(record);
  } catch (error) {
    context.finding(
      'containers-unseen',
      `whether the newer version has made containers cannot be seen: ${toVchError(error).message}; look with vch-migrate status`,
    );
    return keepBootstrapIso(record);
  }
}

function keepBootstrapIso({isos}: UpgradeRecord): Partial<UpgradeRecord> {
  return {isos: {...isos, bootstrap: isos.bootstrap && {...isos.bootstrap, uploaded: false}}};
}

function tellUnseen(target: VchTarget, unseen: readonly SeenContainer[]): void {
  target.finding(
    'containers-unseen',
    `whether the newer version made ${listed(unseen)} cannot be seen: vCenter shows no configuration of them; look at them with vch-migrate status when their host is back`,
  );
}

/** Those that came since the upgrade on record began. */
async function madeSince(
  target: VchTarget,
  {from, newerBefore}: UpgradeRecord,
): ReturnType<typeof newerContainers> {
  const known = new Set(newerBefore);
  const {newer, unseen} = await newerContainers(target, from);
  return {newer: newer.filter(({id}) => !known.has(id)), unseen};
}

function listed(vms: readonly SeenContainer[]): string {
  const more = vms.length > SHOWN ? ` and ${vms.length - SHOWN} more` : '';
  return `${vms
    .slice(0, SHOWN)
    .map(({label}) => label)
    .join(', ')}${more}`;
}

/** The release of VIC that made a containerVM. */
function releaseOf(config: ExtraConfig): Release {
  const text = (key: string) => decodeValue(config[key] ?? '') || null;
  return {version: text(CONTAINER_VERSION_KEY), build: text(BUILD_KEY.container)};
}
