import {Readable} from 'node:stream';
import {type Dispatcher, errors} from 'undici';
import {type FailureClass, systemCode, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import {type Clock, systemClock} from './clock.js';
import {dispatcherTo} from './dispatcher.js';
import {type Head, Incoming} from './incoming.js';
import type {TlsOptions} from './tls.js';
import {Watch} from './watch.js';

// Why: docs/decisions/003-trust-and-contact.md

/** How to log in to a vCenter or ESXi. */
export interface ConnectOptions {
  /** The SDK endpoint, without credentials: `https://vc.example/sdk`. */
  readonly url: URL;
  readonly user: string;
  readonly password: string;
  readonly tls: TlsOptions;
  /** An HTTP proxy that tunnels to the server: `http://proxy.example:3128`, with user and password if it needs them. */
  readonly proxy?: URL | undefined;
  /** Sent as `operationID` with every call, so that the run can be found in vpxd's log. */
  readonly runId: string;
  readonly log: Logger;
  /** The clock of retries and waiting; by default the machine's own. */
  readonly clock?: Clock | undefined;
  /** When aborted, the login ends at once, and later an outage is no longer waited for. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds to wait for a server that has answered before and does not now; two minutes. */
  readonly retryFor?: number | undefined;
  /** Milliseconds for the TCP and TLS handshakes; 10,000. */
  readonly connectTimeout?: number | undefined;
  /**
   * Milliseconds without any progress after which a call fails: 120,000 (20,000 until logged in). The whole call may take
   * five times as long.
   */
  readonly requestTimeout?: number | undefined;
}

/** Whether a server answers, judging by the requests sent to it. */
export class Contact {
  readonly #now: () => number;
  /** When each unanswered request was sent, in order. */
  readonly #out = new Set<{readonly sent: number}>();
  #heard: number;
  #brokenSince: number | null = null;
  /** Whether it has ever answered: then the address is right. */
  answered = false;

  constructor(now: () => number) {
    this.#now = now;
    this.#heard = now();
  }

  /** The number of unanswered requests. */
  get waiting(): number {
    return this.#out.size;
  }

  /** Milliseconds since the first request that failed, if none has been answered since; otherwise `null`. */
  get broken(): number | null {
    return this.#brokenSince === null ? null : this.#now() - this.#brokenSince;
  }

  /** Milliseconds for which requests have been waiting without any answer. */
  get silent(): number {
    const [oldest] = this.#out;
    return oldest === undefined ? 0 : this.#now() - Math.max(oldest.sent, this.#heard);
  }

  /** Sends a request and notes its result. An answer that a proxy gives in place of the server does not count as one. */
  async sending<T>(request: () => Promise<T>, isAnswer: (answer: T) => boolean = () => true): Promise<T> {
    const entry = {sent: this.#now()};
    this.#out.add(entry);
    try {
      const answer = await request();
      this.#heard = this.#now();
      if (isAnswer(answer)) {
        this.#brokenSince = null;
        this.answered = true;
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

/** What comes before the body of an answer. */
interface AnswerHead {
  readonly status: number;
  readonly contentType: string;
  /** For a HEAD, the length of the body; `null` if the server does not say. */
  readonly contentLength: number | null;
}

/** An HTTP answer. */
export interface HttpAnswer extends AnswerHead {
  readonly body: string;
}

/** An HTTP answer whose body is still coming in. */
export interface IncomingAnswer extends AnswerHead {
  /** The first characters of the body: enough to see what it is. */
  readonly start: string;
  /** The body, from its start: as a whole if all of it is there, otherwise in pieces, which can be read once. */
  readonly text: string | AsyncIterable<string>;
}

/** A file that is sent as it is read: only a few pieces of it are ever in memory. */
export interface Upload {
  content(): AsyncIterable<Uint8Array>;
  /** Bytes. */
  readonly length: number;
}

/** An HTTP request to the server. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Upload;
  readonly signal?: AbortSignal | undefined;
}

/** A whole call may take this many times as long as it may stand still. */
const WHOLE = 5;
/** Bytes a second. A slower datastore would keep an upgrade for days. */
const SLOWEST_UPLOAD = 64 * 1024;

/**
 * Connections to one vCenter, and its session cookie. Its failures name host and reason and contain nothing of the
 * request, which may be a Login with the password.
 */
export class HttpClient {
  readonly #dispatcher: Dispatcher;
  readonly #url: URL;
  readonly #watch: Watch;
  readonly contact: Contact;
  /** Milliseconds without a byte in either direction after which a request fails. */
  timeout: number;
  #cookie: string | null = null;

  constructor(options: ConnectOptions, connections: number) {
    this.#url = options.url;
    const clock = options.clock ?? systemClock;
    this.#watch = new Watch(clock, options.url);
    this.contact = new Contact(() => clock.now());
    this.timeout = options.requestTimeout ?? 20_000;
    const timeout = options.connectTimeout ?? 10_000;
    this.#dispatcher = dispatcherTo({...options, timeout, connections});
  }

  /** Forgets the session, so that the next Login opens a new one. */
  dropCookie(): void {
    this.#cookie = null;
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  /** Sends a request, and gives the whole answer. */
  request(request: HttpRequest): Promise<HttpAnswer> {
    return this.receive(request, async ({text, status, contentType, contentLength}) => {
      let body = '';
      for await (const piece of typeof text === 'string' ? [text] : text) body += piece;
      return {status, body, contentType, contentLength};
    });
  }

  /** Sends a request, and gives what `take` made of the answer while it came in. What `take` throws is thrown as it is. */
  async receive<T>(
    {method, path, headers, body, signal}: HttpRequest,
    take: (answer: IncomingAnswer) => Promise<T>,
  ): Promise<T> {
    const upload = typeof body === 'object' ? body : null;
    const whole = WHOLE * this.timeout + ((upload?.length ?? 0) / SLOWEST_UPLOAD) * 1000;
    const watched = this.#watch.begin({idle: this.timeout, whole, abort: (late) => incoming.abort(late)});
    const incoming = new Incoming(this.#url.host, watched.moved);
    const stop = () => incoming.abort(abortReason(signal));
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) stop();
    const send = async () => {
      const sent: Dispatcher.DispatchOptions = {
        method,
        path,
        origin: this.#url.origin,
        // Limits go by our clock.
        headersTimeout: 0,
        bodyTimeout: 0,
        headers: {
          ...headers,
          ...(upload && {
            'content-type': 'application/octet-stream',
            'content-length': String(upload.length),
          }),
          ...(this.#cookie !== null && {cookie: this.#cookie}),
        },
        body:
          typeof body === 'object'
            ? Readable.from(moving(body.content(), watched.moved), {objectMode: false})
            : (body ?? null),
      };
      this.#dispatcher.dispatch(sent, incoming);
      const {status, headers: answered} = await incoming.head();
      this.#remember(answered);
      try {
        const start = await incoming.start();
        const contentType = String(answered['content-type'] ?? '');
        const contentLength = lengthOf(answered['content-length']);
        const [taken] = await Promise.allSettled([
          take({status, contentType, contentLength, start, text: incoming.text()}),
        ]);
        incoming.assertWhole();
        return {status, start, taken};
      } finally {
        incoming.close();
      }
    };
    const isAnswer = ({status, start}: Pick<IncomingAnswer, 'status' | 'start'>) =>
      method === 'POST' ? isSoap(start) : status < 500;
    let answer: Awaited<ReturnType<typeof send>>;
    try {
      // An upload takes minutes, in which the server does not have to answer.
      answer = upload === null ? await this.contact.sending(send, isAnswer) : await send();
    } catch (error) {
      throw transportError(error, this.#url, this.contact.answered);
    } finally {
      watched.end();
      signal?.removeEventListener('abort', stop);
    }
    if (answer.taken.status === 'rejected') throw answer.taken.reason;
    return answer.taken.value;
  }

  #remember(headers: Head['headers']): void {
    const cookies = headers['set-cookie'];
    if (cookies === undefined) return;
    for (const cookie of [cookies].flat()) {
      // vCenter quotes the value, vcsim does not; it goes back byte for byte.
      const pair = cookie.split(';', 1)[0];
      if (pair?.startsWith('vmware_soap_session=')) this.#cookie = pair;
    }
  }
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

/** The connection failed, so nothing was sent. */
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

/** What an error code of a socket or of undici means for another attempt. */
export function failureOfCode(code: string): FailureClass {
  if (NOT_SENT.has(code)) return 'not-sent';
  // EPROTO too: a TLS 1.3 alert may come after the request.
  return CLOSED.has(code) ? 'final' : 'maybe-done';
}

/** What an HTTP status means for another attempt if vSphere itself did not answer. */
export function failureOfStatus({status, body}: Pick<HttpAnswer, 'status' | 'body'>): FailureClass {
  if (status === 429 || (status === 503 && FROM_PROXY.test(body))) return 'not-sent';
  return status === 401 || status === 403 || status === 404 ? 'final' : 'maybe-done';
}

/** The answer of vCenter's front proxy while vpxd is down: rhttpproxy up to 7.0, envoy from 8.0. */
const FROM_PROXY = /Failed to connect to endpoint|no healthy upstream/i;

/** Uses nothing of an error but its code. */
function reason(code: string, url: URL, answered: boolean): string {
  // If it ever answered, --target is right.
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

/** The advice for a server that has answered before. */
export const STARTING = 'it has answered before, so it may be starting again: look at its services';

function errorCode(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if (error instanceof errors.UndiciError) return error.code;
  return systemCode(error);
}

/** The same bytes; every piece is a move. */
async function* moving<T>(pieces: AsyncIterable<T>, moved: () => void): AsyncGenerator<T> {
  for await (const piece of pieces) {
    moved();
    yield piece;
  }
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new errors.RequestAbortedError();
}

/** Whether vSphere itself answered, and not a proxy in front of it. */
export function isSoap(start: string): boolean {
  return /<(?:[\w.-]+:)?Envelope[\s>]/.test(start);
}
