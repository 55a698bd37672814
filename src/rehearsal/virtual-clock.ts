import {subscribe} from 'node:diagnostics_channel';
import {ClientRequest, IncomingMessage, ServerResponse} from 'node:http';
import {performance} from 'node:perf_hooks';
import {setImmediate, setTimeout} from 'node:timers/promises';
import type {ServerTime} from '../simulator/simulator.js';
import type {Clock} from '../vim25/clock.js';

type SleepOptions = Parameters<Clock['sleep']>[1] & Parameters<ServerTime['sleep']>[1];

interface Sleeper {
  readonly until: number;
  readonly ref: boolean;
  readonly limit: boolean;
  wake(): void;
}

/** Where the virtual time begins. */
const START = Date.UTC(2026, 0, 2, 3, 4, 5);
/** How many turns of the event loop must bring nothing. */
const TURNS = 3;
/** What is under way where no turn of the event loop shows it. */
const UNDER_WAY = /^(?:FSReq|GetAddrInfo)/;
/** How many milliseconds of the machine must bring nothing where a request may be on its way unseen. */
const PATIENCE = 20;
/** The same before a limit is taken to be reached. */
const PATIENCE_WITH_LIMITS = 200;

/**
 * One time for a client and a server in this process. As soon as neither has anything to do, it jumps to the end of
 * the sleep that is over first: hours pass in milliseconds, and a slow machine only makes the test slower, since no
 * time passes while something is computed or on its way. Programs in processes of their own it cannot see: a test with
 * one of them needs the machine's time.
 */
export class VirtualClock implements Clock, ServerTime {
  readonly #sleepers = new Set<Sleeper>();
  #now = START;
  #running = false;

  /** A property, since who takes the time may take this function alone. */
  readonly now = (): number => this.#now;

  /** Milliseconds that have passed since the clock was made. */
  get elapsed(): number {
    return this.#now - START;
  }

  sleep(milliseconds: number, {signal, ref = true, limit = false}: SleepOptions = {}): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = {until: this.#now + Math.max(milliseconds, 0), ref, limit, wake};
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
      void this.#run();
    });
  }

  /** Jumps for as long as somebody sleeps on whom the test waits. */
  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    for (;;) {
      await quiet();
      for (let n = 0; onItsWay() && n < PATIENCE; n += 1) await quiet(1);
      // Whoever was waited for may have been woken meanwhile.
      if (![...this.#sleepers].some(({ref}) => ref)) break;
      const next = this.#first();
      if (next === undefined) break;
      const reached = () => !next.limit || next.until <= this.#now || next !== this.#first() || !onItsWay();
      for (let n = 0; !reached() && n < PATIENCE_WITH_LIMITS; n += 1) await quiet(1);
      if (next !== this.#first()) continue;
      this.#now = Math.max(this.#now, next.until);
      next.wake();
    }
    this.#running = false;
  }

  #first(): Sleeper | undefined {
    return [...this.#sleepers].reduce<Sleeper | undefined>(
      (first, other) => (first === undefined || other.until < first.until ? other : first),
      undefined,
    );
  }
}

/** Requests of this process that are not answered yet, by the word of undici and of Node's own client. */
const sent = new Set<unknown>();
/** Those that the servers of this process have taken in. */
const received = new Map<ServerResponse, IncomingMessage>();

const requestOf = (message: unknown): unknown =>
  typeof message === 'object' && message !== null && 'request' in message ? message.request : undefined;
const answered = (message: unknown): void => {
  sent.delete(requestOf(message));
};
subscribe('undici:request:create', (message) => {
  const request = requestOf(message);
  const tunnels =
    typeof request === 'object' && request && 'method' in request && request.method === 'CONNECT';
  // Of a tunnel undici does not tell when it is there.
  if (!tunnels) sent.add(request);
});
subscribe('undici:request:trailers', answered);
subscribe('undici:request:error', answered);
subscribe('http.client.request.start', (message) => {
  const request = requestOf(message);
  if (!(request instanceof ClientRequest)) return;
  sent.add(request);
  request.once('close', () => sent.delete(request));
});
subscribe('http.server.request.start', (message) => {
  const request = requestOf(message);
  const response = typeof message === 'object' && message && 'response' in message ? message.response : null;
  if (!(request instanceof IncomingMessage && response instanceof ServerResponse)) return;
  received.set(response, request);
  response.once('close', () => received.delete(response));
});

/** Whether a request or an answer is between a client and a server: a busy machine may be slow to carry it. */
function onItsWay(): boolean {
  const held = [...received].filter(([response, request]) => request.complete && !response.writableEnded);
  return sent.size !== held.length;
}

/** How many look at the turns of the event loop at this moment. */
let looking = 0;

/** Settles when some turns of the event loop have brought nothing, and so many milliseconds before them. */
async function quiet(milliseconds = 0): Promise<void> {
  for (;;) {
    const {events} = performance.nodeTiming.uvMetricsInfo;
    if (milliseconds > 0) await setTimeout(milliseconds);
    looking += 1;
    for (let turn = 0; turn < TURNS; turn += 1) await setImmediate();
    looking -= 1;
    const resources = process.getActiveResourcesInfo();
    const others = resources.filter((resource) => resource === 'Immediate').length > looking;
    if (resources.some((resource) => UNDER_WAY.test(resource))) await setTimeout(1);
    else if (!others && performance.nodeTiming.uvMetricsInfo.events === events) return;
  }
}
