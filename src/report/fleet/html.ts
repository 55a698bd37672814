import {counted} from '../../counted.js';
import {durationText} from '../../duration.js';
import {verdictCard} from '../html/card.js';
import {icon, iconShapes, paragraph, plainTable, section, state} from '../html/elements.js';
import {htmlPage} from '../html-page.js';
import {markup} from '../markup.js';
import type {Verdict} from '../verdict.js';
import type {Tone} from '../vm-words.js';
import type {FleetReport, FleetVch, TargetCounts, TargetState} from './report.js';
import {countsOf, RUN_WORD, STATE_WORD} from './text.js';

const TONE: Readonly<Record<TargetState, Tone>> = {
  pending: 'mute',
  queued: 'mute',
  deferred: 'mute',
  running: 'info',
  done: 'ok',
  partly: 'warn',
  failed: 'bad',
  unreachable: 'warn',
  stopped: 'warn',
  down: 'down',
  held: 'mute',
  cancelled: 'mute',
};

const ORDER: readonly TargetState[] = [
  'down',
  'failed',
  'unreachable',
  'stopped',
  'running',
  'held',
  'partly',
  'done',
  'deferred',
  'queued',
  'pending',
  'cancelled',
];

/** By `vcenter/moref`: what the page of that VCH's own report says. */
export type VchPages = ReadonlyMap<string, string>;

/** A run as one page that needs no other file; each VCH opens into its own report. */
export function fleetHtml(report: FleetReport, _layout?: unknown, pages: VchPages = new Map()): string {
  return htmlPage({
    title: `${sentenceOf(report)}: fleet run ${report.run.id}`,
    top: topOf(report),
    main: fleetMain(report, {live: false, pages}),
    scripts: ['page.js', 'fleet.js'],
    styles: ['fleet.css'],
    after: VCH_DIALOG,
  });
}

/** Where a VCH's own report is shown, one at a time. */
export const VCH_DIALOG =
  '<dialog id="vch" aria-labelledby="vch-name"><div class="acts"><p id="vch-name"></p><button type="button" class="btn" id="vch-close">Close</button></div><div id="vch-report"></div></dialog>';

/** The heading of the page. */
export function topOf({run, events}: FleetReport): readonly string[] {
  const asOf = run.endedAt ?? events.at(-1)?.at ?? run.createdAt;
  return ['Fleet run', run.id, `as of ${asOf.slice(0, 10)} ${asOf.slice(11, 19)} UTC`];
}

/** What is in the page, in the order in which a person needs it. On a live page a waiting wave can be approved. */
export function fleetMain(
  report: FleetReport,
  {live, pages = new Map()}: {readonly live: boolean; readonly pages?: VchPages},
): string {
  const attention = report.vchs.filter(({state}) =>
    ['down', 'failed', 'unreachable', 'stopped', 'partly'].includes(state),
  );
  return [
    iconShapes(),
    verdictCard(verdictOf(report), report.run.id),
    live ? approval(report) : '',
    section(
      'attention',
      'Needs attention',
      attention.length === 0
        ? ''
        : `<ul class="tiles">${byWorst(attention)
            .map((vch) => tile(vch))
            .join('')}</ul>`,
    ),
    section('left-out', 'Not part of this run', leftOutList(report)),
    section(
      'waves',
      'Waves',
      `${tools(report)}<div class="board">${report.waves.map((wave, at) => waveColumn(report, wave, at, pages)).join('')}</div>`,
    ),
    section('events', 'Events', feed(report), {note: 'newest first, times in UTC'}),
    section('vcenters', 'vCenters', vcenterTable(report)),
  ].join('\n');
}

/** What the page says first. */
export function sentenceOf({
  run,
  summary,
  release,
}: Pick<FleetReport, 'run' | 'summary' | 'release'>): string {
  const done = summary.done + summary.partly;
  const of = `${done} of ${counted(summary.total, 'VCH')}`;
  if (run.state === 'planned') return `${summary.total} VCHs are planned, and nothing has begun`;
  if (run.command === 'upgrade')
    return `${of} are ${release === null ? 'upgraded' : `on ${release.applianceIso.version}`}`;
  return `${of} are done`;
}

