import type {ProgressEvent, RunPhase} from '../containers/outcome.js';
import {durationText} from '../duration.js';
import type {Logger} from '../log.js';
import type {ReportStep} from '../report/report.js';
import {ConnectionWatch, type ContactState} from './connection-watch.js';
import type {RunContext} from './context.js';
import type {LiveLine} from './terminal.js';

const INTERVAL = 5_000;
/** Redrawn more often a bar costs more than it tells. */
const REDRAW = 100;
const BAR = 20;

/** What people call the phases of a run over containerVMs. */
const DOING: Readonly<Record<RunPhase, string>> = {
  find: 'finding the VCH',
  read: 'reading',
  plan: 'planning',
  commit: 'writing',
  verify: 'reading back',
};

/** What people call the phase or the step that begins. */
function doingText(event: Extract<ProgressEvent, {type: 'phase'}>): string {
  return event.label === undefined ? DOING[event.phase] : event.label;
}

export interface ProgressOptions {
  readonly log: Logger;
  readonly now: () => Date;
  /** The line for a bar; absent where there is no terminal, or nobody wants one. */
  readonly live: LiveLine | undefined;
}

/**
 * Tells on stderr what a run is at: with a bar for each phase on a terminal, and elsewhere with a line for each, and
 * one every few seconds in a long one.
 */
export function progressTo({log, now, live}: ProgressOptions): (event: ProgressEvent) => void {
  let doing = '';
  let began = 0;
  let told = 0;
  return (event) => {
    const time = now().getTime();
    switch (event.type) {
      case 'phase': {
        doing = doingText(event);
        began = time;
        told = time;
        const text =
          event.total === null
            ? doing
            : `${doing}: ${event.total} ${event.phase === 'upload' ? 'bytes' : 'containerVMs'}`;
        if (live === undefined) log.info(text);
        else live.show(text.slice(0, live.columns - 1));
        return;
      }
      case 'progress':
        if (time - told < (live === undefined ? INTERVAL : REDRAW) && event.done < event.total) return;
        told = time;
        if (live !== undefined) live.show(barText(doing, event, (time - began) / 1000, live.columns));
        else if (event.done < event.total) log.info(`${doing}: ${event.done} of ${event.total}`);
        return;
      case 'in-flight':
        return;
      case 'vm':
        log.debug(`${event.vm.id} ${event.vm.displayName}: ${event.vm.status}`);
        return;
    }
  };
}

/** `writing ████████░░░░░░░░░░░░ 163 of 412, 41/s, 6 s left`, as far as it fits. */
export function barText(
  doing: string,
  {done, total}: {readonly done: number; readonly total: number},
  seconds: number,
  columns: number,
): string {
  const filled = total === 0 ? BAR : Math.floor((done / total) * BAR);
  const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
  const rate = seconds > 0 ? done / seconds : 0;
  const speed = rate > 0 ? `, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s` : '';
  const left = rate > 0 && done < total ? `, ${durationText(((total - done) / rate) * 1000)} left` : '';
  const counts = `${done} of ${total}`;
  const texts = [
    `${doing} ${bar} ${counts}${speed}${left}`,
    `${doing} ${bar} ${counts}`,
    `${doing} ${counts}`,
  ];
  // The last column stays free: some terminals go on to the next line there.
  return texts.find((text) => text.length < columns) ?? counts.slice(0, columns - 1);
}

/** Keeps what a run does, and when, for the timeline of its report. */
class StepRecorder {
  readonly #now: () => Date;
  readonly #steps: ReportStep[] = [];
  #current: {readonly name: string; readonly startedAt: Date} | undefined;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** A phase begins, and ends the one before. */
  hear(event: ProgressEvent): void {
    if (event.type !== 'phase') return;
    const startedAt = this.#finish('done');
    this.#current = {name: doingText(event), startedAt};
  }

  /** The steps, the last of which ended now. */
  end(status: ReportStep['status']): readonly ReportStep[] {
    this.#finish(status);
    return this.#steps;
  }

  #finish(status: ReportStep['status']): Date {
    const now = this.#now();
    if (this.#current !== undefined) {
      const {name, startedAt} = this.#current;
      this.#steps.push({name, startedAt: startedAt.toISOString(), finishedAt: now.toISOString(), status});
      this.#current = undefined;
    }
    return now;
  }
}

/** What a run is at, for everybody who reads along: people, programs, and the report's timeline. */
export interface FollowedRun {
  readonly steps: StepRecorder;
  hear(event: ProgressEvent): void;
  /** Does the run's work, and tells when the server is not heard meanwhile. */
  during<T>(contact: () => ContactState, work: () => Promise<T>): Promise<T>;
  /** Asks a person, and draws nothing over the question. */
  asking<T>(question: () => Promise<T>): Promise<T>;
}

/** Follows a run as its output settings want it. */
export function followRun({log, now, terminal, events, output}: RunContext): FollowedRun {
  const live = output.quiet || output.debug ? undefined : terminal.live;
  const streams = output.format.stream === true;
  const steps = new StepRecorder(now);
  const tell = progressTo({log, now, live});
  const watch = new ConnectionWatch({
    log,
    now,
    live,
    tell: (event) => {
      if (streams) events.write(event);
    },
  });
  return {
    steps,
    hear(event) {
      steps.hear(event);
      watch.hear(event);
      // VMs that are given up are no progress to be shown over why.
      if (event.type !== 'progress' || !watch.lost) tell(event);
      if (streams) events.progress(event, now());
    },
    during: (contact, work) => watch.during(contact, work),
    asking: (question) => watch.paused(question),
  };
}
