import {writeFileSync} from 'node:fs';
import {toVchError, VchError} from '../errors.js';
import type {Format, Listing} from '../report/format.js';
import type {LayoutOptions} from '../report/layout.js';
import type {RunContext} from './context.js';
import {EXIT, type Exit} from './exit.js';
import type {OutputSettings} from './settings.js';
import {systemWord} from './text-file.js';

/** A result in every form it has. */
export type Render = (format: Format, layout: LayoutOptions) => string;

type Publishing = Pick<RunContext, 'output' | 'terminal' | 'log'>;

const PAGE: LayoutOptions = {columns: 120, colour: false};

/** Prints a listing, and gives the exit code of a command that has done no more than that. */
export async function tell(listing: Listing, context: Publishing): Promise<Exit> {
  const render: Render = (format, layout) => {
    if (format.listing !== undefined) return format.listing(listing, layout);
    throw new VchError('VCH_ERR_INTERNAL', `a listing was to be written as ${format.name}`);
  };
  return (await publish(render, context)) ? EXIT.done : EXIT.failed;
}

/** Prints a result to stdout, and writes it to the reports' files; tells whether those could be written. `printed` is
 * what stdout gets instead, where a part of the result is there already. */
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

/** Writes a result to the reports' files alone; all of them are tried before one that fails is told. */
export function writeReports(render: Render, {reports}: OutputSettings): void {
  const failed: string[] = [];
  for (const {path, format} of reports) {
    try {
      writeFileSync(path, render(format, PAGE));
    } catch (error) {
      failed.push(`--report ${path} could not be written (${systemWord(error)})`);
    }
  }
  if (failed.length === 0) return;
  throw new VchError(
    'VCH_ERR_INTERNAL',
    `${failed.join('; ')}; what was done is done, see it with vch-migrate status`,
  );
}
