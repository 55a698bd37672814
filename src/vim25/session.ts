import {toVchError, VchError} from '../errors.js';
import {type Clock, systemClock} from './clock.js';
import type {ConnectOptions, Contact} from './http-client.js';
import {type HttpAnswer, HttpClient, type HttpRequest} from './http-client.js';
import type {ManagedObjectReference} from './managed-object.js';
import {READ, RETRY_FOR, repeat} from './retry.js';
import {type AboutInfo, negotiateVersion, type ServiceContent, serviceContent} from './service.js';
import {type Arguments, Transport} from './transport.js';
import {child, childText, type Streamed, type XmlElement, xmlText} from './xml.js';

const SERVICE_INSTANCE: ManagedObjectReference = {type: 'ServiceInstance', value: 'ServiceInstance'};
// One connection for each write in flight, and a few for reads.
const CONNECTIONS = 40;
// Below the shortest idle limit that hardening guides recommend: ten minutes.
const KEEP_ALIVE_INTERVAL = 5 * 60_000;

/** A login. If the server has ended it, a call logs in again, once. */
export class Session {
  readonly url: URL;
  /** The vSphere user it is logged in as. */
  readonly user: string;
  readonly about: AboutInfo;
  readonly content: ServiceContent;
  readonly #transport: Transport;
  readonly #http: HttpClient;
  #key: string | null;
  readonly #options: ConnectOptions;
  readonly log: ConnectOptions['log'];
  /** The clock of retries and waiting. */
  readonly clock: Clock;
  /** Milliseconds that retries wait for a server that does not answer. */
  readonly patience: number;
  /** When aborted, retries wait only a few seconds longer for a server that does not answer; but a VCH that is down must come up. */
  readonly signal: AbortSignal | undefined;
  /** Whether the server answers. */
  readonly contact: Contact;
  readonly #closed = new AbortController();
  #generation = 0;
  #renewal: Promise<void> | null = null;

  constructor(
    options: ConnectOptions,
    http: HttpClient,
    transport: Transport,
    {about, content}: ReturnType<typeof serviceContent>,
    key: string | null = null,
  ) {
    this.url = options.url;
    this.user = options.user;
    this.about = about;
    this.content = content;
    this.#transport = transport;
    this.#http = http;
    this.#key = key;
    this.#options = options;
    this.log = options.log;
    this.clock = options.clock ?? systemClock;
    this.patience = options.retryFor ?? RETRY_FOR;
    this.signal = options.signal;
    this.contact = http.contact;
  }

  /** Logs in. */
  static async open(options: ConnectOptions, http: HttpClient): Promise<Session> {
    const {url, user, log, requestTimeout = 120_000} = options;
    const transport = await Transport.create(options, http);
    const versions = await http.request({method: 'GET', path: '/sdk/vimServiceVersions.xml'});
    transport.useVersion(negotiateVersion(versions, url));
    const answer = await transport.call('RetrieveServiceContent', SERVICE_INSTANCE);
    const session = new Session(options, http, transport, serviceContent(answer, url));
    await session.#login();
    const {fullName, apiVersion} = session.about;
    log.debug(`logged in to ${url.host} as ${user}: ${fullName}, API ${apiVersion}`);
    http.timeout = requestTimeout;
    void session.#keepAlive();
    return session;
  }

  /** The server's key of this login; `null` if it gave none. */
  get key(): string | null {
    return this.#key;
  }

  /** Increases with every renewed login: views, filters and tokens of earlier generations no longer exist. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Calls a method once. After `NotAuthenticated`, which the server answers before it does anything, it logs in
   * again and repeats the call. A broken connection is thrown: whether the call was carried out is not known.
   */
  async call(
    method: string,
    object: ManagedObjectReference,
    args: Arguments = {},
    streamed?: Streamed,
  ): Promise<XmlElement> {
    const generation = this.#generation;
    try {
      return await this.#transport.call(method, object, args, streamed);
    } catch (error) {
      if (!(error instanceof VchError) || error.fault !== 'NotAuthenticated') throw error;
      await this.#renew(generation);
      return this.#transport.call(method, object, args, streamed);
    }
  }

  /** Calls a method that changes nothing: repeated where trying again may help. */
  read(method: string, object: ManagedObjectReference, args: Arguments = {}): Promise<XmlElement> {
    return repeat(this, READ, () => this.call(method, object, args));
  }

  /** Logs in once more as the same user. The caller closes that session. */
  another(log: ConnectOptions['log']): Promise<Session> {
    return connect({...this.#options, log});
  }

  /** Waits until the server answers, as long as there is patience. */
  async reach(): Promise<void> {
    await this.read('CurrentTime', SERVICE_INSTANCE);
  }

  /**
   * Sends an HTTP request with the login's cookie, for files of datastores. After a 401 it checks the login: if the server
   * had ended it, it logs in and sends the request again.
   */
  async exchange(request: HttpRequest): Promise<HttpAnswer> {
    const generation = this.#generation;
    const answer = await this.#http.request(request);
    if (answer.status !== 401) return answer;
    await this.reach();
    return this.#generation === generation ? answer : this.#http.request(request);
  }

  /** Logs out and closes the connections. A failure is logged only. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#http.timeout = 10_000;
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

  /** Keeps the server from ending an idle session, for example while a user is asked. */
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

  async #login(): Promise<void> {
    const {user, password} = this.#options;
    this.#http.dropCookie();
    const opened = await this.#transport.call('Login', this.content.sessionManager, {
      userName: xmlText(sendable(user, 'the user name')),
      password: xmlText(sendable(password, 'the password')),
    });
    this.#key = childText(child(opened, 'returnval'), 'key') ?? null;
  }

  async #renew(generation: number): Promise<void> {
    if (generation !== this.#generation) return;
    this.#renewal ??= this.#login()
      .then(() => {
        this.#generation += 1;
        this.log.warn('the server had ended the session; logged in again');
      })
      .finally(() => {
        this.#renewal = null;
      });
    await this.#renewal;
  }
}

/** Logs in, and logs out whatever happens: abandoned sessions count towards vCenter's limit. */
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

/** Logs in. The caller closes the session; {@link withSession} does that by itself. */
export async function connect(options: ConnectOptions): Promise<Session> {
  const http = new HttpClient(options, CONNECTIONS);
  const giveUp = () => void http.close();
  options.signal?.addEventListener('abort', giveUp, {once: true});
  try {
    options.signal?.throwIfAborted();
    return await Session.open(options, http);
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

function sendable(text: string, what: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones XML cannot carry
  if (!text.isWellFormed() || /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text)) {
    throw new VchError('VCH_ERR_USAGE', `${what} holds a character that XML cannot carry`);
  }
  return text;
}
