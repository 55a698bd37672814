import {timingSafeEqual} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {isIP} from 'node:net';
import {hasCode, toVchError} from '../errors.js';
import {fields, parseJson, text} from '../json-shape.js';
import {fleetMain, sentenceOf, topOf, VCH_DIALOG} from '../report/fleet/html.js';
import type {FleetReport} from '../report/fleet/report.js';
import {htmlPage} from '../report/html-page.js';
import {type Clock, systemClock} from '../vim25/clock.js';
import {approve} from './control.js';
import type {FleetDatabase} from './database.js';
import type {FleetSource} from './source.js';

export interface ServeOptions {
  readonly source: FleetSource;
  readonly run: string;
  readonly host: string;
  readonly port: number;
  /** Names under which a proxy or a tunnel shows the page. */
  readonly publicHosts: readonly string[];
  /** Who has it may approve. */
  readonly token: string;
  readonly report: (database: FleetDatabase) => Promise<FleetReport>;
  /** What the page of a VCH's own report says, by `vcenter/moref`; `null` if it has none. */
  readonly page: (key: string) => Promise<string | null>;
  readonly clock?: Clock;
}

/** Milliseconds between two looks at the events. */
const INTERVAL = 500;
const MOST_BODY = 10_000;
const approvalShape = fields({wave: text, who: text, reason: text});

