import {counted} from '../../counted.js';
import {durationText} from '../../duration.js';
import {type Layout, type LayoutOptions, layoutOf, type Style} from '../layout.js';
import {printable} from '../printable.js';
import {table} from '../table.js';
import {wrap} from '../width.js';
import type {FleetEvent, FleetReport, FleetVch, RunState, TargetCounts, TargetState} from './report.js';

const STATE_STYLE: Readonly<Record<TargetState, Style>> = {
  pending: 'dim',
  queued: 'dim',
  deferred: 'dim',
  running: 'cyan',
  done: 'green',
  partly: 'yellow',
  failed: 'red',
  unreachable: 'yellow',
  stopped: 'yellow',
  down: 'red',
  held: 'yellow',
  cancelled: 'dim',
};

/** The states of VCHs in words. */
export const STATE_WORD: Readonly<Record<TargetState, string>> = {
  pending: 'waiting',
  queued: 'queued',
  deferred: 'outside the window',
  running: 'running',
  done: 'done',
  partly: 'done but for some VMs',
  failed: 'failed',
  unreachable: 'unreachable',
  stopped: 'stopped',
  down: 'down',
  held: 'held',
  cancelled: 'not begun',
};

/** The states of runs in words. */
export const RUN_WORD: Readonly<Record<RunState, string>> = {
  planned: 'planned, not started',
  running: 'running',
  waiting: 'waiting for approval',
  paused: 'paused',
  held: 'held',
  cancelled: 'cancelled',
  done: 'done',
};

/** States that need no look. */
const QUIET: readonly TargetState[] = ['pending', 'queued', 'done'];
/** This many VCHs are listed one by one; the JSON report has all. */
const MOST_LISTED = 60;

/** `40 VCHs: 14 done, 2 failed`, the worst first. */
export function countsOf(summary: TargetCounts): string {
  const order: readonly TargetState[] = [
    'down',
    'failed',
    'unreachable',
    'stopped',
    'held',
    'partly',
    'running',
    'done',
    'deferred',
    'queued',
    'pending',
    'cancelled',
  ];
  const parts = order
    .filter((state) => summary[state] > 0)
    .map((state) => `${summary[state]} ${STATE_WORD[state]}`);
  return `${summary.total} ${summary.total === 1 ? 'VCH' : 'VCHs'}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`;
}

