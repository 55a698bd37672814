import type {ProgressEvent, RunPhase} from '../containers/outcome.js';
import {durationText} from '../duration.js';
import type {Logger} from '../log.js';
import type {ReportStep} from '../report/report.js';
import {ConnectionWatch} from './connection-watch.js';
import type {RunContext} from './context.js';
import type {LiveLine} from './terminal.js';

const INTERVAL = 5_000;
/** A bar that is redrawn more often costs more than it tells. */
const REDRAW = 100;
const BAR = 20;

/** The names of the phases of a run over containerVMs. */
const PHASE_NAME: Readonly<Record<RunPhase, string>> = {
  find: 'finding the VCH',
  read: 'reading',
  plan: 'planning',
  commit: 'writing',
  verify: 'reading back',
};

function phaseName(event: Extract<ProgressEvent, {type: 'phase'}>): string {
  return event.label === undefined ? PHASE_NAME[event.phase] : event.label;
}

interface ProgressOptions {
  readonly log: Logger;
  readonly now: () => Date;
  /** The line for a bar; absent without a terminal, or if the options exclude it. */
  readonly live: LiveLine | undefined;
}

/** Shows the progress of a run on stderr: a bar for each phase on a terminal, otherwise a line every few seconds. */
export function progressTo({log, now, live}: ProgressOptions): (event: ProgressEvent) => void {
  let doing = '';
  let began = 0;
  let told = 0;
  return (event) => {
    const time = now().getTime();
    switch (event.type) {
      case 'phase': {
        doing = phaseName(event);
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
      case 'phase-ended':
      case 'waiting':
      case 'outage':
        return;
    }
  };
}

/** `writing ████████░░░░░░░░░░░░ 163 of 412, 41/s, 6 s left`, or less of it if that does not fit. */
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
  // The last column stays free: some terminals start a new line there.
  return texts.find((text) => text.length < columns) ?? counts.slice(0, columns - 1);
}

/** Records the phases of a run for the timeline of its report. */
function stepRecorder(now: () => Date) {
  const steps: ReportStep[] = [];
  let open = false;
  const end = (status: ReportStep['status'], finishedAt = now().toISOString()) => {
    const last = steps.pop();
    if (last !== undefined) steps.push(open ? {...last, finishedAt, status} : last);
    open = false;
  };
  return {
    hear(event: ProgressEvent): void {
      if (event.type === 'phase-ended') end(event.status);
      if (event.type !== 'phase') return;
      const time = now().toISOString();
      end('done', time);
      const {phase, group} = event;
      const name = phaseName(event);
      steps.push({name, startedAt: time, finishedAt: time, status: 'done', phase, ...(group && {group})});
      open = true;
    },
    /** The steps. Each one ends when it fails or the next one begins, the last one now. */
    end(status: ReportStep['status']): readonly ReportStep[] {
      end(status);
      return steps;
    },
  };
}

/** Follows a run for everybody who is shown it: people, programs, and the report's timeline. */
export type FollowedRun = ReturnType<typeof followRun>;

export function followRun({log, now, terminal, events, output}: RunContext) {
  const live = output.quiet || output.debug ? undefined : terminal.live;
  const streams = output.format.stream === true;
  const steps = stepRecorder(now);
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
    hear(event: ProgressEvent): void {
      steps.hear(event);
      watch.hear(event);
      // While the connection is lost, VMs are only given up: that is not progress, and must not hide the reason.
      if (event.type !== 'progress' || !watch.lost) tell(event);
      if (streams) events.progress(event, now());
    },
    /** Does the run's work, and shows meanwhile if the server does not answer. */
    during: watch.during.bind(watch),
    /** Asks a person, and draws nothing over the question. */
    asking: watch.paused.bind(watch),
  };
}
