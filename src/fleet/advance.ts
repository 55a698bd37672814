import {counted} from '../counted.js';
import type {RunState, TargetState} from '../report/fleet/report.js';
import type {Budget} from './inventory.js';

/** Targets of a run that stand alike, as far as the course of the run depends on them. */
export interface Standing {
  readonly count: number;
  readonly vcenter: string;
  readonly wave: number;
  readonly state: TargetState;
  /** The exit code of the verification after an upgrade; `null` if there was none. */
  readonly verified: number | null;
  /** Its vCenter did not answer. */
  readonly offline: boolean;
  /** A person has resumed the run in spite of them. */
  readonly forgiven: boolean;
}

/** A run, as far as its course depends on it. */
export interface Course {
  readonly command: string;
  readonly state: RunState;
  /** The last wave that is open; -1 before the first. */
  readonly wave: number;
  readonly gates: readonly ('approve' | 'auto')[];
  readonly budget: Budget;
  /** Waves after which the next was approved. */
  readonly approved: readonly number[];
  /** A vCenter could not be planned: a wave may be empty for want of its VCHs. */
  readonly incomplete: boolean;
}

/** Where a run goes from here. */
export interface Advance {
  readonly state: RunState;
  readonly wave: number;
  /** Why it holds or waits. */
  readonly reason: string | null;
  /** vCenters that begin nothing any more, and why. */
  readonly held: readonly {readonly vcenter: string; readonly reason: string}[];
}

const SETTLED: readonly TargetState[] = [
  'done',
  'partly',
  'failed',
  'unreachable',
  'stopped',
  'down',
  'held',
  'cancelled',
];

/** A state in which a target does not go on by itself. */
export function isSettled(state: TargetState): boolean {
  return SETTLED.includes(state);
}

/** Decides what a run does next. It reads nothing and writes nothing, so every worker decides the same. */
export function advance(course: Course, standings: readonly Standing[]): Advance {
  const {state, wave, budget} = course;
  const held = vcentersToHold(budget, standings);
  if (state !== 'running' && state !== 'waiting') return {state, wave, reason: null, held};
  const {failed, unreachable} = usedOf(standings);
  const holds = (reason: string) => ({state: 'held' as const, wave, reason, held});
  if (failed >= budget.failed)
    return holds(`${counted(failed, 'VCH')} failed, and the budget is ${budget.failed}`);
  if (budget.unreachable !== null && unreachable >= budget.unreachable)
    return holds(`${unreachable} VCHs could not be reached, and the budget is ${budget.unreachable}`);
  return {...alongWaves(course, standings, held), held};
}

/** What counts against the budget. */
export function usedOf(standings: readonly Standing[]) {
  const count = (...states: readonly TargetState[]) =>
    standings
      .filter(({state, forgiven}) => !forgiven && states.includes(state))
      .reduce((sum, {count}) => sum + count, 0);
  return {failed: count('failed', 'down'), unreachable: count('unreachable')};
}

function vcentersToHold({perVcenter}: Budget, standings: readonly Standing[]): Advance['held'] {
  return [...new Set(standings.map(({vcenter}) => vcenter))].flatMap((vcenter) => {
    const own = standings.filter((standing) => standing.vcenter === vcenter && !standing.forgiven);
    // It holds its own VCHs, and spends no more of the budget.
    if (own.some(({state, offline}) => state === 'unreachable' && offline))
      return [{vcenter, reason: 'it does not answer'}];
    const {failed, unreachable} = usedOf(own);
    if (perVcenter === null || failed + unreachable < perVcenter) return [];
    return [
      {
        vcenter,
        reason: `${failed + unreachable} of its VCHs failed or could not be reached, and perVcenter is ${perVcenter}`,
      },
    ];
  });
}

function alongWaves(
  course: Course,
  standings: readonly Standing[],
  held: Advance['held'],
): Omit<Advance, 'held'> {
  const isHeld = ({vcenter, state}: Standing) =>
    state === 'held' ||
    (state !== 'running' && !isSettled(state) && held.some((one) => one.vcenter === vcenter));
  const last = Math.max(-1, ...standings.map(({wave}) => wave));
  for (let {wave} = course; ; wave += 1) {
    // One of an earlier wave is there again if it was retried.
    if (standings.some((one) => one.wave <= wave && !isSettled(one.state) && !isHeld(one)))
      return {state: 'running', wave, reason: null};
    if (wave >= last) {
      const left = standings.filter(isHeld).reduce((sum, {count}) => sum + count, 0);
      if (left === 0) return {state: 'done', wave, reason: null};
      return {state: 'held', wave, reason: `${left} VCHs did not begin, because their vCenters are held`};
    }
    const members = standings.filter((one) => one.wave === wave);
    const isPassed = wave < 0 || (members.length === 0 && !course.incomplete);
    const closed = isPassed ? null : closedBecause(course, wave, members);
    if (closed !== null) return {state: 'waiting', wave, reason: closed};
  }
}

/** Why the gate behind a wave is closed; `null` if it is open. */
function closedBecause(
  {gates, approved, command}: Course,
  wave: number,
  members: readonly Standing[],
): string | null {
  if (approved.includes(wave)) return null;
  if (gates[wave] !== 'auto')
    return members.length > 0
      ? 'the next wave needs an approval'
      : 'this wave is empty, and a vCenter could not be looked at, so the next wave needs an approval';
  if (command !== 'upgrade') return null;
  const green = members.every(
    ({state, verified}) => (state !== 'done' && state !== 'partly') || verified === 0,
  );
  return green
    ? null
    : 'a VCH of this wave is not verified, or not as a whole, so the next wave needs an approval';
}
