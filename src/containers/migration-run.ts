import {assertFree, readHolder, UPGRADE_LOCK} from '../appliance/lease.js';
import {readLeases} from '../inventory/find-vch.js';
import {vchLabel} from '../inventory/vch.js';
import {checkVm} from '../migration/check.js';
import {history} from '../migration/history.js';
import type {RunInfo} from '../migration/plan.js';
import {claimFindings} from '../rename/rename-unfinished.js';
import type {Session} from '../vim25/session.js';
import {type Decide, decideApply, decideUndo, vmInput} from './decision.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import type {RunOptions, UndoOptions} from './run-options.js';
import {openScope, type Scope} from './scope.js';
import {selected} from './selection.js';
import {writeScope} from './write-scope.js';

/** What `apply` would change, VM by VM and key by key; writes nothing. */
export async function planMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  const scope = await openScope(session, options, decideApply(options.registry, runInfo(options)));
  return selected(scope, options).outcome;
}

/**
 * Runs the persisted container plugins on every containerVM of one VCH and reads back what it wrote. Rejects with
 * VCH_ERR_LOCKED while an upgrade holds the VCH; what concerns one VM is in its outcome.
 */
export async function applyMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  return change(session, options, decideApply(options.registry, runInfo(options)));
}

/** Puts the containerVMs back from their ledgers, each as a whole or not at all. */
export async function undoMigration(session: Session, options: UndoOptions): Promise<RunOutcome> {
  const filter = {
    ...(options.run === undefined ? {} : {run: options.run}),
    ...(options.to === undefined ? {} : {to: options.to}),
  };
  const outcome = await change(session, options, decideUndo(options.registry, filter));
  const {run} = options;
  if (run === undefined || outcome.vms.some(({status}) => status !== 'unchanged' && status !== 'skipped'))
    return outcome;
  const message = `nothing to undo: no containerVM's ledger names the run ${run}; vch-migrate status shows what was applied`;
  return {...outcome, findings: [...outcome.findings, {code: 'run-unknown', message}]};
}

/** The plan, and beside it what each VM's ledger says was applied. */
export async function statusOf(session: Session, options: RunOptions): Promise<RunOutcome> {
  const histories = new Map<string, readonly string[]>();
  const decide = decideApply(options.registry, runInfo(options));
  const {outcome, vch} = await openScope(session, options, async (vm) => {
    histories.set(vm.ref.value, history(vmInput(vm)));
    return decide(vm);
  });
  const vms = outcome.vms.map((vm) => ({
    ...vm,
    history: histories.get(vm.id) ?? [],
    pending: vm.applied,
    applied: [],
    changes: [],
  }));
  return {...outcome, vms, findings: [...outcome.findings, ...claimFindings(vch)]};
}

/** Checks the live VMs against their goal: `unchanged` is there, `failed` contradicts it. */
export async function verifyMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  const {outcome} = await openScope(session, options, async (vm) => {
    const check = await checkVm(options.registry, vmInput(vm));
    switch (check.status) {
      case 'at-goal':
        return {status: 'unchanged', findings: check.findings};
      case 'contradicts':
        return {status: 'failed', error: check.error, findings: check.findings};
      default:
        return check;
    }
  });
  return outcome;
}

/**
 * Decides, asks, writes and reads back. `narrow` may take VMs out of what was found, or refuse it, before anybody is
 * asked.
 */
export async function change(
  session: Session,
  options: RunOptions,
  decide: Decide,
  narrow: (scope: Scope) => Scope = (scope) => scope,
): Promise<RunOutcome> {
  const scope = selected(narrow(await openScope(session, options, decide)), options);
  const label = vchLabel(scope.vch);
  assertFree(UPGRADE_LOCK, scope.vch.leases, label);
  if (scope.pending.length === 0 || options.signal?.aborted)
    return stopped(scope, options.signal?.aborted === true);
  if (options.confirm !== undefined && !(await options.confirm(scope.outcome))) return stopped(scope, false);
  // A person may have thought about it for an hour.
  assertFree(UPGRADE_LOCK, await readLeases(session, scope.vch), label);
  return writeScope(
    session,
    scope,
    options,
    // An upgrade may have begun meanwhile.
    async () => {
      const holder = readHolder(UPGRADE_LOCK, await readLeases(session, scope.vch));
      return holder.state === 'none' ? null : 'an upgrade holds the VCH now';
    },
  );
}

/** Nothing was written: what was planned was not attempted. */
function stopped(scope: Scope, interrupted: boolean): RunOutcome {
  const vms = scope.outcome.vms.map(
    (vm): VmOutcome =>
      vm.status === 'pending' ? {...vm, status: 'not-attempted', applied: [], changes: []} : vm,
  );
  return {...scope.outcome, vms, interrupted};
}

/** What the ledgers will say of a run. */
export function runInfo(options: RunOptions): RunInfo {
  return {
    runId: options.runId,
    time: new Date().toISOString(),
    user: options.user,
    toolVersion: options.toolVersion,
    ...(options.changeId === undefined ? {} : {changeId: options.changeId}),
  };
}
