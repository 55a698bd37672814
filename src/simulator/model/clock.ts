import {setTimeout} from 'node:timers/promises';

/** What a sleep of the server may be told. */
export interface SleepOptions {
  /** Aborting it ends the sleep early. */
  readonly signal?: AbortSignal | undefined;
  /** The sleep delays the answer to a request: a client waits until it is over. */
  readonly answering?: boolean | undefined;
}

/** The time that the server goes by: how long tasks, boots and idle sessions take. */
export interface ServerTime {
  /** Milliseconds since 1970. */
  now(): number;
  /** Never rejects. */
  sleep(milliseconds: number, options?: SleepOptions): Promise<void>;
}

/** The machine's own time. */
export const machineTime: ServerTime = {
  now: () => Date.now(),
  async sleep(milliseconds, {signal} = {}) {
    // Only an abort rejects here, and whoever aborts wants the sleep to end.
    await setTimeout(milliseconds, undefined, {...(signal && {signal})}).catch(() => undefined);
  },
};

/** The server's clock. */
export class Clock implements ServerTime {
  readonly #time: ServerTime;
  #last = 0n;

  constructor(time: ServerTime) {
    this.#time = time;
  }

  now(): number {
    return this.#time.now();
  }

  sleep(milliseconds: number, options: SleepOptions): Promise<void> {
    return this.#time.sleep(milliseconds, options);
  }

  /** Runs something when the time is up, unless the signal is aborted before. */
  after(milliseconds: number, signal: AbortSignal, run: () => void): void {
    void this.#time.sleep(milliseconds, {signal}).then(() => {
      if (!signal.aborted) run();
    });
  }

  /** The next `changeVersion`: opaque to clients, in form a time in microseconds, never the same twice. */
  changeVersion(): string {
    const microseconds = BigInt(Math.trunc(this.now())) * 1000n;
    this.#last = microseconds > this.#last ? microseconds : this.#last + 1n;
    const milliseconds = Number(this.#last / 1000n);
    return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(this.#last % 1000n).padStart(3, '0')}Z`;
  }
}
