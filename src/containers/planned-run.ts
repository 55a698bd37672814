import {VchError} from '../errors.js';
import type {Change, ExtraConfig} from '../extraconfig/extra-config.js';
import {LEDGER_KEY} from '../extraconfig/keys.js';
import {maskText} from '../extraconfig/mask.js';
import type {ReadableVm} from '../inventory/container-vms.js';
import type {Vch} from '../inventory/vch.js';
import {canonicalJson} from '../migration/canonical-json.js';
import {fingerprint, movedKeys} from '../migration/fingerprint.js';
import {digest} from '../migration/ledger.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {Session} from '../vim25/session.js';
import type {Decide, Decision} from './decision.js';
import {decideApply} from './decision.js';
import {change, runInfo} from './migration-run.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import {decidingPlugins, type PlanBody, type PlannedOutcome, type PlannedVmBody, stale} from './plan-body.js';
import type {RunOptions} from './run-options.js';
import {openScope, type Scope} from './scope.js';
import {selected} from './selection.js';

/** Plans, and keeps beside the outcome what a later `apply` of this very plan will compare with. */
export async function planToSave(session: Session, options: RunOptions): Promise<PlannedOutcome> {
  const seen = new Map<string, Pick<PlannedVmBody, 'seen' | 'goal'>>();
  const decide = decideApply(options.registry, runInfo(options));
  const scope = await openScope(session, options, async (vm) => {
    const decision = await decide(vm);
    const goal = decision.status === 'pending' ? {goal: goalOf(vm, decision.changes, options.registry)} : {};
    seen.set(vm.ref.value, {seen: identityOf(vm, options.registry), ...goal});
    return decision;
  });
  const {vch, outcome} = selected(scope, options);
  const vms = outcome.vms.map(
    (vm): PlannedVmBody => ({
      id: vm.id,
      // As in the report: a name can hold a URL, and that a password.
      displayName: maskText(vm.displayName),
      containerName: vm.containerName === null ? null : maskText(vm.containerName),
      rename: vm.rename,
      status: vm.status,
      ...seen.get(vm.id),
      changes: vm.status === 'pending' ? changesDigest(vm.changes) : null,
    }),
  );
  const plan: PlanBody = {
    target: {url: session.url.href, instanceUuid: session.about.instanceUuid},
    vch: {id: vch.ref.value, name: maskText(vch.summary.name), biosUuid: vch.biosUuid},
    plugins: decidingPlugins(options.registry),
    vms,
  };
  return {...outcome, plan};
}

/**
 * Carries out a plan, and nothing besides: a VM that is not as it was planned on is a conflict and gets no write.
 * Rejects with VCH_ERR_PLAN_STALE where the plan is for another target, VCH or set of plugins.
 */
export async function applyPlan(session: Session, options: RunOptions, plan: PlanBody): Promise<RunOutcome> {
  assertTarget(session, plan);
  assertPlugins(options.registry, plan);
  const planned = new Map(plan.vms.map((vm) => [vm.id, vm]));
  const decide = decideApply(options.registry, runInfo(options));
  const asPlanned: Decide = async (vm) => {
    const before = planned.get(vm.ref.value);
    // What came since is left out of the run: see `compared`.
    if (before === undefined) return {status: 'unchanged', findings: []};
    const moved = whatMoved(before, vm, options.registry);
    if (moved === null) return settled(before, await decide(vm), vm);
    return (await doneAlready(before, vm, options.registry, decide)) ?? conflict(vm, moved);
  };
  // Whoever names another VCH is told so, and not that none fits both.
  const {name, id} = options.vch;
  const vch = name === undefined && id === undefined ? {...options.vch, id: plan.vch.id} : options.vch;
  return change(session, {...options, vch}, asPlanned, (scope) => compared(scope, plan));
}

function identityOf(vm: ReadableVm, registry: PluginRegistry): NonNullable<PlannedVmBody['seen']> {
  return {
    containerId: vm.containerId,
    instanceUuid: vm.instanceUuid,
    biosUuid: vm.biosUuid,
    keys: fingerprint(registry, 'container', vm.config),
  };
}

function changesDigest(changes: readonly Change[]): string {
  return digest(canonicalJson(changes.map(({key, before, after}) => [key, before, after])));
}

/** What the declared keys will be, but for the ledger, which is another one in every run. */
function goalOf(vm: ReadableVm, changes: readonly Change[], registry: PluginRegistry): string {
  const config: Record<string, string> = {...vm.config};
  for (const {key, after} of changes) {
    if (after === null) delete config[key];
    else config[key] = after;
  }
  return stateDigest(config, registry);
}

function stateDigest(config: ExtraConfig, registry: PluginRegistry): string {
  const {[LEDGER_KEY]: _ledger, ...keys} = fingerprint(registry, 'container', config);
  return digest(canonicalJson(keys));
}

