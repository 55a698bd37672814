// Why: docs/decisions/003-trust-and-contact.md
/** Whether a server answers, as far as the requests that were sent to it tell. */
export class Contact {
  readonly #now: () => number;
  /** When each request that is out was sent, in their order. */
  readonly #out = new Set<{readonly sent: number}>();
  #heard: number;
  #brokenSince: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
    this.#heard = now();
  }

  /** Requests that are out, and not answered yet. */
  get waiting(): number {
    return this.#out.size;
  }

  /** Milliseconds since the first request that the connection failed, if none got through since; else `null`. */
  get broken(): number | null {
    return this.#brokenSince === null ? null : this.#now() - this.#brokenSince;
  }

  /** Milliseconds for which somebody has been waiting for an answer, any answer. */
  get silent(): number {
    const [oldest] = this.#out;
    return oldest === undefined ? 0 : this.#now() - Math.max(oldest.sent, this.#heard);
  }

  /** Sends a request, and takes note of what becomes of it. */
  async sending<T>(request: () => Promise<T>): Promise<T> {
    const entry = {sent: this.#now()};
    this.#out.add(entry);
    try {
      const answer = await request();
      this.#heard = this.#now();
      this.#brokenSince = null;
      return answer;
    } catch (error) {
      this.#brokenSince ??= this.#now();
      throw error;
    } finally {
      this.#out.delete(entry);
    }
  }
}
