import type {ProgressEvent, StepGroup} from '../containers/outcome.js';
import {counted} from '../counted.js';
import {TONE_MARK, TONE_STYLE} from '../report/layout.js';
import {printable} from '../report/printable.js';
import {spanText} from '../report/times.js';
import type {Tone} from '../report/vm-words.js';
import {ownCommand} from '../report/way-back.js';
import {pad, truncate, widthOf} from '../report/width.js';
import {doneText, phaseName, timeLeft} from './progress-words.js';

/** How a frame is drawn. */
export interface FrameLayout {
  readonly columns: number;
  paint(style: (typeof TONE_STYLE)[Tone] | 'bold', text: string): string;
}

type Phase = Extract<ProgressEvent, {type: 'phase'}>;

/** One line of the checklist. */
interface Item {
  readonly group: StepGroup;
  state: 'waiting' | 'running' | 'done' | 'failed';
  began: number;
  ended: number;
  /** The step within it. */
  step: string;
  /** What of it is done. */
  progress: {done: number; total: number | null; began: number} | null;
  /** What was done in it, for when it is over. */
  result: string;
}

const UPGRADE: readonly StepGroup[] = [
  'Check and plan',
  'Upload ISO files',
  'Write containerVMs',
  'Take the snapshot',
  'Upgrade and boot',
  'Verify and unlock',
];
const ROLLBACK: readonly StepGroup[] = ['Check and plan', 'Put back', 'Verify and unlock'];

const ITEMS = {upgrade: UPGRADE, resume: UPGRADE, rollback: ROLLBACK};
const TITLE = {upgrade: 'Upgrading', resume: 'Resuming the upgrade of', rollback: 'Rolling back'};

/** A command over the VCH as a whole that is long enough for a checklist. */
export type ListedCommand = keyof typeof ITEMS;

/** Whether the progress of a command is a checklist. */
export function isListed(command: string): command is ListedCommand {
  return Object.hasOwn(ITEMS, command);
}

const LABEL = 25;
const TIME = 12;
const WIDEST = 100;
const MIB = 1024 * 1024;

/** What a run over a VCH as a whole has done, does and will do: a line for each group of steps, always the same ones. */
export class Checklist {
  readonly #command: ListedCommand;
  readonly #began: number;
  #items: Item[];
  #about: Omit<Extract<ProgressEvent, {type: 'about'}>, 'type'> | null = null;
  #outage: {from: number; to: number | null} | null = null;
  #waiting: {reason: string; since: number; within: number} | null = null;
  #wayBack: string | null = null;
  #remark: string | null = null;

  constructor(command: ListedCommand, now: number) {
    this.#command = command;
    this.#began = now;
    this.#items = ITEMS[command].map(waitingItem);
  }

  /** Says something for the time being, such as that the connection is lost; `null` takes it back. */
  remark(text: string | null): void {
    this.#remark = text;
  }

