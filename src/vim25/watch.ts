import {VchError} from '../errors.js';
import type {Clock} from './clock.js';

/** A request under way, and what it may take in milliseconds. */
interface Limits {
  /** Without a part of the answer. */
  readonly idle: number;
  readonly whole: number;
  /** Called once, if it takes longer. */
  readonly abort: (late: VchError) => void;
}

interface Watched extends Limits {
  readonly end: number;
  last: number;
}

/** Watches the requests to a server. Breaks off a request whose answer stands still, or that takes too long as a whole. */
export class Watch {
  readonly #clock: Clock;
  readonly #host: string;
  readonly #watched = new Set<Watched>();
  /** One sleep for all of them: until the first may be late. */
  #sleep: {readonly until: number; readonly alarm: AbortController} | null = null;

  constructor(clock: Clock, {host}: URL) {
    this.#clock = clock;
    this.#host = host;
  }

  /** Watches one more, until it ends. */
  begin(limits: Limits) {
    const last = this.#clock.now();
    const one: Watched = {...limits, end: last + limits.whole, last};
    this.#watched.add(one);
    if (this.#sleep === null) void this.#run();
    else if (due(one) < this.#sleep.until) this.#sleep.alarm.abort('earlier');
    return {
      moved: () => {
        one.last = this.#clock.now();
      },
      end: () => {
        this.#watched.delete(one);
        // With a reason, because an error would be made of none.
        if (this.#watched.size === 0) this.#sleep?.alarm.abort('ended');
      },
    };
  }

  async #run(): Promise<void> {
    while (this.#watched.size > 0) {
      const until = Math.min(...[...this.#watched].map(due));
      const alarm = new AbortController();
      this.#sleep = {until, alarm};
      await this.#clock.sleep(until - this.#clock.now(), {signal: alarm.signal, limit: true});
      for (const one of this.#watched) if (due(one) <= this.#clock.now()) this.#breakOff(one);
    }
    this.#sleep = null;
  }

  #breakOff(one: Watched): void {
    this.#watched.delete(one);
    const what = this.#clock.now() >= one.end ? 'no whole answer' : 'no answer';
    const message = `${this.#host}: ${what} within the time limit; the server hangs or is overloaded`;
    one.abort(new VchError('VCH_ERR_TIMEOUT', message, {failure: 'maybe-done'}));
  }
}

/** When it is late. */
function due({last, idle, end}: Watched): number {
  return Math.min(last + idle, end);
}
