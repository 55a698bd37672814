import {styleText} from 'node:util';
import type {ProgressEvent} from '../containers/outcome.js';
import {asciiMarks} from '../report/layout.js';
import type {ReportStep} from '../report/report.js';
import {spanText} from '../report/times.js';
import {Checklist, isListed} from './checklist.js';
import {ConnectionWatch, type ContactState} from './connection-watch.js';
import type {RunContext} from './context.js';
import type {RunLogger} from './logger.js';
import {doneText, outageText, phaseName, phaseText, timeLeft, waitingText} from './progress-words.js';
import type {LiveLines} from './terminal.js';

const INTERVAL = 5_000;
/** What is redrawn more often cannot be read, and costs more than it tells. */
const REDRAW = 250;
const BAR = 20;

/** Shows the progress of a run to a person. */
interface Display {
  hear(event: ProgressEvent): void;
  /** Says something for the time being; `null` takes it back. Absent without a terminal. */
  readonly remark?: (text: string | null) => void;
  /** Draws what has changed by time alone. */
  tick(): void;
}

interface DisplayOptions {
  readonly log: Pick<RunLogger, 'info'>;
  readonly now: () => Date;
}

/** Lines for a log: one when something begins, one every few seconds, and what a group of steps took. */
export function progressLines({log, now}: DisplayOptions, write: (text: string) => void = log.info): Display {
  let phase: Extract<ProgressEvent, {type: 'phase'}> | null = null;
  let told = 0;
  let group: {name: string; began: number; ended: boolean} | null = null;
  const endGroup = (how: string) => {
    if (group !== null && !group.ended)
      write(`${group.name}: ${how} after ${spanText(now().getTime() - group.began)}`);
    if (group !== null) group.ended = true;
  };
  return {
    tick: () => undefined,
    hear(event) {
      const time = now().getTime();
      switch (event.type) {
        case 'phase':
          if (event.group !== undefined && event.group !== group?.name) {
            endGroup('done');
            group = {name: event.group, began: time, ended: false};
          }
          phase = event;
          told = time;
          write(phaseText(event));
          return;
        case 'progress': {
          const {done, total} = event;
          if (phase === null || time - told < INTERVAL || done === total) return;
          told = time;
          write(`${phaseName(phase)}: ${doneText(phase.phase, done, total)}`);
          return;
        }
        case 'phase-ended':
          endGroup(event.status);
          return;
        case 'waiting':
          write(waitingText(event));
          return;
        case 'outage':
          write(outageText(event));
          return;
        case 'way-back':
          for (const line of event.card) write(line);
          return;
        case 'about':
        case 'in-flight':
        case 'vm':
          return;
      }
    },
  };
}

/** One line of a terminal: a bar for each phase. */
export function progressBar({now}: DisplayOptions, live: LiveLines): Display {
  let doing = '';
  let phase = '';
  let began = 0;
  let told = 0;
  let remarked = false;
  const show = (text: string) => live.show(text.slice(0, live.columns - 1));
  return {
    tick: () => undefined,
    remark(text) {
      remarked = text !== null;
      if (text !== null) show(text);
    },
    hear(event) {
      const time = now().getTime();
      // While the connection is lost, VMs are only given up: that is not progress, and must not hide the reason.
      if (remarked) return;
      if (event.type === 'phase') {
        doing = phaseName(event);
        phase = event.phase;
        began = time;
        told = time;
        show(phaseText(event));
      }
      if (event.type === 'waiting') show(waitingText(event));
      if (event.type !== 'progress') return;
      const {done, total} = event;
      if (time - told < REDRAW && done !== total) return;
      told = time;
      show(
        total === null
          ? `${doing}: ${doneText(phase, done, total)}`
          : barText(doing, {done, total}, (time - began) / 1000, live.columns),
      );
    },
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
  const rate = seconds >= 2 ? done / seconds : 0;
  const speed = rate > 0 ? `, ${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s` : '';
  const time = timeLeft(done, total, seconds * 1000);
  const left = time === null ? '' : `, ${time}`;
  const counts = `${done} of ${total}`;
  const texts = [
    `${doing} ${bar} ${counts}${speed}${left}`,
    `${doing} ${bar} ${counts}`,
    `${doing} ${counts}`,
  ];
  // The last column stays free: some terminals start a new line there.
  return texts.find((text) => text.length < columns) ?? counts.slice(0, columns - 1);
}

/** The checklist of an upgrade or its rollback, drawn over itself. */
export function drawnChecklist(
  list: Checklist,
  {now}: DisplayOptions,
  live: LiveLines,
  {colour, unicode}: {readonly colour: boolean; readonly unicode: boolean},
): Display {
  let drawn = 0;
  const draw = () => {
    const time = now().getTime();
    drawn = time;
    const lines = list.frame(time, {
      columns: live.columns - 1,
      paint: (style, text) => (colour ? styleText(style, text, {validateStream: false}) : text),
    });
    const text = lines.slice(0, Math.max(1, live.rows - 1)).join('\n');
    live.show(unicode ? text : asciiMarks(text));
  };
  return {
    hear(event) {
      const time = now().getTime();
      list.hear(event, time);
      if (event.type === 'phase' || event.type === 'outage' || time - drawn >= REDRAW) draw();
    },
    remark(text) {
      list.remark(text);
      draw();
    },
    tick() {
      if (now().getTime() - drawn >= REDRAW) draw();
    },
  };
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

/** `command`: a long one over the VCH as a whole has a checklist on a terminal. */
export function followRun(command: string, {log, now, terminal, events, output}: RunContext) {
  const live = output.quiet || output.debug ? undefined : terminal.live;
  const streams = output.format.stream === true;
  const steps = stepRecorder(now);
  const display = displayFor(command, {log, now}, live, {
    colour: live?.colour === true && !output.noColor,
    unicode: terminal.unicode,
  });
  // What is drawn over is kept in the log file.
  const kept =
    live === undefined || log.verbose === undefined ? undefined : progressLines({log, now}, log.verbose);
  let paused = false;
  let reading = false;
  const watch = new ConnectionWatch({
    log,
    now,
    show: display.remark,
    tell: (event) => {
      if (streams) events.write(event);
    },
  });
  return {
    steps,
    hear(event: ProgressEvent): void {
      steps.hear(event);
      watch.hear(event);
      if (event.type === 'phase') reading = event.phase === 'find' || event.phase === 'read';
      kept?.hear(event);
      if (!paused) display.hear(event);
      // Readings are counted for people.
      if (streams && !(reading && event.type === 'progress')) events.progress(event, now());
    },
    /** Does the run's work, and shows meanwhile if the server does not answer. */
    async during<T>(contact: () => ContactState, work: () => Promise<T>): Promise<T> {
      const timer = setInterval(() => {
        if (!paused) display.tick();
      }, REDRAW).unref();
      try {
        return await watch.during(contact, work);
      } finally {
        clearInterval(timer);
        live?.clear();
      }
    },
    /** Asks a person, and draws nothing over the question. */
    async asking<T>(work: () => Promise<T>): Promise<T> {
      paused = true;
      try {
        return await watch.paused(work);
      } finally {
        paused = false;
      }
    },
  };
}

function displayFor(
  command: string,
  options: DisplayOptions,
  live: LiveLines | undefined,
  how: {readonly colour: boolean; readonly unicode: boolean},
): Display {
  if (live === undefined) return progressLines(options);
  if (!isListed(command)) return progressBar(options, live);
  return drawnChecklist(new Checklist(command, options.now().getTime()), options, live, how);
}
