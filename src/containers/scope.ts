import {setImmediate} from 'node:timers/promises';
import {vchSummary} from '../appliance/lease.js';
import {VchError} from '../errors.js';
import {
  type ContainerVm,
  type ReadableVm,
  readContainerVms,
  type WantedKeys,
} from '../inventory/container-vms.js';
import {type FoundVch, findVch, ownedByOther, owns} from '../inventory/find-vch.js';
import type {Vch} from '../inventory/vch.js';
import type {Finding} from '../migration/finding.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import type {Decide, Decision} from './decision.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import type {RunOptions} from './run-options.js';
import {decided, identity, untouched} from './vm-outcome.js';

/** One VM that is to be written, with the reading its decision stands on. */
export interface PlannedVm {
  readonly vm: ReadableVm;
  readonly decision: Extract<Decision, {status: 'pending'}>;
  readonly outcome: VmOutcome;
}

/** Everything that was read and decided; nothing is written yet. */
export interface Scope {
  readonly vch: Vch;
  readonly outcome: RunOutcome;
  readonly pending: readonly PlannedVm[];
  /** For deciding anew on a later reading: with what is to be said of the VM's owner. */
  readonly decide: Decide;
}

/** VMs that are decided on side by side: a plugin that never settles must not cost its time limit for each in turn. */
const DECIDED_AT_ONCE = 16;

interface Decided {
  readonly outcome: VmOutcome;
  readonly planned: PlannedVm | null;
}

/**
 * Finds the VCH, reads its containerVMs and decides for each: the part that `plan` and `apply` share to the last
 * line, so that a dry run cannot lie.
 */
export function openScope(session: Session, options: RunOptions, decide: Decide): Promise<Scope> {
  return untilStopped(options.signal, () => readScope(session, options, decide));
}

async function readScope(session: Session, options: RunOptions, decide: Decide): Promise<Scope> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  return scopeOf(session, found, options, {decide, keys: options.registry.readKeys('container')});
}

/** What is decided about each containerVM, and on which keys. */
export interface ScopeDecision {
  readonly decide: Decide;
  readonly keys: WantedKeys;
}

/** The same for a VCH that is found already. */
export async function scopeOf(
  session: Session,
  found: FoundVch,
  options: RunOptions,
  {decide, keys}: ScopeDecision,
): Promise<Scope> {
  options.onProgress?.({type: 'phase', phase: 'read', total: found.vch.summary.containerVMs});
  const vms = await readContainerVms(session, found.vch, keys);
  const inScope = vms.filter((vm) => vm.status !== 'other').sort(byDisplayName);
  options.onProgress?.({type: 'phase', phase: 'plan', total: inScope.length});
  const decideOwn: Decide = async (vm) => withOwner(await decide(vm), ownership(vm, found));
  const pending: PlannedVm[] = [];
  const outcomes: VmOutcome[] = [];
  for (let start = 0; start < inScope.length; start += DECIDED_AT_ONCE) {
    // Deciding is all microtasks: without a breath in between, no signal would be heard.
    if (start % 512 === 0) await setImmediate();
    const some = inScope.slice(start, start + DECIDED_AT_ONCE);
    for (const one of await Promise.all(some.map((vm) => decideOne(vm, found, decideOwn)))) {
      outcomes.push(one.outcome);
      if (one.planned !== null) pending.push(one.planned);
    }
  }
  assertExpected(outcomes.filter(counts).length, options.expect, found.vch);
  const outcome: RunOutcome = {
    vch: {...vchSummary(found.vch), containerVMs: outcomes.filter(counts).length},
    vms: outcomes,
    findings: strays(found, vms),
    interrupted: false,
  };
  return {vch: found.vch, outcome, pending, decide: decideOwn};
}

async function decideOne(
  vm: Exclude<ContainerVm, {status: 'other'}>,
  found: FoundVch,
  decide: Decide,
): Promise<Decided> {
  const owner = ownership(vm, found);
  if (owner.status === 'other') return {outcome: skipped(vm, owner.finding), planned: null};
  if (vm.status !== 'readable') return {outcome: untouched(vm), planned: null};
  const decision = await decide(vm);
  // The plugin is at fault, and not this VM: it is refused for all of them, before anything is written.
  if ('error' in decision && decision.error.code === 'VCH_ERR_PLUGIN_INVALID') throw decision.error;
  const outcome = decided(vm, decision);
  return {outcome, planned: decision.status === 'pending' ? {vm, decision, outcome} : null};
}

function withOwner(decision: Decision, owner: Ownership): Decision {
  return owner.status === 'own' ? decision : {...decision, findings: [...decision.findings, owner.finding]};
}

/** Whether a containerVM in a VCH's pool or folder is that VCH's, by its BIOS UUID. */
export type Ownership = {status: 'own'} | {status: 'other' | 'unclear'; finding: Finding};

/** Whose a VM is, as far as its id and UUID can be seen. */
export function ownership(vm: ContainerVm, {vch, landscape}: FoundVch): Ownership {
  if (vm.containerId === null || owns(vch, vm.biosUuid, vm.containerId)) return {status: 'own'};
  const other = ownedByOther(landscape, vch, vm.biosUuid, vm.containerId);
  if (other !== undefined) {
    const message = `its BIOS UUID says that it belongs to another VCH, ${other.name} (${other.ref.value})`;
    return {status: 'other', finding: {code: 'other-vch', message}};
  }
  const message = `its BIOS UUID ${vm.biosUuid ?? '(none)'} is not the one that any VCH here gives to this container; a clone or a restored VM?`;
  return {status: 'unclear', finding: {code: 'uuid-unknown', message}};
}

function skipped(vm: ContainerVm, finding: Finding): VmOutcome {
  return {...identity(vm), status: 'skipped', applied: [], changes: [], findings: [finding], error: null};
}

/** The same order in every report; vSphere promises none. By code unit: no report depends on a locale. */
function byDisplayName(a: ContainerVm, b: ContainerVm): number {
  if (a.displayName !== b.displayName) return a.displayName < b.displayName ? -1 : 1;
  return a.ref.value < b.ref.value ? -1 : 1;
}

/** A containerVM of this VCH; what was skipped is not. */
function counts(outcome: VmOutcome): boolean {
  return outcome.status !== 'skipped';
}

/** Refuses to go on where there are not as many containerVMs as somebody expects. */
export function assertExpected(found: number, expected: number | undefined, vch: Vch): void {
  if (expected === undefined || found === expected) return;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${vch.summary.name} (${vch.summary.id}) has ${found} containerVMs, and --expect says ${expected}; nothing was written. ` +
      'See them with vch-migrate status, then run again with the right number',
  );
}

/** VIC itself does not see a containerVM outside its VCH's pool and folder; it is told, and left alone. */
function strays({vch, landscape}: FoundVch, read: readonly ContainerVm[]): Finding[] {
  const seen = new Set(read.map(({ref}) => ref.value));
  return landscape.containers
    .filter(({ref, biosUuid, containerId}) => !seen.has(ref.value) && owns(vch, biosUuid, containerId))
    .map(({name, ref}) => ({
      code: 'stray-container',
      message: `${name} (${ref.value}) is a containerVM of ${vch.summary.name} by its BIOS UUID, but lies outside its resource pool and folder; VIC does not see it there, and it was left alone`,
    }));
}
