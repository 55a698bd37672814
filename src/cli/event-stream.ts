import type {ProgressEvent} from '../containers/outcome.js';
import {type EventsHead, eventLine, type RunEvent} from '../report/formats/ndjson.js';
import type {Terminal} from './terminal.js';

/** The stream of `--format ndjson` on stdout: its head comes once, and before all else. */
export class EventStream {
  readonly #terminal: Pick<Terminal, 'out'>;
  #opened = false;
  #written: Promise<void> = Promise.resolve();

  constructor(terminal: Pick<Terminal, 'out'>) {
    this.#terminal = terminal;
  }

  /** True once the head is out. */
  get opened(): boolean {
    return this.#opened;
  }

  open(head: EventsHead): void {
    this.#opened = true;
    this.#line(eventLine(head));
  }

  /** One event as it happens. */
  write(event: RunEvent): void {
    this.#line(eventLine(event));
  }

  /** What a run is at, for programs that show it. */
  progress(event: ProgressEvent, now: Date): void {
    const time = now.toISOString();
    if (event.type === 'phase') this.write({type: 'phase', time, phase: event.phase, total: event.total});
    if (event.type === 'progress') this.write({type: 'progress', time, done: event.done, total: event.total});
  }

  /** Settles when everything is written. */
  flushed(): Promise<void> {
    return this.#written;
  }

  #line(line: string): void {
    this.#written = this.#written.then(() => this.#terminal.out(line));
    // Told where it is awaited.
    this.#written.catch(() => undefined);
  }
}