/** Serves the page of a run, live: it reads, and it approves for those who have the token. */
export async function serveRun(
  options: ServeOptions,
): Promise<{readonly url: string; close(): Promise<void>}> {
  const {host, port} = options;
  const watchers = new Set<ServerResponse>();
  const shown = host.includes(':') ? `[${host}]` : host;
  const isOurs = hostCheck([shown, ...options.publicHosts]);
  const report = lastKnown(options);
  const server = createServer((request, response) => {
    if (!isOurs(request.headers.host ?? ''))
      return refuse(
        response,
        421,
        'The page is not served under this name. Start vch-migrate fleet serve with --public-host NAME if it is that of a proxy.',
      );
    answer({...options, report}, watchers, request, response).catch((error: unknown) =>
      refuse(response, 500, toVchError(error).message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = address === null || typeof address === 'string' ? port : address.port;
  const ending = new AbortController();
  const followed = followEvents(options, watchers, ending.signal);
  return {
    url: `http://${shown}:${bound}/`,
    async close() {
      ending.abort();
      for (const watcher of watchers) watcher.end();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await followed;
    },
  };
}

/**
 * Whether the page answers to a Host header: to addresses, to `localhost`, and to the names it was given, each at any port
 * unless it was given with one. A page from elsewhere can point a name of its own at this machine, and no other.
 */
function hostCheck(names: readonly string[]): (header: string) => boolean {
  const known = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return (header) => {
    const host = header.toLowerCase();
    const name = host.replace(/:\d+$/, '');
    return known.has(host) || known.has(name) || isIP(name.replace(/^\[|\]$/g, '')) > 0;
  };
}

/** The report as of now; while the database cannot be read, the last one, which says so. */
function lastKnown({source, report}: ServeOptions): () => Promise<FleetReport> {
  let last: {readonly report: FleetReport; readonly stamp: string | null; readonly at: string} | undefined;
  return async () => {
    const stamp = source.stamp();
    if (last !== undefined && stamp !== null && stamp === last.stamp) return withoutProcess(last.report);
    try {
      const now = await source.use(report);
      // What was opened for it leaves its own trace.
      last = {report: now, stamp: source.stamp(), at: new Date().toISOString()};
    } catch (error) {
      if (last === undefined || !hasCode(error, 'VCH_ERR_TRANSPORT')) throw error;
      return because(last.report, `the database does not answer, and this is what was known at ${last.at}`);
    }
    return last.stamp === null ? last.report : withoutProcess(last.report);
  };
}

/** A run of an embedded database that no process has open. */
function withoutProcess(report: FleetReport): FleetReport {
  return report.run.state === 'running' ? because(report, 'the process that worked on it has ended') : report;
}

function because(report: FleetReport, reason: string): FleetReport {
  return {...report, run: {...report.run, reason}};
}

/** Tells all open pages when something has happened. */
async function followEvents(
  {source, run, clock = systemClock}: ServeOptions,
  watchers: ReadonlySet<ServerResponse>,
  signal: AbortSignal,
): Promise<void> {
  let told = '';
  let read: string | null = null;
  let events = '';
  for (; !signal.aborted; await clock.sleep(INTERVAL, {signal, ref: false})) {
    const free = source.stamp();
    try {
      if (free === null || free !== read) {
        // Their number, too: of two at the same time the later may come first.
        const [row] = await source.use((database) =>
          database.query(
            'SELECT count(*)::integer AS n, max(id)::integer AS last FROM vch_fleet.event WHERE run = $1',
            [run],
          ),
        );
        events = `${row?.n} ${row?.last}`;
        read = source.stamp();
      }
    } catch (error) {
      // It is away: pages say so, and hear of it when it is back.
      events = `away: ${toVchError(error).code}`;
    }
    const now = `${events} ${read !== null}`;
    if (told !== '' && now !== told)
      for (const watcher of watchers) watcher.write(`event: changed\ndata: ${JSON.stringify(now)}\n\n`);
    told = now;
  }
}

type Answering = Omit<ServeOptions, 'report'> & {readonly report: () => Promise<FleetReport>};

async function answer(
  options: Answering,
  watchers: Set<ServerResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const {report, page} = options;
  const {pathname, searchParams} = new URL(request.url ?? '/', 'http://localhost');
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return send(response, 'text/html; charset=utf-8', pageOf(await report()), "frame-ancestors 'none'");
    case 'GET /main':
      return send(response, 'text/html; charset=utf-8', fleetMain(await report(), {live: true}));
    case 'GET /vch': {
      const content = await page(searchParams.get('key') ?? '');
      if (content === null) return refuse(response, 404, 'There is no report of it yet.');
      return send(response, 'text/html; charset=utf-8', content);
    }
    case 'GET /report.json':
      return send(response, 'application/json', JSON.stringify(await report()));
    case 'GET /events':
      response.writeHead(200, {...SAFE, 'content-type': 'text/event-stream', 'cache-control': 'no-store'});
      response.write(': \n\n');
      watchers.add(response);
      request.on('close', () => watchers.delete(response));
      return;
    case 'POST /approve':
      return approveFrom(options, request, response);
    default:
      return refuse(response, 404, 'There is nothing here.');
  }
}

async function approveFrom(
  {source, run, token}: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const given = Buffer.from(request.headers.authorization ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    return refuse(response, 403, 'The token is wrong.');
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MOST_BODY) return refuse(response, 413, 'That is too long.');
  }
  const {value} = parseJson(body, approvalShape);
  if (value === null || value.who.trim() === '' || value.reason.trim() === '')
    return refuse(response, 400, 'Name and reason are missing.');
  try {
    const {wave, who, reason} = value;
    const {message} = await source.use(
      (database) => approve(database, run, {wave, who: `${who.trim()} (fleet serve)`, reason: reason.trim()}),
      true,
    );
    send(response, 'text/plain; charset=utf-8', message);
  } catch (error) {
    refuse(response, 409, toVchError(error).message);
  }
}

/** What the browser may do with any answer; the page itself says which of its scripts and styles may run. */
const CLOSED = "default-src 'none'; frame-ancestors 'none'";
const SAFE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

function send(response: ServerResponse, type: string, content: string, policy = CLOSED): void {
  const headers = {...SAFE, 'content-security-policy': policy};
  response.writeHead(200, {...headers, 'content-type': type, 'cache-control': 'no-store'});
  response.end(content);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.end();
  const headers = {...SAFE, 'content-security-policy': CLOSED};
  response.writeHead(status, {...headers, 'content-type': 'text/plain; charset=utf-8'});
  response.end(`${message}\n`);
}

const DIALOG =
  '<dialog id="ask" aria-labelledby="h-dialog"><h2 id="h-dialog">Approve the next wave?</h2>' +
  '<label>Your name<input id="ask-who" autocomplete="name"></label><label>Why<input id="ask-why" autocomplete="off"></label>' +
  '<label>Token, as fleet serve printed it<input id="ask-token" type="password" autocomplete="off"></label><p id="ask-said" role="alert"></p>' +
  '<div class="acts"><button type="button" class="btn" id="ask-no">Not yet</button><button type="button" class="btn primary" id="ask-yes">Approve</button></div></dialog>';

function pageOf(report: FleetReport): string {
  return htmlPage({
    title: `${sentenceOf(report)}: fleet run ${report.run.id}`,
    top: [...topOf(report).slice(0, 2), 'live'],
    main: fleetMain(report, {live: true}),
    scripts: ['page.js', 'fleet.js', 'fleet-live.js'],
    styles: ['fleet.css'],
    after: DIALOG + VCH_DIALOG,
    connects: true,
  });
}
