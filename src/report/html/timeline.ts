import {counted} from '../../counted.js';
import {markup} from '../markup.js';
import type {Report, ReportStep} from '../report.js';
import {capital} from '../sentence.js';
import {between, dayText, minutesText, secondsText, spanText} from '../times.js';
import type {Tone} from '../vm-words.js';
import {foldaway, paragraph, plainTable, section, state} from './elements.js';

/** Steps that people see as one. */
interface Bar {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly status: ReportStep['status'];
  /** What went wrong in it. */
  readonly stopped: string | null;
}

/** Shorter runs have nothing to show in time. */
const SHORTEST = 10_000;
/** More rows would not be a picture. */
const MOST_BARS = 24;

/** The run as a picture: its steps, and when the VCH was down. */
export function timeline(report: Report): string {
  const {steps = [], startedAt, finishedAt, upgrade} = report;
  const whole = between(startedAt, finishedAt);
  const share = (time: string) => Math.min(100, (between(startedAt, time) / Math.max(1, whole)) * 100);
  const outage = upgrade?.outage;
  if (steps.length === 0 || (whole < SHORTEST && outage === undefined)) return '';
  const band = outage === undefined ? null : {from: share(outage.from), to: share(outage.to ?? finishedAt)};
  const bars = barsOf(steps).slice(0, MOST_BARS);
  const rows = bars.map((bar) => {
    const tone = toneOf(bar, outage, finishedAt);
    const x = share(bar.from);
    const width = Math.max(0.5, share(bar.to) - x);
    const small =
      bar.stopped ?? (outage === undefined ? '' : tone === 'info' ? 'VCH up' : downText(bar, outage));
    return (
      `<li class="${tone}"><span class="n"><b>${markup(bar.name)}${bar.status === 'done' ? '' : `: ${bar.status}`}</b>` +
      `${small === '' ? '' : `<small>${markup(small)}</small>`}</span>` +
      `<span class="g"><svg aria-hidden="true">${bandShape(band)}<rect class="f-${tone}" x="${percent(Math.min(x, 99.5))}" y="28%" width="${percent(width)}" height="44%" rx="3"/></svg></span>` +
      `<span class="d">${spanText(between(bar.from, bar.to))}</span></li>`
    );
  });
  const content =
    `<div class="tl">${axis(report, share, band)}<ol>${rows.join('')}</ol></div>` +
    paragraph(
      outage === undefined
        ? ''
        : outage.to === undefined
          ? 'Down from the first power-off; the report ends before the VCH was seen ready again. No containerVM was stopped.'
          : 'Down is from power-off until the VCH was seen ready again. No containerVM was stopped: only the Docker API was away.',
      'dim small',
    ) +
    (bars.length === steps.length && outage === undefined ? '' : everyStep(steps, outage, finishedAt));
  const note = `${dayText(startedAt)}, ${secondsText(startedAt)} to ${secondsText(finishedAt)} UTC`;
  return section('timeline', 'Timeline', content, {note});
}

function percent(share: number): string {
  return `${share.toFixed(2)}%`;
}

/** Steps of one group that follow each other are one bar. */
function barsOf(steps: readonly ReportStep[]): readonly Bar[] {
  const bars: Bar[] = [];
  for (const {name, group = capital(name), startedAt, finishedAt, status} of steps) {
    const last = bars.at(-1);
    const stopped = status === 'done' ? null : name;
    if (last?.name === group && last.status === 'done')
      bars[bars.length - 1] = {
        ...last,
        to: finishedAt,
        status,
        stopped: stopped === name ? stopped : last.stopped,
      };
    else bars.push({name: group, from: startedAt, to: finishedAt, status, stopped});
  }
  return bars;
}

type Outage = NonNullable<Report['upgrade']>['outage'];

