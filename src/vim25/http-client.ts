import {Readable} from 'node:stream';
import {type Dispatcher, errors} from 'undici';
import {type FailureClass, systemCode, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import {type Clock, systemClock} from './clock.js';
import {dispatcherTo} from './dispatcher.js';
import type {TlsOptions} from './tls.js';
import {escapeText} from './xml.js';

// Why: docs/decisions/003-trust-and-contact.md

/** What it takes to log in to a vCenter or ESXi. */
export interface ConnectOptions {
  /** The SDK endpoint, without credentials: `https://vc.example/sdk`. */
  readonly url: URL;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsOptions;
  /** An HTTP proxy that makes a tunnel to the server: `http://proxy.example:3128`, with user and password if it wants some. */
  readonly proxy?: URL | undefined;
  /** Sent as `operationID` with every call, so that vpxd's log can be searched for the run. */
  readonly runId: string;
  readonly log: Logger;
  /** What retries and waiting go by; the machine's own where it is left out. */
  readonly clock?: Clock | undefined;
  /** Aborted, the login is given up at once, and after it an outage is no longer waited for. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for which a server that does not answer is waited for once it has; two minutes. */
  readonly retryFor?: number | undefined;
  /** Milliseconds within which the TCP and TLS handshakes must be done; 10,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds for which a call may stand still, 120,000 (20,000 before the login is through); for its whole it has
   * five times as long.
   */
  readonly requestTimeout?: number | undefined;
}

/** Whether a server answers, as far as the requests that were sent to it tell. */
export class Contact {
  readonly #now: () => number;
  /** When each request that is out was sent, in their order. */
  readonly #out = new Set<{readonly sent: number}>();
  #heard: number;
  #brokenSince: number | null = null;
  #answered = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#heard = now();
  }

  /** Whether it ever answered: what is wrong later is not the address. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Requests that are out, and not answered yet. */
  get waiting(): number {
    return this.#out.size;
  }

  /** Milliseconds since the first request that nobody answered, if none was answered since; else `null`. */
  get broken(): number | null {
    return this.#brokenSince === null ? null : this.#now() - this.#brokenSince;
  }

  /** Milliseconds for which somebody has been waiting for an answer, any answer. */
  get silent(): number {
    const [oldest] = this.#out;
    return oldest === undefined ? 0 : this.#now() - Math.max(oldest.sent, this.#heard);
  }

  /** Sends a request, and takes note of what becomes of it: what a proxy says for the server is no answer of its own. */
  async sending<T>(request: () => Promise<T>, isAnswer: (answer: T) => boolean = () => true): Promise<T> {
    const entry = {sent: this.#now()};
    this.#out.add(entry);
    try {
      const answer = await request();
      this.#heard = this.#now();
      if (isAnswer(answer)) {
        this.#brokenSince = null;
        this.#answered = true;
      } else this.#brokenSince ??= this.#now();
      return answer;
    } catch (error) {
      this.#brokenSince ??= this.#now();
      throw error;
    } finally {
      this.#out.delete(entry);
    }
  }
}

/** What one HTTP exchange gave. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  /** Of a HEAD, how long the body would be; `null` where the server does not tell. */
  readonly contentLength: number | null;
}

/** What is sent by a PUT: bytes in pieces, and how many they are together. */
export interface Upload {
  readonly content: AsyncIterable<Uint8Array>;
  readonly length: number;
  readonly signal?: AbortSignal | undefined;
}

interface Request {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<Uint8Array> | null;
  /** Milliseconds without a byte in either direction after which the server is taken to hang. */
  readonly timeout: number;
  /** Milliseconds for its whole, where a byte now and then must not keep it for ever. */
  readonly whole?: number;
  readonly signal?: AbortSignal | undefined;
}

/** So many times as long as a call may stand still, it may take as a whole. */
const WHOLE = 5;
/** Bytes a second; a datastore that takes fewer would keep an upgrade for days. */
const SLOWEST_UPLOAD = 64 * 1024;

// Above anything a page of properties needs, below what would endanger the process.
const MAX_BODY = 256 * 1024 * 1024;

/**
 * Connections to one vCenter, and its session cookie. Its failures name host and reason and carry nothing of
 * the request, which may be a Login with the password in it.
 */
export class HttpClient {
  readonly #dispatcher: Dispatcher;
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #password: string;
  readonly contact: Contact;
  #cookie: string | null = null;

