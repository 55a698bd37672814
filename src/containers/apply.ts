import {assertFree, readHolder} from '../appliance/lease.js';
import {heldLabel, UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import {hasCode} from '../errors.js';
import {readLeases} from '../inventory/find-vch.js';
import {vchLabel} from '../inventory/vch.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {type CommitContext, commitAll} from './commit.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import {type Decide, decideApply, type Planned, type PlannedRun, pending, planRun, selected} from './plan.js';
import {RolloutGate} from './rollout-gate.js';
import type {RunOptions} from './run-options.js';

/**
 * Runs the persisted container plugins on every containerVM of one VCH and reads back what it wrote. Rejects with
 * VCH_ERR_LOCKED while an upgrade holds the VCH; what concerns one VM is in its outcome.
 */
export function applyMigration(session: Session, options: RunOptions): Promise<RunOutcome> {
  return change(session, options, decideApply(options));
}

/** Decides, asks, writes and reads back. `narrow` may take VMs out of the plan, or refuse it, before anyone is asked. */
export async function change(
  session: Session,
  options: RunOptions,
  decide: Decide,
  narrow: (run: PlannedRun) => PlannedRun = (run) => run,
): Promise<RunOutcome> {
  const planned = await untilStopped(options.signal, () => planRun(session, options, decide));
  const run = selected(narrow(planned), options);
  const {vch} = run.read;
  const label = heldLabel(vchLabel(vch), vch.summary.powerState);
  assertFree(UPGRADE_LOCK, vch.leases, label);
  if (options.signal?.aborted) return notAttempted(run.outcome, true);
  if (pending(run.decided).length === 0) return notAttempted(run.outcome, false);
  await options.permit?.(run.outcome, false);
  if (options.confirm !== undefined && !(await options.confirm(run.outcome)))
    return notAttempted(run.outcome, false);
  // The answer may have taken an hour.
  assertFree(UPGRADE_LOCK, await readLeases(session, vch), label);
  return writeRun(
    session,
    run,
    options,
    // An upgrade may have begun in the meantime.
    async () => {
      const holder = readHolder(UPGRADE_LOCK, await readLeases(session, vch));
      return holder.state === 'none' ? null : 'an upgrade holds the VCH now';
    },
  );
}

function notAttempted(outcome: RunOutcome, interrupted: boolean): RunOutcome {
  const vms = outcome.vms.map(
    (vm): VmOutcome =>
      vm.status === 'pending' ? {...vm, status: 'not-attempted', applied: [], changes: []} : vm,
  );
  return {...outcome, vms, interrupted};
}

/**
 * Writes what a run has pending, canaries first, and reads it back. The caller has made sure that it may;
 * `holdBack` says after the canaries why the rest must not be written, or `null`.
 */
export async function writeRun(
  session: Session,
  run: PlannedRun,
  options: RunOptions,
  holdBack: () => Promise<string | null>,
): Promise<RunOutcome> {
  const {staging = {}, onProgress} = options;
  const planned = pending(run.decided);
  const gate = new RolloutGate(staging, planned.length);
  const progress = phaseProgress(onProgress);
  const context: CommitContext = {
    ...options,
    session,
    found: run.read,
    decide: run.decide,
    keys: options.registry.readKeys('container'),
    gate,
    onStart: () => progress.start(),
    onWritten: () => progress.step(),
    onReadBack: (count) => progress.begin('verify', count),
    onOutcome: (vm) => {
      onProgress?.({type: 'vm', vm});
      progress.step();
    },
  };
  const write = (vms: readonly Planned[]) => {
    if (vms.length === 0) return [];
    progress.begin('commit', vms.length);
    return commitAll(context, vms);
  };
  const canaries = planned.slice(0, staging.canary ?? 0);
  const others = planned.slice(canaries.length);
  const first = await write(canaries);
  if (canaries.length > 0 && others.length > 0 && gate.closedBecause() === null) {
    const failed = first.filter(({status}) => status !== 'changed' && status !== 'unchanged').length;
    if (failed > 0) gate.close(`${failed} of ${canaries.length} canaries were not changed`);
    else if ((await staging.goOn?.(canaries.length, others.length)) === false)
      gate.close('the answer after the canaries was no');
    else gate.close(await holdBack());
  }
  const outcomes = [...first, ...(await write(others))];
  const left = outcomes.some(({status}) => status === 'not-attempted');
  const heldBack = left ? gate.closedBecause() : null;
  const byId = new Map(outcomes.map((outcome) => [outcome.id, outcome]));
  const message = `not everything was started: ${heldBack}`;
  return {
    ...run.outcome,
    vms: run.outcome.vms.map((vm) => byId.get(vm.id) ?? vm),
    findings: [...run.outcome.findings, ...(heldBack === null ? [] : [{code: 'held-back', message}])],
    interrupted:
      options.signal?.aborted === true && outcomes.some(({error}) => hasCode(error, 'VCH_ERR_INTERRUPTED')),
  };
}

/** Counts what is done in one phase after the other. */
function phaseProgress(tell: RunOptions['onProgress']) {
  let [done, total, inFlight] = [0, 0, 0];
  const setInFlight = (vms: number) => {
    inFlight = vms;
    tell?.({type: 'in-flight', vms});
  };
  return {
    begin(phase: 'commit' | 'verify', vms: number) {
      [done, total, inFlight] = [0, vms, 0];
      tell?.({type: 'phase', phase, total});
    },
    /** The write of one more VM has begun. */
    start: () => setInFlight(inFlight + 1),
    /** One more VM is done in this phase. */
    step() {
      done += 1;
      if (inFlight > 0) setInFlight(inFlight - 1);
      tell?.({type: 'progress', done, total});
    },
  };
}
