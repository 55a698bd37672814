import type {IncomingMessage, ServerResponse} from 'node:http';
import {Agent, createServer, request, type Server} from 'node:https';
import {buffer} from 'node:stream/consumers';
import {type Certificate, makeCertificate} from '../src/simulator/certificate.js';
import type {Simulator} from '../src/simulator/simulator.js';
import type {VirtualClock} from './virtual-clock.js';

/** What a vCenter that is away does to a request. */
export const OUTAGE_MODES = ['503', 'refused', 'reset', 'hang', 'html'] as const;

export interface Outage {
  /** A SOAP method, or `PUT /folder`. */
  readonly on: string;
  readonly nth?: number;
  /** `lost`: that call is carried out, and its answer dropped. */
  readonly when: 'before' | 'lost' | 'after';
  readonly mode: (typeof OUTAGE_MODES)[number];
  readonly seconds: number;
}

export interface OutageProxy extends AsyncDisposable {
  /** The simulator as it is seen through the proxy. */
  readonly server: Pick<Simulator, 'url' | 'thumbprint' | 'user' | 'password'>;
  /** Whether the outage has come. */
  readonly met: boolean;
  /** From now on calls are counted anew, for this outage. */
  plan(outage: Outage): void;
}

/** In the words of vCenter's own front proxies: rhttpproxy up to 7.0, envoy from 8.0. */
const WORDS = ['503 Service Unavailable (Failed to connect to endpoint)', 'no healthy upstream'];

let certificate: Promise<Certificate> | undefined;

/** A proxy in front of a simulator, in this process and on the test's clock, that plays outages. */
export async function startOutageProxy(simulator: Simulator, clock: VirtualClock): Promise<OutageProxy> {
  certificate ??= makeCertificate('127.0.0.1');
  const {key, cert, thumbprint} = await certificate;
  const proxy = new FrontProxy(simulator, clock);
  const server = createServer({key, cert}, (req, res) => void proxy.answer(req, res));
  const port = await proxy.listen(server);
  return {
    server: {
      url: `https://127.0.0.1:${port}/sdk`,
      thumbprint,
      user: simulator.user,
      password: simulator.password,
    },
    get met() {
      return proxy.met;
    },
    plan: (outage) => proxy.plan(outage),
    [Symbol.asyncDispose]: () => proxy.close(),
  };
}

class FrontProxy {
  readonly #target: URL;
  readonly #clock: VirtualClock;
  readonly #agent = new Agent({rejectUnauthorized: false, keepAlive: true});
  readonly #over = new AbortController();
  #server: Server | undefined;
  #port = 0;
  #planned: Outage | null = null;
  #seen = 0;
  #now: Outage['mode'] | null = null;
  #words = 0;
  met = false;

  constructor(simulator: Simulator, clock: VirtualClock) {
    this.#target = new URL(simulator.url);
    this.#clock = clock;
  }

  async listen(server: Server): Promise<number> {
    this.#server = server;
    await new Promise<void>((resolve) => {
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    this.#port = address.port;
    return address.port;
  }

  plan(outage: Outage): void {
    this.#planned = outage;
    this.#seen = 0;
    this.met = false;
  }

  async answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await buffer(req).catch(() => null);
    if (body === null) return;
    const outage = this.#due(req, body);
    if (outage?.when === 'before') this.#begin(outage);
    if (this.#now !== null) return this.#fail(req, res, this.#now);
    const {method, url: path, headers} = req;
    const {hostname: host, port} = this.#target;
    const onward = request({host, port, method, path, headers, agent: this.#agent}, async (answer) => {
      const answered = await buffer(answer);
      if (outage?.when === 'lost') {
        this.#begin(outage);
        req.socket.destroy();
        return;
      }
      res.writeHead(answer.statusCode ?? 500, answer.headers);
      res.end(answered);
      if (outage !== null) this.#begin(outage);
    });
    onward.on('error', () => req.socket.destroy());
    onward.end(body);
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#agent.destroy();
    this.#server?.closeAllConnections();
    this.#server?.close();
  }

  /** The planned outage, if this is its call. */
  #due({method, url = ''}: IncomingMessage, body: Buffer): Outage | null {
    const planned = this.#planned;
    if (planned === null) return null;
    const soap = /Body>\s*<(?:\w+:)?(\w+)/.exec(body.toString('latin1'))?.[1];
    const name = soap ?? `${method} ${url}`;
    if (soap === undefined ? !name.startsWith(planned.on) : name !== planned.on) return null;
    this.#seen += 1;
    return this.#seen === (planned.nth ?? 1) ? planned : null;
  }

  #begin({mode, seconds}: Outage): void {
    this.met = true;
    this.#now = mode;
    const server = this.#server;
    if (mode === 'refused') {
      server?.close();
      // The answer to the call that it begins after has to leave first.
      setImmediate(() => server?.closeAllConnections());
    }
    void this.#clock.sleep(seconds * 1000, {signal: this.#over.signal}).then(async () => {
      if (this.#over.signal.aborted) return;
      this.#now = null;
      if (mode === 'refused' && server !== undefined) await this.listen(server);
    });
  }

  #fail(req: IncomingMessage, res: ServerResponse, mode: Outage['mode']): void {
    switch (mode) {
      case '503':
        this.#words += 1;
        res.writeHead(503, {'content-type': 'text/plain'});
        res.end(WORDS[this.#words % WORDS.length]);
        return;
      case 'html':
        res.writeHead(200, {'content-type': 'text/html'});
        res.end('<html>maintenance</html>');
        return;
      case 'hang':
        return;
      default:
        req.socket.destroy();
    }
  }
}
