import {timingSafeEqual} from 'node:crypto';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import {toVchError} from '../errors.js';
import {fields, parseJson, text} from '../json-shape.js';
import {fleetMain, sentenceOf, topOf, VCH_DIALOG} from '../report/fleet/html.js';
import type {FleetReport} from '../report/fleet/report.js';
import {htmlPage} from '../report/html-page.js';
import {approve} from './control.js';
import type {FleetDatabase} from './database.js';
import {eventsAfter} from './view.js';

export interface ServeOptions {
  readonly database: FleetDatabase;
  readonly run: string;
  readonly host: string;
  readonly port: number;
  /** Who has it may approve. */
  readonly token: string;
  readonly report: () => Promise<FleetReport>;
  /** What the page of a VCH's own report says, by `vcenter/moref`; `null` if it has none. */
  readonly page: (key: string) => Promise<string | null>;
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
  let names: readonly string[] = [];
  const server = createServer((request, response) => {
    // A page from elsewhere whose name was pointed at this machine has another host.
    if (!names.includes(request.headers.host ?? ''))
      return refuse(response, 421, 'This address is not served here.');
    answer(options, watchers, request, response).catch((error: unknown) =>
      refuse(response, 500, toVchError(error).message),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = address === null || typeof address === 'string' ? port : address.port;
  const shown = host.includes(':') ? `[${host}]` : host;
  names = [`${shown}:${bound}`, ...(shown === '127.0.0.1' ? [`localhost:${bound}`] : [])];
  const end = followEvents(options, watchers);
  return {
    url: `http://${shown}:${bound}/`,
    async close() {
      end();
      for (const watcher of watchers) watcher.end();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Tells all open pages when something has happened. */
function followEvents({database, run}: ServeOptions, watchers: ReadonlySet<ServerResponse>): () => void {
  let last = 0;
  let looking = false;
  const timer = setInterval(async () => {
    if (looking) return;
    looking = true;
    try {
      const before = last;
      for (const {id} of await eventsAfter(database, run, last)) last = id;
      if (last !== before) for (const watcher of watchers) watcher.write(`event: changed\ndata: ${last}\n\n`);
    } catch {
      // The database is away: pages keep what they have, and hear of it when it is back.
    } finally {
      looking = false;
    }
  }, INTERVAL);
  return () => clearInterval(timer);
}

async function answer(
  options: ServeOptions,
  watchers: Set<ServerResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const {report, page} = options;
  const {pathname, searchParams} = new URL(request.url ?? '/', 'http://localhost');
  switch (`${request.method} ${pathname}`) {
    case 'GET /':
      return send(response, 'text/html; charset=utf-8', pageOf(await report()));
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
  {database, run, token}: ServeOptions,
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
    const {message} = await approve(database, run, {
      wave: value.wave,
      who: `${value.who.trim()} (fleet serve)`,
      reason: value.reason.trim(),
    });
    send(response, 'text/plain; charset=utf-8', message);
  } catch (error) {
    refuse(response, 409, toVchError(error).message);
  }
}

const SAFE = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

function send(response: ServerResponse, type: string, content: string): void {
  response.writeHead(200, {...SAFE, 'content-type': type, 'cache-control': 'no-store'});
  response.end(content);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) return void response.end();
  response.writeHead(status, {...SAFE, 'content-type': 'text/plain; charset=utf-8'});
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