function verdictOf(report: FleetReport): Verdict {
  const {run, summary, budget, waves, vcenters, workers, next} = report;
  const wave = waves.findLastIndex(({state}) => state !== 'closed');
  const tone: Tone =
    summary.down > 0
      ? 'down'
      : run.state === 'held' || summary.failed > 0
        ? 'bad'
        : run.state === 'done'
          ? summary.done < summary.total
            ? 'warn'
            : 'ok'
          : run.state === 'running'
            ? 'info'
            : 'warn';
  const where = wave < 0 ? '' : `Wave ${wave + 1} of ${waves.length}, ${waves[wave]?.name}. `;
  const bad = summary.failed + summary.down + summary.unreachable;
  return {
    tone,
    urgent: summary.down > 0,
    sentence: sentenceOf(report),
    reason: `${where}The run is ${RUN_WORD[run.state]}${run.reason === null ? '' : `: ${run.reason}`}.`,
    pills: [
      ...(summary.down === 0 ? [{tone: 'ok' as const, text: 'No VCH needs a person now'}] : []),
      ...(bad === 0 ? [{tone: 'ok' as const, text: 'Nothing failed'}] : []),
    ],
    numbers: [
      {
        label: 'VCHs',
        value: `${summary.total} on ${vcenters.length} vCenters`,
        notes: [],
        parts: ORDER.filter((one) => summary[one] > 0).map((one) => ({
          tone: TONE[one],
          count: summary[one],
          text: STATE_WORD[one],
        })),
      },
      {
        label: 'Need a person now',
        value: String(summary.down),
        notes: [],
        ...(summary.down > 0 && {tone: 'down' as const}),
      },
      {
        label: 'Failures allowed',
        value: `${budget.failed.used} of ${budget.failed.limit} used`,
        notes: [`${budget.unreachable.used} of ${budget.unreachable.limit ?? 'any number'} unreachable`],
      },
      {label: 'Workers', value: String(workers.length), notes: [`${summary.running} VCHs in work`]},
    ],
    actions: next.split('; or ').map((text) => {
      const [words = '', command] = text.split(/: (?=vch-migrate )/);
      return {text: words, command: command ?? null};
    }),
  };
}

function approval({run, waves}: FleetReport): string {
  if (run.state !== 'waiting') return '';
  const wave = waves.findLastIndex(({state}) => state !== 'closed');
  const next = waves[wave + 1];
  if (next === undefined) return '';
  return (
    `<section class="card ask warn" aria-labelledby="h-ask">${icon('warn')}<div><h2 id="h-ask">${markup(next.name)} needs your approval</h2>` +
    `${paragraph(`${counted(next.summary.total, 'VCH')} would begin${run.reason === null ? '' : `: ${run.reason}`}.`)}</div>` +
    `<button type="button" class="btn primary js-only" id="approve" data-wave="${markup(waves[wave]?.name ?? '')}">Approve…</button></section>`
  );
}

function tools({vcenters, summary}: FleetReport): string {
  const states = ORDER.filter((one) => summary[one] > 0);
  const chips = states.map(
    (one) =>
      `<button type="button" class="chip ${TONE[one]}" data-s="${one}" aria-pressed="false"><span class="dot"></span>${markup(STATE_WORD[one])} ${summary[one]}</button>`,
  );
  const options = vcenters.map(({name}) => `<option>${markup(name)}</option>`);
  return (
    '<div class="tools js-only" role="search" aria-label="VCHs"><label class="search"><span class="vh">Search VCHs</span><input id="fleet-q" type="search" placeholder="Search a VCH" autocomplete="off"></label>' +
    `<label><span class="vh">vCenter</span><select id="fleet-vc"><option value="">All vCenters</option>${options.join('')}</select></label>` +
    `<div class="chips">${chips.join('')}</div></div>`
  );
}

function waveColumn(
  {vchs}: FleetReport,
  wave: FleetReport['waves'][number],
  at: number,
  pages: VchPages,
): string {
  const own = byWorst(vchs.filter((vch) => vch.wave === at));
  const {summary} = wave;
  const settled = summary.done + summary.partly;
  const tone: Tone =
    summary.down > 0
      ? 'down'
      : summary.failed > 0
        ? 'bad'
        : wave.state === 'settled'
          ? 'ok'
          : wave.state === 'open'
            ? 'info'
            : 'mute';
  const word = {closed: 'not open yet', open: 'running', settled: 'settled'}[wave.state];
  const approved =
    wave.approval === null
      ? ''
      : paragraph(`Approved by ${wave.approval.who}: ${wave.approval.reason}`, 'dim small');
  return (
    `<details class="wave ${tone}" open id="wave-${at}"><summary><span class="wave-h"><b>${markup(wave.name)}</b> <span class="dim">${settled} of ${summary.total}</span></span>` +
    `${state({tone, text: word})}${stripe(summary)}</summary>${approved}<ul class="tiles">${own.map((vch) => tile(vch, pages.get(`${vch.vcenter}/${vch.id}`))).join('')}</ul><p class="empty dim" hidden>No VCH fits.</p></details>`
  );
}