/**
 * A plan that was carried out in part is carried out again for what is left: a VM that has what the plan gives it,
 * and a sound ledger that says so, is where it should be.
 */
async function doneAlready(
  {seen, goal}: PlannedVmBody,
  vm: ReadableVm,
  registry: PluginRegistry,
  decide: Decide,
): Promise<Decision | null> {
  if (seen === undefined || goal === undefined || whoMoved(seen, vm) !== null) return null;
  if (goal !== stateDigest(vm.config, registry)) return null;
  const decision = await decide(vm);
  return decision.status === 'unchanged' ? decision : null;
}

function whatMoved({seen}: PlannedVmBody, vm: ReadableVm, registry: PluginRegistry): string | null {
  if (seen === undefined) return 'it could not be read when it was planned';
  const other = whoMoved(seen, vm);
  if (other !== null) return other;
  const keys = movedKeys(seen.keys, fingerprint(registry, 'container', vm.config));
  return keys.length === 0 ? null : `${keys.join(', ')} changed since`;
}

function whoMoved(seen: NonNullable<PlannedVmBody['seen']>, vm: ReadableVm): string | null {
  if (vm.containerId !== seen.containerId) return 'it is another container now';
  return vm.instanceUuid === seen.instanceUuid && vm.biosUuid === seen.biosUuid
    ? null
    : 'it is another VM now: its UUIDs are not those that were planned on';
}

/** The same reading gives the same decision; if it ever should not, nothing unplanned is written. */
function settled(before: PlannedVmBody, decision: Decision, vm: ReadableVm): Decision {
  if (decision.status !== 'pending') return decision;
  if (before.changes === changesDigest(decision.changes)) return decision;
  return conflict(vm, 'the plugins would write something else now');
}

function conflict(vm: ReadableVm, moved: string): Decision {
  const error = new VchError(
    'VCH_ERR_CONFLICT',
    `${vm.displayName} (${vm.ref.value}) is not as it was planned: ${moved}. Nothing was written to it; see it with vch-migrate plan`,
  );
  return {status: 'conflict', error, findings: []};
}

/** Refuses another VCH; lists the VMs that came or went since the plan. */
function compared(scope: Scope, plan: PlanBody): Scope {
  assertVch(scope.vch, plan);
  const planned = new Set(plan.vms.map((vm) => vm.id));
  const present = new Set(scope.outcome.vms.map((vm) => vm.id));
  const vms = scope.outcome.vms.map((vm) => (planned.has(vm.id) ? vm : left(vm)));
  const gone = plan.vms.filter((vm) => !present.has(vm.id)).map(departed);
  return {...scope, outcome: {...scope.outcome, vms: [...vms, ...gone]}};
}

function left(vm: VmOutcome): VmOutcome {
  const message =
    'not in the plan: it came into being since, or was left out of it; vch-migrate plan shows it';
  return {
    ...vm,
    status: 'skipped',
    error: null,
    findings: [...vm.findings, {code: 'not-in-plan', message}],
  };
}

function departed(vm: PlannedVmBody): VmOutcome {
  const message = 'in the plan, but no longer among the containerVMs of the VCH';
  return {
    id: vm.id,
    kind: 'container',
    displayName: vm.displayName,
    containerId: vm.seen?.containerId ?? null,
    containerName: vm.containerName,
    powerState: null,
    dataVersion: null,
    rename: vm.rename,
    status: 'skipped',
    applied: [],
    changes: [],
    findings: [{code: 'gone-since-plan', message}],
    error: null,
  };
}

function assertTarget(session: Session, {target}: PlanBody): void {
  const {instanceUuid} = session.about;
  const same =
    target.instanceUuid === null || instanceUuid === null
      ? target.url === session.url.href
      : target.instanceUuid === instanceUuid;
  if (same) return;
  throw stale(`it was made for ${target.url}, and ${session.url.href} is another server`);
}

function assertVch(vch: Vch, plan: PlanBody): void {
  if (vch.ref.value === plan.vch.id && vch.biosUuid === plan.vch.biosUuid) return;
  throw stale(
    `it was made for the VCH ${plan.vch.name} (${plan.vch.id}), and ${vch.summary.name} (${vch.ref.value}) is another one`,
  );
}

function assertPlugins(registry: PluginRegistry, plan: PlanBody): void {
  const words = (plugins: PlanBody['plugins']) =>
    plugins.map(({id, revision}) => `${id} revision ${revision}`).join(', ') || 'none';
  const now = decidingPlugins(registry);
  if (words(now) === words(plan.plugins)) return;
  throw stale(
    `it was made with the plugins ${words(plan.plugins)}, and now there are ${words(now)}; name the same --plugins`,
  );
}
