import {stackless, VchError} from '../errors.js';
import {type ContainerVm, isOwn, labelOf, type ReadableVm} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {dataVersionOf} from '../migration/data-version.js';
import type {Decision as Migration, PendingDecision as PendingMigration} from '../migration/decision.js';
import {containerNameOf} from '../migration/names.js';
import {planVm, type VmInput} from '../migration/plan.js';
import {renameSupport} from '../migration/rename-class.js';
import {untilStopped} from '../stopping.js';
import {refString} from '../vim25/managed-object.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import {mapVms, type ReadVch, readVch, runOutcome} from './read-vch.js';
import {type Narrowing, type RunOptions, runInfo} from './run-options.js';

/** A VM that is to be written. */
export interface PendingDecision extends PendingMigration {
  /** The VM's new display name, escaped as vSphere wants it; absent if it stays. */
  readonly displayName?: string;
}

/** What is to be done with one VM. */
export type Decision = Exclude<Migration, PendingMigration> | PendingDecision;

/** Decides from a reading alone: called again, on a new reading, if the VM has changed before it is written. */
export type Decide = (vm: ReadableVm) => Promise<Decision>;

/** A VM with what is decided for it: `null` if it belongs to another VCH, is a template or cannot be read. */
export type DecidedVm =
  | {readonly vm: ReadableVm; readonly decision: Decision}
  | {readonly vm: ContainerVm; readonly decision: null};

/** A VM that is to be written, with the reading its decision is based on. */
export interface Planned {
  readonly vm: ReadableVm;
  readonly decision: PendingDecision;
}

/** A run as it is planned; nothing is written yet. */
export interface PlannedRun {
  readonly read: ReadVch;
  readonly decided: readonly DecidedVm[];
  readonly outcome: RunOutcome;
  /** Decides again, on a later reading. */
  readonly decide: Decide;
}

/** Plans what `apply` would change, VM by VM and key by key; writes nothing. */
export function planMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  return untilStopped(options.signal, async () => {
    return selected(await planRun(session, options), options).outcome;
  });
}

/** Reads the VCH and decides for each containerVM: `plan` and `apply` share all of it, so a dry run cannot lie. */
export async function planRun(
  session: Session,
  options: RunOptions,
  decide = decideApply(options),
  found?: FoundVch,
): Promise<PlannedRun> {
  return planOf(await readVch(session, options, options.registry.readKeys('container'), found), decide);
}

/** Decides for each containerVM that the VCH owns and that can be read, however many there are. */
export async function planOf(read: ReadVch, decideKeys: Decide): Promise<PlannedRun> {
  const decide: Decide = async (vm) => {
    const decision = await decideKeys(vm);
    return {...decision, findings: [...decision.findings, ...vm.owner.findings]};
  };
  const decided = await mapVms(read, async (vm): Promise<DecidedVm> => {
    if (!isDecidable(vm)) return {vm, decision: null};
    const decision = await decide(vm);
    // The plugin is at fault, not this VM: the run is refused as a whole, before anything is written.
    if ('error' in decision && decision.error.code === 'VCH_ERR_PLUGIN_INVALID') throw decision.error;
    return {vm, decision};
  });
  return {read, decided, outcome: runOutcome(read, decided.map(outcomeOf)), decide};
}

/** Decides what the pending plugins would change. */
export function decideApply(options: RunOptions): Decide {
  const run = runInfo(options);
  return (vm) => planVm(options.registry, vmInput(vm), run);
}

/** Whether the VCH owns the VM and its keys could be read. */
export function isDecidable<Vm extends ContainerVm>(vm: Vm): vm is Vm & ReadableVm {
  return vm.status === 'readable' && isOwn(vm);
}

/** The VMs that are to be written. */
export function pending(decided: readonly DecidedVm[]): readonly Planned[] {
  return decided.flatMap(({vm, decision}) =>
    decision !== null && decision.status === 'pending' ? [{vm, decision}] : [],
  );
}

/** Leaves out the VMs that are not selected, and reports how many they are. */
export function selected(run: PlannedRun, {select, reported}: Narrowing): PlannedRun {
  const {id, name} = run.read.vch.summary;
  if (reported !== undefined && reported.id !== id) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--from-report is about the VCH ${reported.name} (${reported.id}), but this is ${name} (${id}). Nothing was written. ` +
        'Name the VCH of the report with --name or --id',
    );
  }
  if (select === undefined) return run;
  const vms = run.outcome.vms.filter(select);
  const left = run.outcome.vms.length - vms.length;
  const ids = new Set(vms.map(({id}) => id));
  const message = `${left} of the VCH's VMs were left out of this run by --only, --except or --from-report`;
  const findings = left === 0 ? [] : [{code: 'left-out', message}];
  return {
    ...run,
    decided: run.decided.filter(({vm}) => ids.has(vm.ref.value)),
    outcome: {...run.outcome, vms, findings: [...run.outcome.findings, ...findings]},
  };
}

/** A reading as the migration layer wants it. */
export function vmInput(vm: ReadableVm): VmInput {
  const {containerId: id, ref, instanceUuid, isOnly, config} = vm;
  return {target: 'container', id, ref: refString(ref), instanceUuid, isOnly, config};
}

/** The outcome of a VM before anything is written. */
export function outcomeOf({vm, decision}: DecidedVm): VmOutcome {
  if (decision === null) return undecided(vm);
  return {
    ...identity(vm),
    status: decision.status,
    applied: 'applied' in decision ? decision.applied : [],
    changes: 'changes' in decision ? decision.changes : [],
    findings: decision.findings,
    error: 'error' in decision ? stackless(decision.error) : null,
  };
}

function undecided(vm: ContainerVm): VmOutcome {
  const base = {...identity(vm), applied: [], changes: [], findings: [], error: null};
  if (vm.owner.status === 'other') return {...base, status: 'skipped', findings: vm.owner.findings};
  if (vm.status === 'readable') return {...base, status: 'refused', error: unclearOwner(vm)};
  if (vm.status === 'template') {
    const message = 'a template; not a container that runs';
    return {...base, status: 'skipped', findings: [{code: 'template', message}]};
  }
  if (vm.status === 'unreadable') return {...base, status: 'failed', error: vm.error};
  const message = `${labelOf(vm)} cannot be read: ${vm.reason}; bring its host or datastore back and run the same command again`;
  return {...base, status: 'unreachable', error: new VchError('VCH_ERR_HOST_UNREACHABLE', message)};
}

function unclearOwner(vm: ReadableVm): VchError {
  const why = vm.owner.findings.map(({message}) => message).join('; ');
  return new VchError(
    'VCH_ERR_CONFLICT',
    `${labelOf(vm)} was not written: ${why}. Move it into the folder or resource pool of its VCH, then run the same command again`,
  );
}

function identity(vm: ContainerVm) {
  const known = vm.status === 'readable' || vm.containerId !== null;
  return {
    id: vm.ref.value,
    kind: 'container' as const,
    displayName: vm.displayName,
    containerId: vm.containerId,
    containerName: containerNameOf(vm.config),
    powerState: vm.powerState,
    dataVersion: known ? dataVersionOf(vm.config, 'container') : null,
    // If a VM cannot be read, nothing says that it may be renamed.
    rename: renameSupport(vm.config).class,
  };
}
