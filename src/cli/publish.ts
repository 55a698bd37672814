import {writeFileSync} from 'node:fs';
import {toVchError, VchError} from '../errors.js';
import {toJson} from '../report/json.js';
import type {LayoutOptions} from '../report/layout.js';
import type {RunContext} from './command.js';
import type {Format, OutputSettings} from './settings.js';
import {systemWord} from './settings-file.js';

/** A result in both its forms. */
export interface Result {
  readonly json: object;
  readonly text: (layout: LayoutOptions) => string;
}

type Publishing = Pick<RunContext, 'output' | 'terminal' | 'log'>;

const PAGE: LayoutOptions = {columns: 120, colour: false};

/** Prints a result to stdout, and writes it to the report's file if there is to be one; tells whether that could be written. */
export async function publish(result: Result, {output, terminal, log}: Publishing): Promise<boolean> {
  const layout = {columns: terminal.columns, colour: terminal.colour && !output.noColor};
  // The screen first: a file that cannot be written must not cost the result.
  await terminal.out(render(result, output.format, layout));
  try {
    writeReport(result, output);
    return true;
  } catch (error) {
    // stdout has its one document already.
    const {code, message} = toVchError(error);
    log.error(`${code}: ${message}`);
    return false;
  }
}

/** Writes a result to the report's file alone, if there is to be one. */
export function writeReport(result: Result, {report}: OutputSettings): void {
  if (report === undefined) return;
  try {
    writeFileSync(report.path, render(result, report.format, PAGE));
  } catch (error) {
    throw new VchError(
      'VCH_ERR_INTERNAL',
      `--report ${report.path} could not be written (${systemWord(error)}); what was done is done, see it with vch-migrate status`,
    );
  }
}

function render(result: Result, format: Format, layout: LayoutOptions): string {
  return format === 'json' ? toJson(result.json) : result.text(layout);
}
