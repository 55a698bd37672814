import {type VchSummary, vchSummary} from '../appliance/upgrade-lock.js';
import {LEDGER_KEY} from '../extraconfig/keys.js';
import {type Ledger, parseLedger} from '../migration/ledger.js';
import {untilStopped} from '../stopping.js';
import type {Session} from '../vim25/session.js';
import {isDecidable, vmInput} from './plan.js';
import {readVch} from './read-vch.js';
import type {RunOptions} from './run-options.js';

/** One run of the tool, as the ledgers of the VMs it changed record it. */
export interface RecordedRun {
  readonly runId: string;
  /** RFC 3339. */
  readonly time: string;
  /** vSphere user. */
  readonly user: string;
  readonly changeId: string | null;
  readonly toolVersion: string;
  /** Ids of the plugins that it applied and that were not undone, sorted. */
  readonly plugins: readonly string[];
  /** VMs whose ledgers name the run. */
  readonly vms: number;
}

/** What the ledgers of a VCH's containerVMs record. */
export interface RunHistory {
  readonly vch: VchSummary;
  /** Oldest first. */
  readonly runs: readonly RecordedRun[];
  /** VMs whose ledger could not be read, or is damaged or another VM's. */
  readonly unreadable: number;
}

/** The runs that the ledgers record. A run that was undone is in no ledger. */
export function runHistory(session: Session, options: RunOptions): Promise<RunHistory> {
  return untilStopped(options.signal, async () => {
    const read = await readVch(session, options, [LEDGER_KEY]);
    const ledgers = read.vms.filter(isDecidable).map((vm) => parseLedger(vm.config[LEDGER_KEY], vmInput(vm)));
    const damaged = ledgers.filter(({status}) => status === 'foreign' || status === 'invalid');
    return {
      vch: {...vchSummary(read.vch), containerVMs: read.count},
      runs: runsIn(ledgers.flatMap((state) => (state.status === 'valid' ? [state.ledger] : []))),
      unreadable: read.unread.length + damaged.length,
    };
  });
}

function runsIn(ledgers: readonly Ledger[]): readonly RecordedRun[] {
  const runs = new Map<string, RecordedRun>();
  for (const ledger of ledgers) {
    for (const [runId, {time, user, tool, changeId}] of Object.entries(ledger.runs)) {
      const applied = ledger.applied.filter(({run}) => run === runId).map(({id}) => id);
      const known = runs.get(runId);
      runs.set(runId, {
        runId,
        // A run writes its VMs one after the other: it began with the first.
        time: known !== undefined && known.time < time ? known.time : time,
        user,
        changeId: changeId ?? null,
        toolVersion: tool,
        plugins: [...new Set([...(known?.plugins ?? []), ...applied])].sort(),
        vms: (known?.vms ?? 0) + 1,
      });
    }
  }
  return [...runs.values()].sort((a, b) => (a.time === b.time ? 0 : a.time < b.time ? -1 : 1));
}
