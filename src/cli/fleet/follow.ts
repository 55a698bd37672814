import {setTimeout as sleep} from 'node:timers/promises';
import {toVchError, VchError} from '../../errors.js';
import {readStalled, stalledWords} from '../../fleet/stalled.js';
import {eventsAfter, readRun} from '../../fleet/view.js';
import {isAtRest} from '../../fleet/worker.js';
import type {FleetReport, FleetVch} from '../../report/fleet/report.js';
import {countsOf, eventLine} from '../../report/fleet/text.js';
import {fleetEnd, fleetEventLine, fleetHead} from '../../report/formats/ndjson.js';
import {FLEET_FORMATS} from '../../report/formats.js';
import type {Report} from '../../report/report.js';
import {composeTool} from '../compose-report.js';
import type {RunContext} from '../context.js';
import {EXIT, type Exit} from '../exit.js';
import {publish} from '../publish.js';
import {STOP_EXIT_CODE} from '../stop.js';
import type {OpenFleet} from './open-fleet.js';

/** Milliseconds between two looks. */
const INTERVAL = 500;

/** The exit code of the commands that show or follow a run. */
function fleetExit({
  run: {state},
  summary,
  leftOut,
  vchs,
}: Pick<FleetReport, 'run' | 'summary' | 'leftOut' | 'vchs'>): Exit {
  const isWhole = !leftOut.some(({why}) => why === 'unplanned');
  const isPlanned = ({outcome}: FleetVch) => outcome?.error == null || outcome.summary !== null;
  if (summary.down > 0) return EXIT.person;
  if (state === 'waiting' || state === 'paused') return EXIT.pending;
  if (state === 'held' || state === 'cancelled') return EXIT.failed;
  if (state === 'planned') return isWhole && vchs.every(isPlanned) ? EXIT.done : EXIT.partly;
  if (state !== 'done') return EXIT.done;
  return isWhole && summary.done === summary.total ? EXIT.done : EXIT.partly;
}

/** The report of a run. */
export function reportOfRun(
  {database, line}: OpenFleet,
  context: RunContext,
  run: string,
  events?: number,
): Promise<FleetReport> {
  return readRun(database, run, {
    tool: composeTool(context.version),
    line,
    ...(events !== undefined && {events}),
  });
}

/** Prints the report of a run in the wanted form, and returns the run's exit code. */
export async function publishRun(
  fleet: OpenFleet,
  report: FleetReport,
  context: RunContext,
  print?: () => Promise<boolean>,
): Promise<Exit> {
  const {format: shown, reports} = context.output;
  const lacking = [shown, ...reports.map(({format}) => format)].find(({fleet}) => fleet === undefined);
  if (lacking !== undefined)
    throw new VchError(
      'VCH_ERR_USAGE',
      `a run over a fleet has no ${lacking.name} form: it is ${FLEET_FORMATS.map(({name}) => name).join(', ')}; one VCH of it has all, with --of-vch NAME`,
    );
  const isPage = [shown, ...reports.map(({format}) => format)].some(({name}) => name === 'html');
  const pages = isPage ? await pagesOf(fleet, report) : undefined;
  const {ok} = await publish((format, layout) => format.fleet?.(report, layout, pages) ?? '', context, print);
  const exit = fleetExit(report);
  return ok || exit !== EXIT.done ? exit : EXIT.failed;
}

/** What the pages of the VCHs say; one that was not worked on yet has none. */
async function pagesOf(
  {database, line}: OpenFleet,
  {run, vchs}: FleetReport,
): Promise<ReadonlyMap<string, string>> {
  const [{lastReports}, {vmsShown}] = await Promise.all([
    import('../../fleet/view.js'),
    import('../../report/fleet/vch-html.js'),
  ]);
  const pages = new Map<string, string>();
  for await (const {vcenter, vch, report} of lastReports(database, run.id)) {
    const key = `${vcenter}/${vch}`;
    pages.set(key, await pageOf(line, run.id, key, report, vmsShown(vchs.length)));
  }
  return pages;
}

/** What the page of one VCH says. */
export async function vchPage({database, line}: OpenFleet, run: string, key: string): Promise<string | null> {
  const [{lastReport}, {vmsShown}] = await Promise.all([
    import('../../fleet/view.js'),
    import('../../report/fleet/vch-html.js'),
  ]);
  const report = await lastReport(database, run, key);
  return report && (await pageOf(line, run, key, report, vmsShown(LIVE_SHARE)));
}

/** On a live page, a VCH has as much room as if it were one of so many. */
const LIVE_SHARE = 20;

async function pageOf(line: OpenFleet['line'], run: string, key: string, report: Report, most: number) {
  const [{vchHtml}, {shellQuoted}] = await Promise.all([
    import('../../report/fleet/vch-html.js'),
    import('../../shell-word.js'),
  ]);
  return vchHtml(
    report,
    most,
    line(`report ${run} --of-vch ${shellQuoted(key)} --report ${report.vch.id}.html`),
  );
}

/**
 * Follows a run until it does not go on by itself, or a signal: for people a line an event on stderr, for programs with
 * --format ndjson on stdout; then its report.
 */
export async function followRunToRest(
  fleet: OpenFleet,
  context: RunContext,
  run: string,
  {from = 0, working}: {readonly from?: number; readonly working?: Promise<unknown>} = {},
): Promise<Exit> {
  const {terminal, output, log, stop} = context;
  const streams = output.format.stream === true;
  const live = output.quiet ? undefined : terminal.live;
  if (streams) await terminal.out(fleetHead(await reportOfRun(fleet, context, run, 1)));
  let last = from;
  let away = false;
  let lastWhy = '';
  const tellNew = async () => {
    const events = await eventsAfter(fleet.database, run, last);
    for (const event of events) {
      last = event.id;
      if (streams) await terminal.out(fleetEventLine(event));
      else if (!output.quiet) terminal.errors.write(`${context.redactor.redact(eventLine(event))}\n`);
    }
    if (live !== undefined)
      live.show(countsOf((await reportOfRun(fleet, context, run, 1)).summary).slice(0, live.columns - 1));
  };
  let ended = false;
  void working?.then(
    () => {
      ended = true;
    },
    () => {
      ended = true;
    },
  );
  for (;;) {
    try {
      // The last events come before the end.
      const rests = await isAtRest(fleet.database, run);
      await tellNew();
      const {stalled} = await readStalled(fleet.database, run);
      const why = stalled.length === 0 || working !== undefined ? '' : stalledWords(stalled);
      if (why !== '' && why !== lastWhy) log.warn(`${why}; start one that can: ${fleet.line('worker')}`);
      lastWhy = why;
      away = false;
      if ((rests && working === undefined) || ended || (stop.signal.aborted && working === undefined)) break;
    } catch (error) {
      const {code, message} = toVchError(error);
      if (code !== 'VCH_ERR_TRANSPORT') throw error;
      if (!away) log.warn(message);
      away = true;
      if (stop.signal.aborted) throw error;
    }
    await sleep(INTERVAL);
  }
  await working;
  await tellNew();
  const report = await reportOfRun(fleet, context, run);
  const by = stop.by();
  const print = streams
    ? async () => {
        for (const text of fleetEnd(report)) await terminal.out(text);
        return true;
      }
    : undefined;
  const exit = await publishRun(fleet, report, context, print);
  if (report.run.state !== 'running') return exit;
  // Who works ends before the run does only where it must.
  return by !== null ? STOP_EXIT_CODE[by] : working === undefined ? exit : EXIT.failed;
}