  constructor(options: ConnectOptions, connections: number) {
    this.#url = options.url;
    this.#clock = options.clock ?? systemClock;
    this.#password = options.password;
    this.contact = new Contact(() => this.#clock.now());
    const timeout = options.connectTimeout ?? 10_000;
    this.#dispatcher = dispatcherTo({...options, timeout, connections});
  }

  /** The cookie's value as the server set it, or `null` before that; for the log's redaction. */
  get cookie(): string | null {
    return this.#cookie;
  }

  /** Forgets the session, so that the next Login opens a new one. */
  dropCookie(): void {
    this.#cookie = null;
  }

  get(path: string, timeout: number): Promise<HttpAnswer> {
    return this.#exchange({method: 'GET', path, headers: {}, body: null, timeout});
  }

  head(path: string, timeout: number, signal?: AbortSignal): Promise<HttpAnswer> {
    return this.#exchange({method: 'HEAD', path, headers: {}, body: null, timeout, signal});
  }

  post(
    path: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    timeout: number,
  ): Promise<HttpAnswer> {
    return this.#exchange({method: 'POST', path, headers, body, timeout});
  }

  /** Sends a file as it is read: no more of it than a few pieces is ever in memory. */
  put(path: string, {content, length, signal}: Upload, timeout: number): Promise<HttpAnswer> {
    const headers = {'content-type': 'application/octet-stream', 'content-length': String(length)};
    const whole = WHOLE * timeout + (length / SLOWEST_UPLOAD) * 1000;
    return this.#exchange({method: 'PUT', path, headers, body: content, timeout, whole, signal});
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #exchange({headers, body, timeout, whole = WHOLE * timeout, signal, ...request}: Request) {
    const watch = new Watch(this.#clock, this.#url, {idle: timeout, whole});
    const send = async (): Promise<HttpAnswer> => {
      const response = await this.#dispatcher.request({
        ...request,
        origin: this.#url.origin,
        // Limits go by our clock.
        headersTimeout: 0,
        bodyTimeout: 0,
        headers: this.#cookie === null ? headers : {...headers, cookie: this.#cookie},
        body:
          body === null || typeof body === 'string'
            ? body
            : Readable.from(watch.all(body), {objectMode: false}),
        signal: signal === undefined ? watch.signal : AbortSignal.any([signal, watch.signal]),
      });
      watch.moved();
      this.#remember(response.headers);
      return {
        status: response.statusCode,
        body: withoutPassword(await readBody(watch.all(response.body), this.#url), this.#password),
        contentType: String(response.headers['content-type'] ?? ''),
        contentLength: lengthOf(response.headers['content-length']),
      };
    };
    // A file that is on its way for minutes is no server that keeps silent.
    const isAnswer = request.method === 'POST' ? isSoap : ({status}: HttpAnswer) => status < 500;
    try {
      return request.method === 'PUT' ? await send() : await this.contact.sending(send, isAnswer);
    } catch (error) {
      throw transportError(error, this.#url, this.contact.answered);
    } finally {
      watch.end();
    }
  }

  #remember(headers: Dispatcher.ResponseData['headers']): void {
    const set = headers['set-cookie'];
    for (const cookie of Array.isArray(set) ? set : set === undefined ? [] : [set]) {
      // vCenter quotes the value, vcsim does not; it goes back byte for byte.
      const pair = cookie.split(';', 1)[0];
      if (pair?.startsWith('vmware_soap_session=')) this.#cookie = pair;
    }
  }
}

async function readBody(stream: AsyncIterable<Buffer>, url: URL): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_BODY) {
      throw new VchError(
        'VCH_ERR_TRANSPORT',
        `${url.host} sent an answer of more than ${MAX_BODY} bytes; it was cut off`,
        {failure: 'maybe-done'},
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

const SAID = /(<(?:faultstring|localizedMessage)\b[^>]*>)([^<]*)/g;

/** A fault may repeat what it was sent: the password ends where it comes in. As a part of a longer word it is none. */
function withoutPassword(body: string, password: string): string {
  const spellings = [password, escapeText(password)].map((text) =>
    text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'),
  );
  const secret = new RegExp(`(?<![\\p{L}\\p{N}])(?:${spellings.join('|')})(?![\\p{L}\\p{N}])`, 'gu');
  return password === ''
    ? body
    : body.replace(SAID, (_all, tag, said) => `${tag}${said.replace(secret, '***')}`);
}

function lengthOf(header: string | string[] | undefined): number | null {
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : null;
}

function transportError(error: unknown, url: URL, answered: boolean): VchError {
  if (error instanceof VchError) return error;
  const code = errorCode(error);
  return new VchError('VCH_ERR_TRANSPORT', `${url.host}: ${reason(code, url, answered)}`, {
    failure: failureOfCode(code),
  });
}

/** No connection was made, so nothing was sent. */
const NOT_SENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_SSL_WRONG_VERSION_NUMBER',
]);

/** We closed the connections ourselves. */
const CLOSED = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED']);

/** What a code of the socket or of undici means for trying again. */
export function failureOfCode(code: string): FailureClass {
  if (NOT_SENT.has(code)) return 'not-sent';
  // EPROTO too: a TLS 1.3 alert may come after the request.
  return CLOSED.has(code) ? 'final' : 'maybe-done';
}

/** What an HTTP status without an answer of vSphere's means for trying again. */
export function failureOfStatus({status, body}: Pick<HttpAnswer, 'status' | 'body'>): FailureClass {
  if (status === 429 || (status === 503 && FROM_PROXY.test(body))) return 'not-sent';
  return status === 401 || status === 403 || status === 404 ? 'final' : 'maybe-done';
}

/** vCenter's front proxy says so while vpxd is down: rhttpproxy up to 7.0, envoy from 8.0. */
const FROM_PROXY = /Failed to connect to endpoint|no healthy upstream/i;

/** Only codes of the socket and of undici are looked at; the error itself goes nowhere. */
function reason(code: string, url: URL, answered: boolean): string {
  // What is typed into --target was right if it ever answered.
  const check = (what: string) => (answered ? STARTING : `check ${what}`);
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no such host (${code}); ${answered ? 'check the name service' : check('the host name in --target and the name service')}`;
    case 'ECONNREFUSED':
      return `nothing listens there (${code}); ${check('host and port in --target')}`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no route to it (${code}); check the network`;
    case 'UND_ERR_CONNECT_TIMEOUT':
    case 'ETIMEDOUT':
      return `no connection within the time limit (${code}); ${check('host, port and firewall')}`;
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return `it does not speak TLS on port ${url.port === '' ? '443' : url.port} (${code}); ${check('the port in --target')}`;
    default:
      return `the connection broke (${code}); ${answered ? STARTING : 'run the same command again'}`;
  }
}

