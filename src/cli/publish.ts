import type {ProgressEvent} from '../containers/outcome.js';
import {toVchError, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import type {Format, Listing} from '../report/format.js';
import {type EventsHead, eventLine, type RunEvent} from '../report/formats/ndjson.js';
import type {LayoutOptions} from '../report/layout.js';
import {EXIT, type Exit} from './exit.js';
import {whyUnwritten, writeWhole} from './result-file.js';
import type {OutputSettings} from './settings.js';
import type {Terminal} from './terminal.js';

/** A result in every form it has. */
type Render = (format: Format, layout: LayoutOptions) => string;

interface Publishing {
  readonly output: OutputSettings;
  readonly terminal: Pick<Terminal, 'out' | 'columns' | 'colour' | 'unicode'>;
  readonly log: Logger;
}

const PAGE: LayoutOptions = {columns: 120, colour: false};

/** Prints a listing and returns the exit code of a command that did nothing else. */
export async function tell(listing: Listing, context: Publishing): Promise<Exit> {
  const render: Render = (format, layout) => {
    if (format.listing !== undefined) return format.listing(listing, layout);
    throw new VchError('VCH_ERR_INTERNAL', `a listing cannot be written as ${format.name}`);
  };
  return (await publish(render, context)).ok ? EXIT.done : EXIT.failed;
}

/** Whether a result arrived. */
interface Delivery {
  /** Nothing failed. */
  readonly ok: boolean;
  /** stdout took it: false if that failed, or if its reader is gone (`| head`). */
  readonly seen: boolean;
}

/** Writes a result to the report files, and prints it, with `print` if stdout has a part of it already. */
export function publish(
  render: Render,
  {output, terminal, log}: Publishing,
  print = () =>
    terminal.out(
      render(output.format, {
        columns: terminal.columns,
        colour: terminal.colour && !output.noColor,
        unicode: terminal.unicode,
        details: output.details,
        saved: output.reports.map(({path}) => path),
      }),
    ),
): Promise<Delivery> {
  return deliver(render, output, print, log);
}

/** Writes the files first: a terminal or reader that is gone must not prevent them. It tries all of them. */
export async function deliver(
  render: Render,
  {reports, details}: Pick<OutputSettings, 'reports' | 'details'>,
  print: () => Promise<boolean>,
  log: Logger,
): Promise<Delivery> {
  let ok = true;
  for (const {path, format} of reports) {
    try {
      writeWhole(path, render(format, {...PAGE, details}));
    } catch (error) {
      ok = false;
      log.error(
        `VCH_ERR_INTERNAL: --report ${path} could not be written (${whyUnwritten(error)}); what was done is done, see it with vch-migrate status`,
      );
    }
  }
  try {
    return {ok, seen: await print()};
  } catch (error) {
    // stdout may have its one document already.
    const {code, message} = toVchError(error);
    log.error(`${code}: ${message}`);
    return {ok: false, seen: false};
  }
}

/** The stream of `--format ndjson` on stdout, which begins with its head. */
export class EventStream {
  readonly #terminal: Pick<Terminal, 'out'>;
  #opened = false;
  #written: Promise<boolean> = Promise.resolve(true);

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

  /** The progress of a run, for programs that show it. */
  progress(event: ProgressEvent, now: Date): void {
    const time = now.toISOString();
    if (event.type === 'phase') this.write({type: 'phase', time, phase: event.phase, total: event.total});
    if (event.type === 'progress' && event.total !== null)
      this.write({type: 'progress', time, done: event.done, total: event.total});
  }

  /** Resolves when everything is written, to whether stdout still has a reader. */
  flushed(): Promise<boolean> {
    return this.#written;
  }

  #line(line: string): void {
    this.#written = this.#written.then(() => this.#terminal.out(line));
    // Reported by `flushed`.
    this.#written.catch(() => undefined);
  }
}