  hear(event: ProgressEvent, now: number): void {
    switch (event.type) {
      case 'about':
        this.#about = {...this.#about, ...event};
        return;
      case 'outage':
        this.#outage = {from: event.from.getTime(), to: event.to?.getTime() ?? null};
        return;
      case 'way-back':
        this.#wayBack = ownCommand(event.card);
        for (const item of this.#items)
          if (item.group === 'Take the snapshot') item.result = event.snapshot ?? '';
        return;
      case 'waiting': {
        const since = this.#waiting?.reason === event.reason ? this.#waiting.since : now;
        this.#waiting = {...event, since};
        return;
      }
      case 'phase':
        this.#begin(event, now);
        return;
      case 'phase-ended':
        for (const item of this.#items) if (item.state === 'running') end(item, 'failed', now);
        return;
      case 'progress':
        for (const item of this.#items)
          if (item.state === 'running')
            item.progress = {began: item.progress?.began ?? now, done: event.done, total: event.total};
        return;
      case 'in-flight':
      case 'vm':
        return;
    }
  }

  #begin(event: Phase, now: number): void {
    const {phase, total, group} = event;
    if (group === undefined) return;
    this.#waiting = null;
    if (!this.#items.some((known) => known.group === group)) {
      const before = this.#items.findIndex((known) => known.group === 'Verify and unlock');
      this.#items = this.#items.toSpliced(before, 0, waitingItem(group));
    }
    for (const item of this.#items) {
      if (item.group !== group) {
        if (item.state === 'running') end(item, 'done', now);
        continue;
      }
      if (item.state === 'waiting') item.began = now;
      item.state = 'running';
      item.step = phaseName(event);
      if (phase === 'upload' && total !== null) item.result = uploaded(item.result, total);
      if (phase === 'commit') item.result = `${total} of ${total}`;
      item.progress = total === null ? null : {done: 0, total, began: now};
    }
  }

  /** The lines as they are to be drawn now. */
  frame(now: number, layout: FrameLayout): readonly string[] {
    const columns = Math.min(layout.columns, WIDEST);
    const lines = this.#items.map((item) => this.#line(item, now, {...layout, columns}));
    return [
      this.#heading(now, {...layout, columns}),
      ...lines,
      ...this.#leftOut(layout),
      `  ${layout.paint('dim', cut(this.#status(now), columns - 2))}`.trimEnd(),
      ...(this.#wayBack === null ? [] : [layout.paint('dim', cut(`Way back: ${this.#wayBack}`, columns))]),
      layout.paint('dim', cut(this.#interruption(), columns)),
    ];
  }

  #heading(now: number, {columns, paint}: FrameLayout): string {
    const elapsed = spanText(now - this.#began);
    const down = this.#outage !== null && this.#outage.to === null;
    const from = this.#outage?.from ?? now;
    const state = down ? `VCH DOWN ${spanText(now - from)}` : this.#outage === null ? '' : 'VCH up';
    const right = [elapsed, state].filter((part) => part !== '').join('   ');
    const title = this.#titles().find((text) => widthOf(text) + right.length + 3 <= columns) ?? '';
    const gap = ' '.repeat(Math.max(1, columns - widthOf(title) - right.length));
    const painted = state === '' ? '' : `   ${paint(down ? 'magenta' : 'green', state)}`;
    return paint('bold', title) + gap + elapsed + painted;
  }

  /** The longest first. */
  #titles(): readonly string[] {
    const name = printable(this.#about?.vch ?? 'the VCH');
    const {before, target} = this.#about ?? {};
    const isBack = this.#items.some(({group, state}) => group === 'Put back' && state !== 'waiting');
    const verb = isBack ? 'Putting back' : TITLE[this.#command];
    const short = [`${verb} ${name}`, verb];
    if (before === undefined || target === undefined) return short;
    const [from, to] = [releaseName(before, target), releaseName(target, before)];
    return isBack || this.#command === 'rollback'
      ? [`${verb} ${name} to ${from}`, ...short]
      : [`${verb} ${name} from ${from} to ${to}`, `${verb} ${name} to ${to}`, ...short];
  }

  #line(item: Item, now: number, {columns, paint}: FrameLayout): string {
    const {group, state} = item;
    const skipped = state === 'waiting' && this.#isPast(item);
    const isDown = state === 'running' && this.#outage !== null && this.#outage.to === null;
    const [mark, tone] = skipped
      ? [TONE_MARK.mute, 'mute' as const]
      : state === 'waiting'
        ? ['·', 'mute' as const]
        : state === 'running'
          ? [TONE_MARK.info, isDown ? ('down' as const) : ('info' as const)]
          : state === 'done'
            ? [TONE_MARK.ok, 'ok' as const]
            : [TONE_MARK.bad, 'bad' as const];
    const time = state === 'waiting' ? '' : spanText((state === 'running' ? now : item.ended) - item.began);
    const room = columns - 4 - LABEL - 1 - TIME;
    const detail = skipped ? 'not needed' : this.#detail(item, now);
    const label = state === 'waiting' ? paint('dim', pad(group, LABEL)) : pad(group, LABEL);
    if (room < 12) return `  ${paint(TONE_STYLE[tone], mark)} ${label} ${time}`.trimEnd();
    const shown = pad(cut(detail, room - 1), room);
    return `  ${paint(TONE_STYLE[tone], mark)} ${label} ${state === 'waiting' ? paint('dim', shown) : shown}${time.padStart(TIME)}`.trimEnd();
  }

  #detail({group, state, step, progress, result}: Item, now: number): string {
    if (state === 'waiting') return group === 'Upgrade and boot' ? 'the VCH is down meanwhile' : '';
    if (state === 'done') return result;
    if (state === 'failed') return step;
    if (progress === null || progress.total === 0) return step;
    return progressText(step, progress, now);
  }

  #isPast(item: Item): boolean {
    return this.#items.slice(this.#items.indexOf(item)).some(({state}) => state !== 'waiting');
  }

  #leftOut({columns, paint}: FrameLayout): readonly string[] {
    const parts = Object.entries(this.#about?.leftOut ?? {});
    if (parts.length === 0) return [];
    const total = parts.reduce((sum, [, n]) => sum + n, 0);
    const words = parts.map(([status, n]) => `${n} ${status.replaceAll('-', ' ')}`).join(', ');
    const text = cut(`${counted(total, 'containerVM')} left out: ${words}`, columns - 4);
    return [`  ${paint('yellow', TONE_MARK.warn)} ${text}`];
  }

  /** What it waits for, and since when. */
  #status(now: number): string {
    if (this.#remark !== null) return this.#remark;
    if (this.#waiting === null) return '';
    const {reason, since, within} = this.#waiting;
    return printable(`${spanText(now - since)}, at most ${spanText(within)} in all: waiting for ${reason}`);
  }

  #interruption(): string {
    return this.#outage !== null && this.#outage.to === null
      ? 'Ctrl-C waits until the VCH is powered on again'
      : 'Ctrl-C stops at the next safe point; what is done stays done';
  }
}

function waitingItem(group: StepGroup): Item {
  return {group, state: 'waiting', began: 0, ended: 0, step: '', progress: null, result: ''};
}

function end(item: Item, state: 'done' | 'failed', now: number): void {
  item.state = state;
  item.ended = now;
}

/** `41%, 48 of 118 MiB, 30 s left`; a time left only after two seconds. */
function progressText(
  step: string,
  {done, total, began}: NonNullable<Item['progress']>,
  now: number,
): string {
  if (total === null) return `${step}, ${doneText('', done, total)}`;
  const time = timeLeft(done, total, now - began);
  const left = time === null ? '' : `, ${time}`;
  if (step === 'uploading')
    return `${Math.floor((done / total) * 100)}%, ${doneText('upload', done, total)}${left}`;
  return `${step === 'writing' ? '' : `${step}, `}${doneText('', done, total)}${left}`;
}

/** `118 MiB` and another file. */
function uploaded(before: string, total: number): string {
  return `${mebibytes(total) + Number.parseInt(before === '' ? '0' : before, 10)} MiB`;
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / MIB);
}

interface Release {
  readonly version: string | null;
  readonly dataVersion: number;
}

/** A release, or its data version where the other one is of the same version. */
function releaseName({version, dataVersion}: Release, other: Release): string {
  return version === null || version === other.version ? `data version ${dataVersion}` : printable(version);
}

/** A text cut at the end of a word. */
function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const words = truncate(text, columns).replace(/\s+\S*…$/, '');
  return `${words}…`;
}
