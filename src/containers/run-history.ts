import type {VchSummary} from '../appliance/lease.js';
import {LEDGER_KEY} from '../extraconfig/keys.js';
import {parseLedger} from '../migration/ledger.js';
import type {Session} from '../vim25/session.js';
import {vmInput} from './decision.js';
import type {RunOptions} from './run-options.js';
import {openScope} from './scope.js';

/** One run of the tool, as the ledgers of the VMs that it changed tell of it. */
export interface RecordedRun {
  readonly runId: string;
  /** RFC 3339. */
  readonly time: string;
  /** vSphere user. */
  readonly user: string;
  readonly changeId: string | null;
  readonly toolVersion: string;
  /** Ids of the plugins that it applied and that stand, sorted. */
  readonly plugins: readonly string[];
  /** VMs on which they stand. */
  readonly vms: number;
}

/** What the ledgers of a VCH's containerVMs tell. */
export interface RunHistory {
  readonly vch: VchSummary;
  /** Oldest first. */
  readonly runs: readonly RecordedRun[];
  /** VMs whose ledger could not be read, or is damaged or another VM's. */
  readonly unreadable: number;
}

/** The runs that the ledgers record. What was undone is in no ledger. */
export async function runHistory(session: Session, options: RunOptions): Promise<RunHistory> {
  const runs = new Map<string, RecordedRun>();
  let unreadable = 0;
  const {outcome} = await openScope(session, options, async (vm) => {
    const input = vmInput(vm);
    const state = parseLedger(input.config[LEDGER_KEY], input);
    if (state.status === 'foreign' || state.status === 'invalid') unreadable += 1;
    if (state.status !== 'valid') return {status: 'unchanged', findings: []};
    for (const [runId, {time, user, tool, changeId}] of Object.entries(state.ledger.runs)) {
      const applied = state.ledger.applied.filter(({run}) => run === runId).map(({id}) => id);
      const known = runs.get(runId);
      runs.set(runId, {
        runId,
        // One run writes its VMs one after the other; it began with the first.
        time: known !== undefined && known.time < time ? known.time : time,
        user,
        changeId: changeId ?? null,
        toolVersion: tool,
        plugins: [...new Set([...(known?.plugins ?? []), ...applied])].sort(),
        vms: (known?.vms ?? 0) + 1,
      });
    }
    return {status: 'unchanged', findings: []};
  });
  unreadable += outcome.vms.filter(({status}) => status === 'unreachable' || status === 'failed').length;
  return {
    vch: outcome.vch,
    runs: [...runs.values()].sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1)),
    unreadable,
  };
}
