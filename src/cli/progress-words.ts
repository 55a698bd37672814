import type {ProgressEvent, RunPhase} from '../containers/outcome.js';
import {counted} from '../counted.js';
import {durationText} from '../duration.js';
import {printable} from '../report/printable.js';
import {between, secondsText, spanText} from '../report/times.js';

/** The names of the phases of a run over containerVMs. */
const PHASE_NAME: Readonly<Record<RunPhase, string>> = {
  find: 'finding the VCH',
  read: 'reading',
  plan: 'planning',
  commit: 'writing',
  verify: 'reading back',
};

const MIB = 1024 * 1024;

type Phase = Extract<ProgressEvent, {type: 'phase'}>;

/** What a person reads while a phase runs: `writing`. */
export function phaseName({phase, label}: Pick<Phase, 'phase' | 'label'>): string {
  return label ?? Object.entries(PHASE_NAME).find(([name]) => name === phase)?.[1] ?? phase;
}

/** The same with how much there is to do: `writing: 412 containerVMs`. */
export function phaseText(event: Phase): string {
  const {phase, total} = event;
  if (total === null) return phaseName(event);
  const much = phase === 'upload' ? `${Math.ceil(total / MIB)} MiB` : counted(total, 'containerVM');
  return `${phaseName(event)}: ${much}`;
}

/** What is done of a phase: `163 of 412`; `163 VMs` where nobody knows how many there are. */
export function doneText(phase: string, done: number, total: number | null): string {
  if (phase === 'upload' && total !== null)
    return `${Math.ceil(done / MIB)} of ${Math.ceil(total / MIB)} MiB`;
  return total === null ? counted(done, 'VM') : `${done} of ${total}`;
}

/** A rate of less time than this says nothing. */
const ENOUGH = 2_000;

/** How long the rest will take at the pace so far; `null` as long as that is a guess. */
export function timeLeft(done: number, total: number, took: number): string | null {
  if (took < ENOUGH || done === 0 || done >= total) return null;
  return `${durationText(((total - done) / done) * took)} left`;
}

/** The outage of a VCH as it was seen to begin or to end. */
export function outageText({from, to}: Extract<ProgressEvent, {type: 'outage'}>): string {
  const began = from.toISOString();
  if (to === null) return `VCH down since ${secondsText(began)} UTC`;
  return `VCH up: ready after ${spanText(between(began, to.toISOString()))}`;
}

/** What a phase waits for. */
export function waitingText({reason, within}: Extract<ProgressEvent, {type: 'waiting'}>): string {
  return printable(`waiting for ${reason}; at most ${spanText(within)} in all`);
}
