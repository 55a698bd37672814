import {VchError} from '../errors.js';
import {applyChanges, type Change, changesBetween, type ExtraConfig} from '../extraconfig/extra-config.js';
import {LEDGER_KEY} from '../extraconfig/keys.js';
import {MASKED_VCENTER, maskText} from '../extraconfig/mask.js';
import {labelOf, type ReadableVm} from '../inventory/container-vms.js';
import type {Vch} from '../inventory/vch.js';
import {count, fields, list, nullable, oneOf, record, type ShapeOf, text} from '../json-shape.js';
import {canonicalJson} from '../migration/canonical-json.js';
import {digest} from '../migration/ledger.js';
import {pluginId} from '../migration/plugin.js';
import {fingerprint, type PluginRegistry} from '../migration/registry.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {change} from './apply.js';
import type {RunOutcome, VmOutcome, VmStatus} from './outcome.js';
import {
  type Decide,
  type DecidedVm,
  type Decision,
  decideApply,
  outcomeOf,
  type PlannedRun,
  planRun,
  selected,
} from './plan.js';
import type {RunOptions} from './run-options.js';

// Why: docs/decisions/005-saved-plans-are-compared.md

/** What a saved plan knows of a VM that was read. */
const SEEN = fields({
  containerId: text,
  instanceUuid: text,
  biosUuid: nullable(text),
  keys: record(nullable(text)),
});

/** One VM of a saved plan, as it was when it was planned. */
type SavedVm = ShapeOf<typeof SAVED_VM>;
const SAVED_VM = fields(
  {
    id: text,
    displayName: text,
    containerName: nullable(text),
    rename: oneOf(['disabled', 'not-persisted-by-vic', 'supported']),
    status: oneOf<VmStatus>([
      'pending',
      'unchanged',
      'refused',
      'failed',
      'conflict',
      'unreachable',
      'skipped',
    ]),
    /** Digest of what is to be written, without the ledger; `null` if nothing is. */
    changes: nullable(text),
  },
  {
    /** Absent if the VM could not be read, or was not to be planned. */
    seen: SEEN,
    /** Digest of what `seen.keys` will be once that is written, without the ledger: recognizes a VM that is done. */
    goal: text,
  },
);

/** A saved plan without its report: digests, not values, that show every change made since. */
export type PlanBody = ShapeOf<typeof planBodyShape>;
export const planBodyShape = fields({
  target: fields({url: text, instanceUuid: nullable(text)}),
  vch: fields({id: text, name: text, biosUuid: nullable(text)}),
  plugins: list(fields({id: text, revision: count})),
  vms: list(SAVED_VM),
});

/** A plan, with what a later `apply` of it will compare with. */
export interface PlannedOutcome extends RunOutcome {
  readonly plan: PlanBody;
}

/** The plugins that decide what is written to containerVMs. */
function decidingPlugins(registry: PluginRegistry): PlanBody['plugins'] {
  return registry.persisted('container').map((plugin) => ({id: pluginId(plugin), revision: plugin.revision}));
}

/** The error for a plan that cannot be applied as a whole. */
export function stale(why: string): VchError {
  return new VchError(
    'VCH_ERR_PLAN_STALE',
    `the saved plan cannot be applied: ${why}. Nothing was written; make a new one with vch-migrate plan --out`,
  );
}

/** Plans, and adds to the outcome what a later `apply` of this very plan will compare with. */
export function planToSave(session: Session, options: RunOptions): Promise<PlannedOutcome> {
  return untilStopped(options.signal, async () => {
    const {registry, copyOf} = options;
    if (copyOf?.isMasked || session.about.instanceUuid === MASKED_VCENTER)
      throw new VchError(
        'VCH_ERR_USAGE',
        'a plan of a masked dump cannot be saved: it has other names and values than the VCH, and every VM would be a conflict. ' +
          'Make a dump without --mask, with vch-migrate dump vch1.dump.json, or leave --out away',
      );
    const {read, decided, outcome} = selected(await planRun(session, options), options);
    const plan: PlanBody = {
      target: {
        url: copyOf?.url ?? session.url.href,
        instanceUuid: copyOf === undefined ? session.about.instanceUuid : copyOf.instanceUuid,
      },
      vch: {id: read.vch.ref.value, name: maskText(read.vch.summary.name), biosUuid: read.vch.biosUuid},
      plugins: decidingPlugins(registry),
      vms: decided.map((vm) => savedVm(vm, registry)),
    };
    return {...outcome, plan};
  });
}

function savedVm(decided: DecidedVm, registry: PluginRegistry): SavedVm {
  const {id, displayName, containerName, rename, status, changes} = outcomeOf(decided);
  const {vm, decision} = decided;
  return {
    id,
    // As in the report: a name can hold a URL, and that a password.
    displayName: maskText(displayName),
    containerName: containerName && maskText(containerName),
    rename,
    status,
    ...(decision === null ? {} : {seen: seenNow(vm, registry)}),
    ...(decision?.status === 'pending' ? {goal: goalOf(vm.config, changes, registry)} : {}),
    changes: status === 'pending' ? changesDigest(changes) : null,
  };
}

/**
 * Applies exactly the plan: a VM that has changed since is a `conflict` and is not written. Rejects with
 * VCH_ERR_PLAN_STALE if the plan is for another target, VCH or set of plugins.
 */