/** A thin bar of the states of a wave. */
function stripe(summary: TargetCounts): string {
  if (summary.total === 0) return '';
  let x = 0;
  const rects = ORDER.filter((one) => summary[one] > 0).map((one) => {
    const width = (summary[one] / summary.total) * 100;
    const rect = `<rect class="f-${TONE[one]}" x="${x.toFixed(2)}%" width="${width.toFixed(2)}%" height="100%"/>`;
    x += width;
    return rect;
  });
  return `<svg class="bar" role="img" aria-label="${markup(countsOf(summary))}">${rects.join('')}</svg>`;
}

function byWorst(vchs: readonly FleetVch[]): readonly FleetVch[] {
  return vchs.toSorted((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
}

/**
 * One VCH. It opens into what its own report says: with a script in a window of its own, made when it is opened, so that a page
 * of thousands stays quick; without, in place.
 */
function tile(
  {
    vcenter,
    id,
    name,
    state: is,
    worker,
    beganAt,
    endedAt,
    result,
    outcome,
    notBefore,
    containerVMs,
  }: FleetVch,
  page = '',
): string {
  const took =
    beganAt === null || endedAt === null || is === 'running'
      ? ''
      : durationText(Date.parse(endedAt) - Date.parse(beganAt));
  const when =
    is === 'running'
      ? `since ${beganAt?.slice(11, 19)} UTC`
      : is === 'deferred'
        ? `begins ${notBefore}`
        : [result ?? '', took].filter((word) => word !== '').join(', ');
  const rows: readonly (readonly [string, string | null])[] = [
    ['Moref', id],
    ['ContainerVMs', String(containerVMs)],
    ['Worker', worker],
    ['Version', outcome?.version ?? null],
    [
      'VMs changed',
      outcome?.summary == null ? null : `${outcome.summary.changed} of ${outcome.summary.total}`,
    ],
  ];
  const facts = rows.flatMap(([label, value]) =>
    value === null ? [] : [`<div><dt>${label}</dt><dd>${markup(value)}</dd></div>`],
  );
  const error =
    outcome?.error == null
      ? ''
      : `<p>${markup(outcome.error.message)} <span class="dim">${markup(outcome.error.code)}</span></p>`;
  const vms = (outcome?.attention ?? []).map(
    (vm) => `<li>${markup(vm.name)}: ${markup(vm.status)} <span class="dim">${markup(vm.code)}</span></li>`,
  );
  return (
    `<li class="t ${TONE[is]}" data-s="${is}" data-v="${markup(vcenter)}"><details data-k="${markup(`${vcenter}/${id}`)}"><summary><span class="nm">${markup(name)} <small>${markup(vcenter)}</small></span>` +
    `${state({tone: TONE[is], text: STATE_WORD[is]})} <span class="dim small">${markup(when)}</span></summary>` +
    `${error}<dl class="facts">${facts.join('')}</dl>${vms.length === 0 ? '' : `<ul class="vms">${vms.join('')}</ul>`}${page === '' ? '' : `<noscript>${page}</noscript>`}</details></li>`
  );
}

function leftOutList({leftOut}: FleetReport): string {
  const items = leftOut.map(
    ({vcenter, name, why, message}) =>
      `<li>${icon(why === 'unplanned' ? 'warn' : 'mute')} <b>${markup(name === null ? vcenter : `${vcenter}/${name}`)}</b>: ${markup(message)}</li>`,
  );
  return items.length === 0 ? '' : `<ul class="plain">${items.join('')}</ul>`;
}

const EVENT_TONE = new Map<string, Tone>([
  ...Object.entries(TONE),
  ['began', 'info'],
  ['taken-over', 'warn'],
  ['requeued', 'warn'],
  ['approved', 'ok'],
  ['waiting', 'warn'],
  ['vcenter-held', 'warn'],
]);
const MOST_EVENTS = 200;

function feed({events}: FleetReport): string {
  const items = events
    .slice(-MOST_EVENTS)
    .toReversed()
    .map(({at, type, vcenter, message}) => {
      const tone = EVENT_TONE.get(type) ?? 'mute';
      return `<li class="${tone}"><time datetime="${at}">${at.slice(11, 19)}</time>${icon(tone)}<span>${vcenter === null ? '' : `<span class="dim">${markup(vcenter)}</span> `}${markup(message)}</span></li>`;
    });
  return items.length === 0 ? '' : `<ol class="feed">${items.join('')}</ol>`;
}

function vcenterTable({vcenters}: FleetReport): string {
  return plainTable(
    'vCenters',
    ['vCenter', 'At a time', 'VCHs'],
    vcenters.map(({name, concurrency, summary}) => [
      markup(name),
      String(concurrency),
      `${stripe(summary)}<span class="small">${markup(countsOf(summary))}</span>`,
    ]),
  );
}