/** What to say of a server that has answered before. */
export const STARTING = 'it has answered before, so it may be starting again: look at its services';

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof errors.UndiciError) return error.code;
  return systemCode(error);
}

/** Ends a request in which nothing moves any more, or which takes too long as a whole. */
class Watch {
  readonly #clock: Clock;
  readonly #url: URL;
  readonly #over = new AbortController();
  readonly #ended = new AbortController();
  #moved: number;

  constructor(clock: Clock, url: URL, {idle, whole}: {readonly idle: number; readonly whole: number}) {
    this.#clock = clock;
    this.#url = url;
    this.#moved = clock.now();
    void this.#run(idle, clock.now() + whole);
  }

  /** Aborted with the error to report. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  moved(): void {
    this.#moved = this.#clock.now();
  }

  /** The same bytes; every piece is a move. */
  async *all<T>(pieces: AsyncIterable<T>): AsyncGenerator<T> {
    for await (const piece of pieces) {
      this.moved();
      yield piece;
    }
  }

  end(): void {
    this.#ended.abort();
  }

  async #run(idle: number, end: number): Promise<void> {
    const {signal} = this.#ended;
    while (!signal.aborted) {
      const left = Math.min(this.#moved + idle, end) - this.#clock.now();
      if (left > 0) await this.#clock.sleep(left, {signal, limit: true});
      else return this.#over.abort(this.#hangs(this.#clock.now() >= end ? 'no whole answer' : 'no answer'));
    }
  }

  #hangs(what: string): VchError {
    return new VchError(
      'VCH_ERR_TIMEOUT',
      `${this.#url.host}: ${what} within the time limit; the server hangs or is overloaded`,
      {failure: 'maybe-done'},
    );
  }
}

/** Whether it is a message of vSphere's, and not of a proxy before it. */
export function isSoap({body}: Pick<HttpAnswer, 'body'>): boolean {
  return /<(?:[\w.-]+:)?Envelope[\s>]/.test(body.slice(0, 4096));
}

const PIECE = 16 * 1024;

/** An answer's text as the stream that the `soap` package wants to read: in pieces, since the first error ends it. */
export function streamOf(text: string): Readable {
  return Readable.from(
    Array.from({length: Math.ceil(text.length / PIECE)}, (_, at) => text.slice(at * PIECE, (at + 1) * PIECE)),
  );
}
