import {writeFileSync} from 'node:fs';
import type {ProgressEvent} from '../containers/outcome.js';
import {systemCode, toVchError, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Format, Listing} from '../report/format.js';
import {type EventsHead, eventLine, type RunEvent} from '../report/formats/ndjson.js';
import type {LayoutOptions} from '../report/layout.js';
import {EXIT, type Exit} from './exit.js';
import type {OutputSettings} from './settings.js';
import type {Terminal} from './terminal.js';

/** A result in every form it has. */
export type Render = (format: Format, layout: LayoutOptions) => string;

interface Publishing {
  readonly output: OutputSettings;
  readonly terminal: Pick<Terminal, 'out' | 'columns' | 'colour'>;
  readonly log: Logger;
}

const PAGE: LayoutOptions = {columns: 120, colour: false};

/** Prints a listing and returns the exit code of a command that did nothing else. */
export async function tell(listing: Listing, context: Publishing): Promise<Exit> {
  const render: Render = (format, layout) => {
    if (format.listing !== undefined) return format.listing(listing, layout);
    throw new VchError('VCH_ERR_INTERNAL', `a listing was to be written as ${format.name}`);
  };
  return (await publish(render, context)) ? EXIT.done : EXIT.failed;
}

/**
 * Prints a result to stdout and writes it to the report files; returns whether the files could be written. `printed`
 * replaces what stdout gets, where the stream has part of the result already.
 */
export async function publish(
  render: Render,
  {output, terminal, log}: Publishing,
  printed?: string,
): Promise<boolean> {
  const layout = {columns: terminal.columns, colour: terminal.colour && !output.noColor};
  // The screen first: a file that cannot be written must not cost the result.
  await terminal.out(printed ?? render(output.format, layout));
  try {
    writeReports(render, output);
    return true;
  } catch (error) {
    // stdout has its one document already.
    const {code, message} = toVchError(error);
    log.error(`${code}: ${message}`);
    return false;
  }
}

/** Writes a result to the report files. It tries all of them before it reports the ones that failed. */
export function writeReports(render: Render, {reports}: OutputSettings): void {
  const failed: string[] = [];
  for (const {path, format} of reports) {
    try {
      writeFileSync(path, render(format, PAGE));
    } catch (error) {
      failed.push(`--report ${path} could not be written (${systemCode(error)})`);
    }
  }
  if (failed.length === 0) return;
  throw new VchError(
    'VCH_ERR_INTERNAL',
    `${failed.join('; ')}; what was done is done, see it with vch-migrate status`,
  );
}

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
