import {subscribe} from 'node:diagnostics_channel';
import type {IncomingMessage, ServerResponse} from 'node:http';
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
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
/** How long the process must have nothing to do, in milliseconds of the machine. */
const IDLE = 0.5;
/**
 * What the timer that looks may take of them itself. A process that the machine lets wait for its turn is idle by
 * Node's own measure; only what it does then shows that it had something to do.
 */
const BUSY = 0.15;
/** What is on its way where no turn of the event loop shows it. */
const ON_ITS_WAY = /^(?:FSReq|GetAddrInfo)/;
/** How many idle moments pass before time goes on although a request is on its way: the machine may be slow to carry it. */
const IN_FLIGHT_PATIENCE = 20;
/** How many times ten idle milliseconds of the machine pass before a limit is taken to be reached. */
const PATIENCE = 20;

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
      await idle();
      for (let n = 1; onItsWay() > 0 && n < IN_FLIGHT_PATIENCE; n += 1) await idle();
      // Whoever was waited for may have been woken meanwhile.
      if (![...this.#sleepers].some(({ref}) => ref)) break;
      const next = this.#first();
      if (next === undefined) break;
      const reached = () =>
        !next.limit || onItsWay() <= 0 || next.until <= this.#now || next !== this.#first();
      for (let n = 0; !reached() && n < PATIENCE; n += 1) await idle(10);
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

/** Requests of this process that are not answered yet, by undici's own word. */
let unanswered = 0;
const answered = (): void => {
  unanswered -= 1;
};
subscribe('undici:request:create', () => {
  unanswered += 1;
});
subscribe('undici:request:trailers', answered);
subscribe('undici:request:error', answered);

/** What the servers of this process are asked, until it is answered. */
const asked = new Set<Exchange>();
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}
subscribe('http.server.request.start', (message) => {
  // Node's own message on this channel, which has no type.
  const exchange = message as Exchange;
  asked.add(exchange);
  exchange.response.once('close', () => asked.delete(exchange));
});

/** Requests and answers that are between a client and a server: a server that thinks, sleeps or hangs has its request. */
function onItsWay(): number {
  const held = [...asked].filter(({request, response}) => request.complete && !response.headersSent);
  return unanswered - held.length;
}

/** Settles when the process has had nothing to do for a moment. */
async function idle(milliseconds = 1): Promise<void> {
  for (;;) {
    const before = performance.eventLoopUtilization();
    await setTimeout(milliseconds);
    const {idle: nothing, active} = performance.eventLoopUtilization(before);
    const waits = process.getActiveResourcesInfo().some((resource) => ON_ITS_WAY.test(resource));
    if (!waits && nothing >= IDLE && active <= BUSY) return;
  }
}