/** A run for people. */
export function fleetText(report: FleetReport, options: LayoutOptions): string {
  const layout = layoutOf(options);
  const {paint, columns} = layout;
  const {run, release, budget, summary, workers, next} = report;
  const limit = (value: number | null) => value ?? 'no limit';
  const facts = [
    release === null
      ? run.command === 'upgrade'
        ? 'the data alone, without ISO files'
        : ''
      : `to ${printable(release.applianceIso.version)}`,
    run.changeId === null ? '' : `change ${printable(run.changeId)}`,
    `by ${printable(run.createdBy)}, ${run.startedAt === null ? `planned ${run.createdAt}` : `started ${run.startedAt}`}`,
  ].filter((fact) => fact !== '');
  const blocks = [
    [
      paint('bold', `Fleet run ${printable(run.id)}: ${run.command} is ${RUN_WORD[run.state]}`),
      ...wrap(`${facts.join('; ')}`, columns, '  '),
      ...(run.reason === null ? [] : wrap(printable(run.reason), columns, '  ')),
      '',
      paint('bold', countsOf(summary)),
      `Budget: ${budget.failed.used} of ${budget.failed.limit} failed, ${budget.unreachable.used} of ${limit(budget.unreachable.limit)} unreachable; workers: ${workers.length}`,
      ...workers.flatMap(({id, lacks}) => lacks.map((what) => `  ${printable(id)} lacks ${printable(what)}`)),
    ],
    [paint('bold', 'Waves'), ...waveTable(report, layout)],
    vchBlock(report, layout),
    leftOutBlock(report, layout),
    run.state === 'planned' || report.events.length === 0
      ? []
      : [paint('bold', 'Last events'), ...report.events.slice(-12).map(eventLine)],
    wrap(`Next: ${printable(next)}`, Number.MAX_SAFE_INTEGER),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

function waveTable({waves}: FleetReport, layout: Layout): string[] {
  const columns = [
    {heading: 'WAVE', cells: waves.map(({name}) => printable(name))},
    {heading: 'STATE', cells: waves.map(({state}) => state)},
  ];
  const gate = waves.map(({gate, approval}, at) =>
    approval !== null
      ? `; approved by ${printable(approval.who)}: ${printable(approval.reason)}`
      : at === waves.length - 1
        ? ''
        : `; then ${gate === 'auto' ? 'the next, if verified' : 'approval'}`,
  );
  return table(
    columns,
    {heading: 'VCHS', cells: waves.map(({summary}, at) => `${countsOf(summary)}${gate[at]}`)},
    layout,
  );
}

/** Before the start all VCHs with their waves; after it those that need a look. */
function vchBlock({run, vchs, waves}: FleetReport, layout: Layout): string[] {
  const shown = run.state === 'planned' ? vchs : vchs.filter(({state}) => !QUIET.includes(state));
  const some = shown.slice(0, MOST_LISTED);
  if (some.length === 0) return [];
  const columns = [
    {
      heading: 'VCH',
      cells: some.map(({name, vcenter}) => `${printable(vcenter)}/${printable(name)}`),
      limit: 50,
    },
    {heading: 'WAVE', cells: some.map(({wave}) => printable(waves[wave]?.name ?? '')), limit: 20},
    {
      heading: 'STATE',
      cells: some.map(({state}) => STATE_WORD[state]),
      styles: some.map(({state}) => STATE_STYLE[state]),
    },
  ];
  const more = shown.length - some.length;
  return [
    layout.paint('bold', run.state === 'planned' ? 'VCHs' : 'VCHs that run, or need a look'),
    ...table(columns, {heading: 'WHAT', cells: some.map(whatOf)}, layout),
    ...(more === 0 ? [] : [`  and ${more} more; --format json has them all`]),
  ];
}

/** What the run leaves alone, named one by one. */
function leftOutBlock({leftOut}: FleetReport, layout: Layout): string[] {
  if (leftOut.length === 0) return [];
  const some = leftOut.slice(0, MOST_LISTED);
  const columns = [
    {
      heading: 'VCENTER OR VCH',
      cells: some.map(({vcenter, name}) => printable(name === null ? vcenter : `${vcenter}/${name}`)),
      limit: 50,
    },
  ];
  const more = leftOut.length - some.length;
  return [
    layout.paint('yellow', 'Not part of this run'),
    ...table(columns, {heading: 'WHY', cells: some.map(({message}) => printable(message))}, layout),
    ...(more === 0 ? [] : [`  and ${more} more; --format json has them all`]),
  ];
}

function whatOf({
  outcome,
  result,
  worker,
  state,
  containerVMs,
  notBefore,
  beganAt,
  endedAt,
}: FleetVch): string {
  if (state === 'running') return `on ${printable(worker ?? '?')} since ${beganAt?.slice(11, 19)}`;
  if (state === 'deferred') return `begins ${notBefore}`;
  const error = outcome?.error;
  if (error != null) return `${error.code}: ${printable(error.message)}`;
  if (outcome === null || outcome.summary === null) return `${containerVMs} containerVMs`;
  const {pending, changed, total} = outcome.summary;
  const took =
    beganAt === null || endedAt === null
      ? ''
      : `, ${durationText(Date.parse(endedAt) - Date.parse(beganAt))}`;
  return result === null && pending > 0
    ? `${pending} of ${counted(total, 'VM')} to change`
    : `${result ?? 'done'}, ${changed} of ${counted(total, 'VM')} changed${took}`;
}

/** `17:03:22 emea-1 vch3 begins` */
export function eventLine({at, vcenter, message}: FleetEvent): string {
  return `${at.slice(11, 19)}  ${vcenter === null ? '' : `${printable(vcenter)}: `}${printable(message)}`;
}
