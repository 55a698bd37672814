import {toVchError, VchError} from '../errors.js';
import {type Clock, systemClock} from './clock.js';
import type {ConnectOptions, Contact} from './http-client.js';
import {type HttpAnswer, HttpClient} from './http-client.js';
import type {ManagedObjectReference} from './managed-object.js';
import {READ, RETRY_FOR, repeat} from './retry.js';
import {type AboutInfo, negotiateVersion, type ServiceContent, serviceContent} from './service.js';
import {type Arguments, Transport} from './transport.js';
import {child, childText, type XmlElement, xmlText} from './xml.js';

const SERVICE_INSTANCE: ManagedObjectReference = {type: 'ServiceInstance', value: 'ServiceInstance'};
// One connection for each write that may be in flight, and a few for the reads beside them.
const CONNECTIONS = 40;
// Below the shortest idle limit hardening guides ask for, which is ten minutes.
const KEEP_ALIVE_INTERVAL = 5 * 60_000;

interface SessionParts {
  readonly about: AboutInfo;
  readonly content: ServiceContent;
  readonly transport: Transport;
  readonly http: HttpClient;
  /** The key of the session that is open. */
  readonly key: string | null;
  /** Opens a new one and gives its key. */
  readonly login: () => Promise<string | null>;
  readonly options: ConnectOptions;
}

/** A live login. Every call made through it renews the login once if the server has ended it. */
export class Session {
  readonly url: URL;
  /** The vSphere user it is logged in as. */
  readonly user: string;
  readonly about: AboutInfo;
  readonly content: ServiceContent;
  readonly #transport: Transport;
  readonly #http: HttpClient;
  readonly #login: () => Promise<string | null>;
  #key: string | null;
  readonly log: ConnectOptions['log'];
  /** What retries and waiting go by. */
  readonly clock: Clock;
  /** Milliseconds for which retries wait for a server that does not answer. */
  readonly patience: number;
  /** Aborted, a server that does not answer is waited for a few seconds longer; but a VCH that is down must come up. */
  readonly signal: AbortSignal | undefined;
  readonly #closed = new AbortController();
  #generation = 0;
  #renewal: Promise<void> | null = null;

  constructor(parts: SessionParts) {
    const {url, user, log, clock = systemClock, retryFor = RETRY_FOR, signal} = parts.options;
    this.url = url;
    this.user = user;
    this.about = parts.about;
    this.content = parts.content;
    this.#transport = parts.transport;
    this.#http = parts.http;
    this.#login = parts.login;
    this.#key = parts.key;
    this.log = log;
    this.clock = clock;
    this.patience = retryFor;
    this.signal = signal;
    void this.#keepAlive();
  }

  /** The key by which the server knows this login; `null` where it told none. */
  get key(): string | null {
    return this.#key;
  }

  /** Whether the server answers. */
  get contact(): Contact {
    return this.#http.contact;
  }

  /** Grows with every renewed login: views, filters and tokens of an older generation are gone. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Calls a method once. After `NotAuthenticated`, which the server answers before it does anything, it logs in
   * again and repeats the call. A broken connection is thrown: whether the call was carried out is not known.
   */
  async call(method: string, object: ManagedObjectReference, args: Arguments = {}): Promise<XmlElement> {
    const generation = this.#generation;
    try {
      return await this.#transport.call(method, object, args);
    } catch (error) {
      if (!(error instanceof VchError) || error.fault !== 'NotAuthenticated') throw error;
      await this.#renew(generation);
      return this.#transport.call(method, object, args);
    }
  }

  /** Calls a method that changes nothing: repeated where trying again may help. */
  read(method: string, object: ManagedObjectReference, args: Arguments = {}): Promise<XmlElement> {
    return repeat(this, READ, () => this.call(method, object, args));
  }

  /** Waits until the server answers, as long as there is patience. */
  async reach(): Promise<void> {
    await this.read('CurrentTime', SERVICE_INSTANCE);
  }

  /**
   * A plain HTTP request under the login's cookie, for files of datastores. After a 401 the login is looked at; if the
   * server has ended it, it is renewed and the request is made again.
   */
  async exchange(send: (http: HttpClient, timeout: number) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const generation = this.#generation;
    const answer = await send(this.#http, this.#transport.timeout);
    if (answer.status !== 401) return answer;
    await this.reach();
    return this.#generation === generation ? answer : send(this.#http, this.#transport.timeout);
  }

  /** Logs out and lets go of the connections; that it could not log out is told, and changes nothing of what was done. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#transport.timeout = 10_000;
    try {
      await this.#transport.call('Logout', this.content.sessionManager);
    } catch (error) {
      if (!(error instanceof VchError) || error.fault !== 'NotAuthenticated') {
        this.log.warn(`the session could not be logged out: ${toVchError(error).message}`);
      }
    } finally {
      await this.#http.close();
    }
  }

  /** Keeps the server from ending a session that has nothing to do for a while, as during a long question to a person. */
  async #keepAlive(): Promise<void> {
    const {signal} = this.#closed;
    for (;;) {
      await this.clock.sleep(KEEP_ALIVE_INTERVAL, {signal, ref: false});
      if (signal.aborted) return;
      try {
        await this.reach();
      } catch (error) {
        this.log.warn(`keeping the session alive failed: ${toVchError(error).message}`);
      }
    }
  }

  async #renew(generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    this.#renewal ??= this.#login()
      .then((key) => {
        this.#key = key;
        this.#generation += 1;
        this.log.warn('the server had ended the session; logged in again');
      })
      .finally(() => {
        this.#renewal = null;
      });
    await this.#renewal;
  }
}

/** Logs in, hands out the session, and logs out whatever happens: orphaned sessions use up vCenter's limit. */
export async function withSession<T>(
  options: ConnectOptions,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await connect(options);
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** Logs in. The caller closes the session, or takes {@link withSession}, which does. */
export async function connect(options: ConnectOptions): Promise<Session> {
  const http = new HttpClient(options, CONNECTIONS);
  const giveUp = () => void http.close();
  options.signal?.addEventListener('abort', giveUp, {once: true});
  try {
    options.signal?.throwIfAborted();
    return await logIn(http, options);
  } catch (error) {
    await http.close();
    if (options.signal?.aborted !== true) throw error;
    throw new VchError(
      'VCH_ERR_INTERRUPTED',
      `stopped while logging in to ${options.url.host}; nothing was done there`,
    );
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
}

async function logIn(http: HttpClient, options: ConnectOptions): Promise<Session> {
  const transport = await Transport.create(options, http, options.requestTimeout ?? 20_000);
  transport.useVersion(negotiateVersion(await transport.get('/sdk/vimServiceVersions.xml'), options.url));
  const answer = await transport.call('RetrieveServiceContent', SERVICE_INSTANCE);
  const {about, content} = serviceContent(answer, options.url);
  const login = async () => {
    http.dropCookie();
    const opened = await transport.call('Login', content.sessionManager, {
      userName: xmlText(sendable(options.user, 'the user name')),
      password: xmlText(sendable(options.password, 'the password')),
    });
    return childText(child(opened, 'returnval'), 'key') ?? null;
  };
  const key = await login();
  options.log.debug(
    `logged in to ${options.url.host} as ${options.user}: ${about.fullName}, API ${about.apiVersion}`,
  );
  transport.timeout = options.requestTimeout ?? 120_000;
  return new Session({about, content, transport, http, key, login, options});
}

function sendable(text: string, what: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones XML cannot carry
  if (!text.isWellFormed() || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) {
    throw new VchError('VCH_ERR_USAGE', `${what} holds a character that XML cannot carry`);
  }
  return text;
}
