import type {IncomingMessage, ServerResponse} from 'node:http';
import {createServer, type Server} from 'node:https';
import type {AddressInfo} from 'node:net';
import {VchError} from '../errors.js';
import type {Certificate} from './certificate.js';
import {dispatch, type Reply} from './dispatch.js';
import type {FaultRules} from './fault-rules.js';
import {answerFolder} from './folder-request.js';
import {COOKIE, send, sessionCookie} from './http-message.js';
import type {VCenter} from './model/vcenter.js';
import type {RequestLog} from './request-log.js';
import {serviceVersions} from './service-versions.js';

const MAX_BODY = 64 * 1024 * 1024;

/** What the HTTPS server needs to serve. */
export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  readonly certificate: Certificate;
  readonly vcenter: VCenter;
  readonly faults: FaultRules;
  readonly requests: RequestLog;
}

/** Serves until the server given back is closed. */
export async function serve(options: ServerOptions): Promise<{server: Server; port: number}> {
  const {key, cert} = options.certificate;
  const server = createServer({key, cert, keepAliveTimeout: 120_000}, (request, response) => {
    answer(request, response, options).catch(() => {
      request.socket.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  return {server, port: portOf(server.address())};
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function cannotListen(error: Error, {host, port}: ServerOptions): VchError {
  return new VchError(
    'VCH_ERR_USAGE',
    `the simulator cannot listen on ${host}:${port}: ${error.message}; choose another port, or 0 for any free one`,
  );
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServerOptions,
): Promise<void> {
  const {vcenter, requests, faults} = options;
  const path = (request.url ?? '/').replace(/\?.*/, '');
  const at = vcenter.inventory.clock.now();
  if (path.startsWith('/folder')) {
    await answerFolder(request, response, options);
    return;
  }
  if (request.method !== 'POST' || !/^\/sdk\/?$/.test(path)) {
    requests.add({method: `${request.method} ${path}`, object: '', at});
    request.resume();
    if (request.method === 'GET' && path === '/sdk/vimServiceVersions.xml') {
      send(response, 200, serviceVersions(vcenter.about.apiVersion), 'text/xml');
    } else {
      send(response, 404, '404 Not Found', 'text/plain');
    }
    return;
  }
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const body = await readBody(request);
  if (body === undefined) {
    send(response, 413, '413 Payload Too Large', 'text/plain');
    return;
  }
  const caller = {
    cookie: sessionCookie(request.headers.cookie),
    userAgent: request.headers['user-agent'] ?? '',
    signal: gone.signal,
  };
  const reply = await dispatch(body, caller, vcenter, faults, (method, object, operationId) =>
    requests.add({method, object, operationId, at}),
  );
  sendReply(request, response, reply);
}

function sendReply(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  switch (reply.status) {
    case 'drop':
      request.socket.destroy();
      return;
    case 'hang':
      return;
    case 'answer':
      // The value is quoted, as a vCenter's is: a client has to give it back as it came.
      if (reply.cookie !== undefined) {
        const value = reply.cookie === '' ? '""; Max-Age=0' : `"${reply.cookie}"`;
        response.setHeader('Set-Cookie', `${COOKIE}=${value}; Path=/; HttpOnly; Secure`);
      }
      send(response, reply.code, reply.body, reply.type ?? 'text/xml; charset=utf-8');
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
