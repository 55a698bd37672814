import type {VchError} from '../errors.js';
import type {FleetCommand, TargetOutcome} from '../report/fleet/report.js';
import type {Report} from '../report/report.js';
import type {Settled} from './store.js';

/** Why a worker stopped what it does: its run is cancelled, it ends itself, or its claim on the VCH is lost. */
export type StopReason = 'cancelled' | 'stopping' | 'claim-lost';

/** What a command on a VCH came to. */
export interface UnitEnd {
  readonly report: Report;
  readonly exit: number;
}

/** What a worker does with what a command came to. */
export type Verdict =
  | {readonly kind: 'settle'; readonly settled: Settled}
  /** Again, later: `counts` if that is one of the tries that a vCenter has; `unfinished` if the VCH is in the middle of a command. */
  | {
      readonly kind: 'again';
      readonly message: string;
      readonly counts: boolean;
      readonly unfinished: boolean;
    };

/** How often a vCenter that does not answer is tried, and the seconds before each further try. */
export const PAUSES: readonly number[] = [10, 30, 60, 120];

/** After how many workers that ended in the middle of a VCH it is only looked at. */
export const MOST_DEATHS = 4;

const DONE: readonly string[] = ['changed', 'unchanged', 'skipped', 'pending'];
const MOST_ATTENTION = 20;

/** The outcome of a report, as a fleet keeps it. */
export function outcomeOf(report: Report): TargetOutcome {
  const checks = (report.checks ?? []).filter(({status}) => status === 'failed');
  const vms = report.vms.filter(({status, kind}) => kind === 'container' && !DONE.includes(status));
  return {
    summary: report.summary,
    version: report.vch.version,
    error: report.upgrade?.error ?? null,
    attention: [
      ...checks.map(({title, id}) => ({name: title, status: 'failed', code: id})),
      ...vms.map(({displayName, status, error, findings}) => ({
        name: displayName,
        status,
        code: error?.code ?? findings[0]?.code ?? '',
      })),
    ].slice(0, MOST_ATTENTION),
    next: report.next,
  };
}

interface Attempt {
  /** What the run wants, and what was done for it: `resume` where an earlier worker had begun. */
  readonly wanted: FleetCommand;
  readonly did: string;
  readonly name: string;
  /** How often in a row its vCenter did not answer. */
  readonly tries: number;
  readonly stopped: StopReason | null;
  /** An earlier worker, or an earlier try, had begun. */
  readonly begun: boolean;
  /** How many workers in a row ended in the middle of it. */
  readonly deaths: number;
}

/** What becomes of a VCH after a command with a report; `ours` if its upgrade record is of this run. */
export function judge({report, exit}: UnitEnd, attempt: Attempt & {readonly ours: boolean}): Verdict {
  const {wanted, did, name, tries, stopped, ours, deaths} = attempt;
  const result = report.upgrade?.result ?? null;
  const error = report.upgrade?.error;
  if (report.interrupted && stopped !== null && stopped !== 'cancelled')
    return {
      kind: 'again',
      counts: false,
      unfinished: true,
      message: `${name} was stopped at a safe point, because its worker ends`,
    };
  const unfinished = result === 'resumable' && error?.code === 'VCH_ERR_TRANSPORT';
  if (unfinished && tries < PAUSES.length)
    return {
      kind: 'again',
      counts: true,
      unfinished: true,
      message: `${name} is unfinished, because its vCenter stopped answering; it is resumed`,
    };
  const settle = (state: Settled['state'], words: string): Verdict => ({
    kind: 'settle',
    settled: {
      state,
      exit,
      result,
      verified: null,
      offline: unfinished,
      outcome: outcomeOf(report),
      message: `${name} ${words}`,
    },
  });
  if (exit === 6)
    return settle('down', 'needs a person now: its appliance is down, or could not be put back');
  if (report.interrupted) return settle('stopped', 'was stopped, because the run was cancelled');
  if (unfinished) return settle('unreachable', 'is unfinished: its vCenter does not answer');
  if (did === 'status' && deaths >= MOST_DEATHS) return givenUp(report, attempt);
  // The run was cancelled when its worker was gone: nothing was done but to look.
  if (did === 'status') return settle('stopped', leftBy(report.vch.lock, wanted, ours));
  // An upgrade that an earlier worker had finished, and could not tell.
  if (wanted === 'upgrade' && did === 'verify') {
    const words = 'upgraded by a worker that ended before it could say so';
    const verdict = settle(
      exit === 0 ? 'done' : 'partly',
      exit === 0 ? words : `${words}, but for some of its VMs`,
    );
    return verdict.kind === 'settle'
      ? {...verdict, settled: {...verdict.settled, result: 'upgraded', verified: exit}}
      : verdict;
  }
  // An upgrade whose rollback an earlier worker had begun.
  if (wanted === 'upgrade' && did === 'rollback' && exit === 0)
    return settle('failed', 'is rolled back: its upgrade had failed');
  if (exit === 0) return settle('done', `${result ?? 'is done'}`);
  if (exit === 3) return settle('partly', `${result ?? 'is done'}, but for some of its VMs`);
  return settle('failed', `failed: ${result ?? `exit ${exit}`}${error == null ? '' : ` (${error.code})`}`);
}