/** Violet is a cost, red a failure. */
function toneOf({from, to, status}: Pick<Bar, 'from' | 'to' | 'status'>, outage: Outage, end: string): Tone {
  if (status === 'failed') return 'bad';
  if (status === 'interrupted') return 'warn';
  if (outage === undefined) return 'info';
  const middle = (Date.parse(from) + Date.parse(to)) / 2;
  return middle >= Date.parse(outage.from) && middle <= Date.parse(outage.to ?? end) ? 'down' : 'info';
}

/** The last step of an outage may go on after the VCH is up again. */
function downText({to}: Bar, outage: NonNullable<Outage>): string {
  return outage.to !== undefined && Date.parse(to) > Date.parse(outage.to) ? 'VCH down, then up' : 'VCH down';
}

type Band = {readonly from: number; readonly to: number} | null;

function bandShape(band: Band): string {
  if (band === null) return '';
  const line = (x: number) => `<line class="band-line" x1="${percent(x)}" x2="${percent(x)}" y2="100%"/>`;
  return (
    `<rect class="band" x="${percent(band.from)}" width="${percent(band.to - band.from)}" height="100%"/>` +
    line(band.from) +
    line(band.to)
  );
}

/** Steps of a clock that people read. */
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];
const MOST_TICKS = 6;

/** Times along the top, and for how long the VCH was down. */
function axis({startedAt, finishedAt, upgrade}: Report, share: (time: string) => number, band: Band): string {
  const every =
    (TICKS.find((seconds) => between(startedAt, finishedAt) / 1000 / seconds < MOST_TICKS) ?? 86_400) * 1000;
  const first = Math.ceil(Date.parse(startedAt) / every) * every;
  const ticks: string[] = [];
  for (let at = first; at <= Date.parse(finishedAt); at += every) {
    const time = new Date(at).toISOString();
    const x = share(time);
    const anchor = x < 4 ? 'start' : x > 96 ? 'end' : 'middle';
    ticks.push(
      `<text class="tick-t${ticks.length % 2 === 1 ? ' tick-2' : ''}" x="${percent(x)}" y="13" text-anchor="${anchor}">${every < 60_000 ? secondsText(time) : minutesText(time)}</text>`,
    );
  }
  return (
    '<div class="axis"><span class="n"></span><span class="g"><svg aria-hidden="true">' +
    `${ticks.join('')}${bandLabel(band, upgrade?.outage, finishedAt)}</svg></span><span class="d"></span></div>`
  );
}

function bandLabel(band: Band, outage: Outage, end: string): string {
  if (band === null || outage === undefined) return '';
  const middle = (band.from + band.to) / 2;
  const [x, anchor] =
    middle > 75 ? [band.to, 'end'] : middle < 25 ? [band.from, 'start'] : [middle, 'middle'];
  const text = `VCH down ${spanText(between(outage.from, outage.to ?? end))}${outage.to === undefined ? ' so far' : ''}`;
  return (
    `<rect class="f-down" x="${percent(band.from)}" width="${percent(band.to - band.from)}" y="42" height="6"/>` +
    `<text class="band-t" x="${percent(x)}" y="34" text-anchor="${anchor}">${text}</text>`
  );
}

/** Every step with its time, for those who look closely. */
function everyStep(steps: readonly ReportStep[], outage: Outage, end: string): string {
  const rows = steps.map((step) => {
    const {name, startedAt, finishedAt, status} = step;
    const tone = toneOf({from: startedAt, to: finishedAt, status: 'done'}, outage, end);
    return [
      `${markup(capital(name))}${status === 'done' ? '' : `: ${status}`}`,
      secondsText(startedAt),
      spanText(between(startedAt, finishedAt)),
      outage === undefined ? '&ndash;' : tone === 'down' ? state({tone, text: 'down'}) : 'up',
    ];
  });
  const table = plainTable('Every step', ['Step', 'Started (UTC)', 'Took', 'VCH'], rows);
  return foldaway(`All ${counted(steps.length, 'step')}`, 'with start and duration', table);
}
