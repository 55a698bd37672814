import {StringDecoder} from 'node:string_decoder';
import {type Dispatcher, errors} from 'undici';
import {VchError} from '../errors.js';

/** What comes before the body of an answer. */
export interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Characters of a body that tell what it is. */
const START = 4096;
/** Characters that may wait to be read, before the server has to wait. */
const MOST_WAITING = 256 * 1024;
// Above anything a page of properties needs, below what would endanger the process.
const MAX_BODY = 256 * 1024 * 1024;

/**
 * An answer while it comes in: undici tells of it, and its text is read in pieces. Without a stream and a signal for each
 * request, which would cost more than a small answer.
 */
export class Incoming implements Dispatcher.DispatchHandler {
  readonly #host: string;
  readonly #moved: () => void;
  readonly #decoder = new StringDecoder('utf8');
  #controller: Dispatcher.DispatchController | null = null;
  #aborted: Error | null = null;
  #head: Head | null = null;
  /** What was not read yet. */
  #text = '';
  #bytes = 0;
  #ended = false;
  #broken: {readonly error: unknown} | null = null;
  #changed = () => {};

  /** Calls `moved` whenever a part of the answer arrives. */
  constructor(host: string, moved: () => void) {
    this.#host = host;
    this.#moved = moved;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#aborted !== null) controller.abort(this.#aborted);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Head['headers'],
  ): void {
    // Others only say that the answer is still to come.
    if (status < 200) return;
    this.#moved();
    this.#head = {status, headers};
    this.#changed();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#moved();
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_BODY) {
      const message = `${this.#host} sent an answer of more than ${MAX_BODY} bytes; it was cut off`;
      controller.abort(new VchError('VCH_ERR_TRANSPORT', message, {failure: 'maybe-done'}));
      return;
    }
    this.#text += this.#decoder.write(chunk);
    if (this.#text.length > MOST_WAITING) controller.pause();
    this.#changed();
  }

  onResponseEnd(): void {
    this.#text += this.#decoder.end();
    this.#ended = true;
    this.#changed();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#broken ??= {error};
    this.#changed();
  }

  /** Breaks it off, for that reason. */
  abort(reason: Error): void {
    this.#aborted ??= reason;
    this.#controller?.abort(reason);
  }

  async head(): Promise<Head> {
    while (this.#head === null) await this.#change();
    return this.#head;
  }

  /** The first characters of the text: enough to see what it is. */
  async start(): Promise<string> {
    while (this.#text.length < START && !this.#ended) await this.#change();
    return this.#text.slice(0, START);
  }

  /** The text: as a whole if all of it is there, otherwise in pieces. It can be read once. */
  text(): string | AsyncIterable<string> {
    return this.#ended ? this.#take() : this.#pieces();
  }

  async *#pieces(): AsyncGenerator<string> {
    for (;;) {
      const piece = this.#take();
      if (piece !== '') yield piece;
      else if (this.#ended) return;
      else await this.#change();
    }
  }

  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  /** Throws what broke it off, whatever its reader has made of that. */
  assertWhole(): void {
    if (this.#broken !== null) throw this.#broken.error;
  }

  /** What was not read is not wanted. */
  close(): void {
    if (!this.#ended && this.#broken === null) this.abort(new errors.RequestAbortedError());
  }

  /** Waits until there is more of it. */
  async #change(): Promise<void> {
    this.assertWhole();
    const changed = new Promise<void>((resolve) => {
      this.#changed = resolve;
    });
    if (this.#controller?.paused) this.#controller.resume();
    await changed;
    this.assertWhole();
  }
}