/** What is known of a VCH in whose middle one worker after the other ended. */
function givenUp(report: Report, {name, deaths, ours}: Attempt & {readonly ours: boolean}): Verdict {
  const words = `${deaths} workers in a row ended in the middle of it`;
  const is = ours ? 'its upgrade is unfinished' : 'no upgrade of this run is unfinished on it';
  const message = `${words}; ${is}. See in the logs of the workers why they ended, then try it again with vch-migrate fleet retry`;
  return {
    kind: 'settle',
    settled: {
      ...{state: 'failed', exit: 1, result: ours ? 'resumable' : null, verified: null, offline: false},
      outcome: {...outcomeOf(report), error: {code: 'VCH_ERR_INTERNAL', message}},
      message: `${name} is given up: ${words}; ${is}`,
    },
  };
}

/** What is known of a VCH whose worker was gone when its run was cancelled. */
function leftBy(lock: Report['vch']['lock'], wanted: FleetCommand, ours: boolean): string {
  if (ours) return 'is unfinished: its worker ended, and the run was cancelled';
  const over = 'was stopped, because the run was cancelled';
  if (lock.held) {
    const who = lock.by === 'vic-machine' ? 'vic-machine' : (lock.owner ?? 'an unknown owner');
    return `${over}; no upgrade of this run is unfinished on it, and ${who} holds it for something else`;
  }
  return wanted === 'upgrade' || wanted === 'rollback'
    ? `${over}; nothing is unfinished`
    : `${over}; what its worker had not reached is as before`;
}

/** What becomes of a VCH after a command that ended before its report. */
export function judgeError(error: VchError, {name, tries, stopped, begun}: Attempt): Verdict {
  const stoppedWords = begun
    ? 'was stopped; what was begun earlier may be unfinished'
    : 'was stopped before anything was written';
  if (stopped !== null && stopped !== 'cancelled')
    return {
      kind: 'again',
      counts: false,
      unfinished: false,
      message: `${name} ${stoppedWords}, because its worker ends`,
    };
  if (error.code === 'VCH_ERR_TRANSPORT' && stopped === null && tries < PAUSES.length)
    return {
      kind: 'again',
      counts: true,
      unfinished: false,
      message: `the vCenter of ${name} does not answer; it is tried again`,
    };
  const offline = error.code === 'VCH_ERR_TRANSPORT';
  const state =
    stopped !== null
      ? 'stopped'
      : offline || error.code === 'VCH_ERR_HOST_UNREACHABLE'
        ? 'unreachable'
        : 'failed';
  const {code, message, fault} = error;
  return {
    kind: 'settle',
    settled: {
      ...{state, offline, exit: code === 'VCH_ERR_LOCKED' ? 4 : 1, result: null, verified: null},
      outcome: {
        ...{summary: null, version: null, attention: [], next: null},
        error: {code, message, ...(fault !== undefined && {fault})},
      },
      message: `${name} ${state === 'stopped' ? stoppedWords : `${state}: ${code}`}`,
    },
  };
}
