import {Writable} from 'node:stream';

const CLEAR = '\r\u001b[K';

/** The last line of a terminal while something goes on: drawn over and over, and gone before anything else is written. */
export class StatusLine {
  readonly #stream: Writable;
  #shown = false;
  /** What others write to the same terminal goes through here. */
  readonly around: Writable;

  constructor(stream: Writable) {
    this.#stream = stream;
    this.around = new Writable({
      decodeStrings: false,
      write: (chunk, encoding, done) => {
        this.clear();
        stream.write(chunk, encoding);
        // At once: what is drawn must not overtake what was written before it.
        done();
      },
    });
  }

  show(text: string): void {
    this.#shown = true;
    this.#stream.write(`${CLEAR}${text}`);
  }

  clear(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#stream.write(CLEAR);
  }
}