export async function applyPlan(session: Session, options: RunOptions, plan: PlanBody): Promise<RunOutcome> {
  assertTarget(session, plan);
  assertPlugins(options.registry, plan);
  const planned = new Map(plan.vms.map((vm) => [vm.id, vm]));
  const decide = decideApply(options);
  const asPlanned: Decide = async (vm) => {
    const before = planned.get(vm.ref.value);
    // A VM that is not in the plan is left out of the run: see `compared`.
    if (before === undefined) return {status: 'unchanged', findings: []};
    const decision = await decide(vm);
    const moved = whatMoved(before, vm, options.registry);
    if (moved !== null)
      return isDone(before, decision, vm, options.registry) ? decision : conflict(vm, moved);
    // The same reading gives the same decision; if it ever did not, nothing unplanned must be written.
    return decision.status === 'pending' && before.changes !== changesDigest(decision.changes)
      ? conflict(vm, 'the plugins would write something else now')
      : decision;
  };
  // If the command names another VCH, say so, rather than that no VCH fits both.
  const {name, id} = options.vch;
  const vch = name === undefined && id === undefined ? {...options.vch, id: plan.vch.id} : options.vch;
  return change(session, {...options, vch}, asPlanned, (run) => compared(run, plan));
}

function seenNow(
  {containerId, instanceUuid, biosUuid, config}: ReadableVm,
  registry: PluginRegistry,
): ShapeOf<typeof SEEN> {
  return {containerId, instanceUuid, biosUuid, keys: fingerprint(registry, config)};
}

function changesDigest(changes: readonly Change[]): string {
  return digest(canonicalJson(changes.map(({key, before, after}) => [key, before, after])));
}

/** What the declared keys will be, without the ledger: it differs in every run. */
function goalOf(config: ExtraConfig, changes: readonly Change[], registry: PluginRegistry): string {
  return stateDigest(applyChanges(config, changes), registry);
}

function stateDigest(config: ExtraConfig, registry: PluginRegistry): string {
  const {[LEDGER_KEY]: _ledger, ...keys} = fingerprint(registry, config);
  return digest(canonicalJson(keys));
}

/**
 * A plan may be applied again for what is left of it: a VM that has what the plan gives it, and a valid ledger that
 * says so, is done.
 */
function isDone(
  {seen, goal}: SavedVm,
  {status}: Decision,
  vm: ReadableVm,
  registry: PluginRegistry,
): boolean {
  if (seen === undefined || goal === undefined || status !== 'unchanged') return false;
  return whoMoved(seen, vm) === null && goal === stateDigest(vm.config, registry);
}

function whatMoved({seen}: SavedVm, vm: ReadableVm, registry: PluginRegistry): string | null {
  if (seen === undefined) return 'it could not be read when the plan was made';
  const keys = changesBetween(seen.keys, fingerprint(registry, vm.config)).map(({key}) => key);
  return whoMoved(seen, vm) ?? (keys.length === 0 ? null : `${keys.join(', ')} changed since`);
}

function whoMoved(seen: ShapeOf<typeof SEEN>, vm: ReadableVm): string | null {
  if (vm.containerId !== seen.containerId) return 'it is another container now';
  return vm.instanceUuid === seen.instanceUuid && vm.biosUuid === seen.biosUuid
    ? null
    : 'it is another VM now: its UUIDs are not those in the plan';
}

function conflict(vm: ReadableVm, moved: string): Decision {
  const error = new VchError(
    'VCH_ERR_CONFLICT',
    `${labelOf(vm)} has changed since the plan: ${moved}. Nothing was written to it; see it with vch-migrate plan`,
  );
  return {status: 'conflict', error, findings: []};
}

/** Refuses another VCH; lists the VMs that were added or removed since the plan. */
function compared(run: PlannedRun, plan: PlanBody): PlannedRun {
  assertVch(run.read.vch, plan);
  const planned = new Set(plan.vms.map((vm) => vm.id));
  const present = new Set(run.outcome.vms.map((vm) => vm.id));
  const vms = run.outcome.vms.map((vm) => (planned.has(vm.id) ? vm : added(vm)));
  const gone = plan.vms.filter((vm) => !present.has(vm.id)).map(departed);
  return {...run, outcome: {...run.outcome, vms: [...vms, ...gone]}};
}

function added(vm: VmOutcome): VmOutcome {
  const message =
    'not in the plan: it was created later, or was left out of the plan; vch-migrate plan shows it';
  const findings = [...vm.findings, {code: 'not-in-plan', message}];
  return {...vm, status: 'skipped', error: null, findings};
}

function departed({id, displayName, containerName, rename, seen}: SavedVm): VmOutcome {
  const message = 'in the plan, but no longer among the containerVMs of the VCH';
  return {
    id,
    kind: 'container',
    displayName,
    containerId: seen?.containerId ?? null,
    containerName,
    powerState: null,
    dataVersion: null,
    rename,
    status: 'skipped',
    applied: [],
    changes: [],
    findings: [{code: 'gone-since-plan', message}],
    error: null,
  };
}

function assertTarget(session: Session, plan: PlanBody): void {
  const {target} = plan;
  const {instanceUuid} = session.about;
  // What govc writes does not say of which server it is. The UUIDs of the VCH and of each VM are compared anyhow.
  if (target.url.startsWith('dump:') && target.instanceUuid === null && plan.vch.biosUuid !== null) return;
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
