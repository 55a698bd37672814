import type {ServerResponse} from 'node:http';

/** The cookie that carries a session. */
export const COOKIE = 'vmware_soap_session';

/** Sends a whole answer. */
export function send(response: ServerResponse, code: number, body: string, type: string): void {
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-cache',
  });
  response.end(body);
}

/** The session that a Cookie header names. */
export function sessionCookie(header: string | undefined): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === COOKIE) return value?.replaceAll('"', '');
  }
  return undefined;
}
