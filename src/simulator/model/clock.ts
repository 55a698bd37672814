/** The server's time. */
export class Clock {
  readonly #now: () => number;
  #last = 0n;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now();
  }

  /** The next `changeVersion`: opaque to clients, in form a time in microseconds, never the same twice. */
  changeVersion(): string {
    const microseconds = BigInt(Math.trunc(this.#now())) * 1000n;
    this.#last = microseconds > this.#last ? microseconds : this.#last + 1n;
    const milliseconds = Number(this.#last / 1000n);
    return `${new Date(milliseconds).toISOString().slice(0, -1)}${String(this.#last % 1000n).padStart(3, '0')}Z`;
  }
}
