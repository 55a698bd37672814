import type {FleetEvent, FleetReport} from '../fleet/report.js';
import type {Failure, Format} from '../format.js';
import type {Report} from '../report.js';
import {toJsonLine} from './json.js';

/** For programs that follow a run: one event a line. */
export const ndjson: Format = {
  name: 'ndjson',
  ending: '.ndjson',
  stream: true,
  report: toNdjson,
  fleet: (report) => [fleetHead(report), ...fleetEnd(report)].join(''),
  failure: ({command, tool, error}, time) =>
    [eventsHead({command, runId: null, startedAt: time, tool}), {type: 'error', error} as const]
      .map(eventLine)
      .join(''),
};

/** The first line of a stream of events. */
export function eventsHead({
  command,
  runId,
  startedAt,
  tool: {name, version},
}: {
  readonly command: string | null;
  readonly runId: string | null;
  readonly startedAt: string;
  readonly tool: Failure['tool'];
}) {
  return {schema: 'vch-migrate/events/v1' as const, command, runId, startedAt, tool: {name, version}};
}

export type EventsHead = ReturnType<typeof eventsHead>;

/** Every further line: events during the run, then those of its report. */
export type RunEvent =
  | {readonly type: 'phase'; readonly time: string; readonly phase: string; readonly total: number | null}
  | {readonly type: 'progress'; readonly time: string; readonly done: number; readonly total: number}
  /** The server has not answered for this many seconds; 0 once it answers again. */
  | {readonly type: 'connection'; readonly time: string; readonly seconds: number; readonly inFlight: number}
  | {readonly type: 'error'; readonly error: Failure['error']}
  | ReturnType<typeof reportEvents>[number];

/** One line of the stream. */
export function eventLine(event: EventsHead | RunEvent): string {
  return `${toJsonLine(event)}\n`;
}

/** The events of a report at the end of its run. The last one has the type `end`. */
export function reportEvents(report: Report) {
  const {target, vch, plugins, finishedAt, changeId, summary, upgrade, compared, interrupted, next, actions} =
    report;
  return [
    {type: 'scope' as const, target, vch, plugins},
    ...(report.steps ?? []).map((step) => ({type: 'step' as const, step})),
    ...report.vms.map((vm) => ({type: 'vm' as const, vm})),
    ...(report.checks ?? []).map((check) => ({type: 'check' as const, check})),
    ...report.findings.map((finding) => ({type: 'finding' as const, finding})),
    {
      type: 'end' as const,
      finishedAt,
      changeId,
      summary,
      ...(upgrade === undefined ? {} : {upgrade}),
      ...(compared === undefined ? {} : {compared}),
      interrupted,
      next,
      ...(actions === undefined ? {} : {actions}),
    },
  ];
}

/** A report as a finished stream. */
export function toNdjson(report: Report): string {
  return [eventsHead(report), ...reportEvents(report)].map(eventLine).join('');
}

/** The first line of the stream of a run over a fleet. */
export function fleetHead({run, tool}: Pick<FleetReport, 'run' | 'tool'>): string {
  const startedAt = run.startedAt ?? run.createdAt;
  return eventLine(eventsHead({command: `fleet ${run.command}`, runId: run.id, startedAt, tool}));
}

/** One event of a run over a fleet, as it happens. */
export function fleetEventLine(event: FleetEvent): string {
  return `${toJsonLine({type: 'fleet-event', event})}\n`;
}

/** The last lines of that stream: every VCH, then the run. The last one has the type `end`. */
export function fleetEnd({vchs, run, summary, budget, waves, leftOut, next}: FleetReport): readonly string[] {
  return [
    ...vchs.map((vch) => `${toJsonLine({type: 'vch', vch})}\n`),
    `${toJsonLine({type: 'end', run, summary, budget, waves, leftOut, next})}\n`,
  ];
}
