/** One HTTP request as the server saw it; `method` is vim25's, or verb and path where it is no SOAP call. */
export interface LoggedRequest {
  readonly method: string;
  /** The moref; empty where it is no SOAP call. */
  readonly object: string;
  /** The `operationID` of the SOAP header. */
  readonly operationId?: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Every HTTP request since the start, or since the last reset. */
export class RequestLog {
  #list: LoggedRequest[] = [];
  #counts = new Map<string, number>();

  get list(): readonly LoggedRequest[] {
    return this.#list;
  }

  /** How many there were of each method. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  get total(): number {
    return this.#list.length;
  }

  /** How many there were of one method. */
  count(method: string): number {
    return this.#counts.get(method) ?? 0;
  }

  add(request: LoggedRequest): void {
    this.#list.push(request);
    this.#counts.set(request.method, this.count(request.method) + 1);
  }

  reset(): void {
    this.#list = [];
    this.#counts = new Map();
  }
}
