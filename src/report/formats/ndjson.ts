import type {Format} from '../format.js';
import type {
  Report,
  ReportCheck,
  ReportCommand,
  ReportError,
  ReportFinding,
  ReportStep,
  ReportSummary,
  ReportTool,
  ReportUpgrade,
  ReportVm,
} from '../report.js';
import {toJsonLine} from './json.js';

/** For programs that read along: one event a line. */
export const ndjson: Format = {
  name: 'ndjson',
  ending: '.ndjson',
  stream: true,
  report: toNdjson,
  failure: ({command, tool, error}, time) =>
    eventLine({schema: 'vch-migrate/events/v1', command, runId: null, startedAt: time, tool}) +
    eventLine({type: 'error', error}),
};

/** The first line of a stream of events. */
export interface EventsHead {
  readonly schema: 'vch-migrate/events/v1';
  readonly command: ReportCommand | string | null;
  readonly runId: string | null;
  readonly startedAt: string;
  readonly tool: Pick<ReportTool, 'name' | 'version'>;
}

/** Every further line: what a run does, as it does it, and at its end what a report has. */
export type RunEvent =
  | {readonly type: 'phase'; readonly time: string; readonly phase: string; readonly total: number | null}
  | {readonly type: 'progress'; readonly time: string; readonly done: number; readonly total: number}
  /** For so many seconds the server was not heard; 0 when it is again. */
  | {readonly type: 'connection'; readonly time: string; readonly seconds: number; readonly inFlight: number}
  | {
      readonly type: 'scope';
      readonly target: Report['target'];
      readonly vch: Report['vch'];
      readonly plugins: Report['plugins'];
    }
  | {readonly type: 'step'; readonly step: ReportStep}
  | {readonly type: 'vm'; readonly vm: ReportVm}
  | {readonly type: 'check'; readonly check: ReportCheck}
  | {readonly type: 'finding'; readonly finding: ReportFinding}
  | {
      readonly type: 'end';
      readonly finishedAt: string;
      readonly changeId: string | null;
      readonly summary: ReportSummary;
      readonly upgrade?: ReportUpgrade;
      readonly interrupted: boolean;
      readonly next: string;
    }
  | {readonly type: 'error'; readonly error: ReportError};

/** One line of the stream. */
export function eventLine(event: EventsHead | RunEvent): string {
  return `${toJsonLine(event)}\n`;
}

/** The head of the stream that tells of a report. */
function headOf(report: Report): EventsHead {
  const {command, runId, startedAt, tool} = report;
  return {
    schema: 'vch-migrate/events/v1',
    command,
    runId,
    startedAt,
    tool: {name: tool.name, version: tool.version},
  };
}

/** What a report has to tell at the end of its run; `type: end` is the last of all. */
export function* reportEvents(report: Report): Generator<RunEvent> {
  const {target, vch, plugins, finishedAt, changeId, summary, upgrade, interrupted, next} = report;
  yield {type: 'scope', target, vch, plugins};
  for (const step of report.steps ?? []) yield {type: 'step', step};
  for (const vm of report.vms) yield {type: 'vm', vm};
  for (const check of report.checks ?? []) yield {type: 'check', check};
  for (const finding of report.findings) yield {type: 'finding', finding};
  yield {
    type: 'end',
    finishedAt,
    changeId,
    summary,
    ...(upgrade === undefined ? {} : {upgrade}),
    interrupted,
    next,
  };
}

/** A report as a stream that is over. */
export function toNdjson(report: Report): string {
  return [headOf(report), ...reportEvents(report)].map(eventLine).join('');
}
