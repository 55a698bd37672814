import {once} from 'node:events';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {Agent, createServer, request} from 'node:https';
import {generate} from 'selfsigned';

/** One SOAP request as it went over the wire. */
export interface WireRequest {
  /** The vim25 method, or the HTTP method and path of what is no SOAP. */
  readonly method: string;
  readonly body: string;
}

/** An HTTPS server that passes everything on to a vCenter and keeps what went by. */
export interface CountingProxy {
  readonly url: string;
  /** All since the start or the last `reset`, in order. */
  readonly requests: readonly WireRequest[];
  /** Values of every session cookie that the vCenter gave out since the start. */
  readonly cookies: readonly string[];
  count(method: string): number;
  reset(): void;
  close(): Promise<void>;
}

/** Starts one on a free port in front of a vCenter, whose certificate it does not look at. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const {private: key, cert} = await generate([{name: 'commonName', value: '127.0.0.1'}], {
    extensions: [{name: 'subjectAltName', altNames: [{type: 7, ip: '127.0.0.1'}]}],
  });
  const agent = new Agent({keepAlive: true, rejectUnauthorized: false});
  const requests: WireRequest[] = [];
  const cookies: string[] = [];
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const body = await text(incoming);
    requests.push({method: methodOf(incoming, body), body});
    const {host} = new URL(target);
    const onward = request(new URL(incoming.url ?? '/', target), {
      method: incoming.method ?? 'GET',
      headers: {...incoming.headers, host},
      agent,
    });
    onward.end(body);
    const [answer] = await once(onward, 'response');
    for (const cookie of answer.headers['set-cookie'] ?? []) cookies.push(cookieValue(cookie));
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  };
  const server = createServer({key, cert}, (incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    url: `https://127.0.0.1:${address.port}/sdk`,
    requests,
    cookies,
    count: (method) => requests.filter((one) => one.method === method).length,
    reset: () => {
      requests.length = 0;
    },
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function text(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function methodOf(incoming: IncomingMessage, body: string): string {
  const method = /<(?:[\w-]+:)?Body\b[^>]*>\s*<(?:[\w-]+:)?([\w-]+)/.exec(body)?.[1];
  return method ?? `${incoming.method} ${incoming.url}`;
}

function cookieValue(header: string): string {
  return (
    header
      .slice(header.indexOf('=') + 1)
      .split(';', 1)[0]
      ?.replaceAll('"', '') ?? ''
  );
}
