import {VchError} from '../../errors.js';
import {FORMATS} from '../../report/format.js';
import type {Command, RunContext} from '../command.js';
import {EXIT} from '../exit-code.js';
import {OUTPUT_OPTIONS} from '../option-table.js';
import {publish} from '../publish.js';
import {readOutputSettings} from '../settings.js';

/** A saved plan or report, in any form. */
export const show: Command = {
  name: 'show',
  aliases: [],
  arguments: ['FILE'],
  summary: 'Show a saved plan or a JSON report, in any --format',
  options: OUTPUT_OPTIONS,
  examples: [
    ['show vch1.plan.json', 'a saved plan, at the terminal'],
    ['show night.json --report night.html --report night.md', 'a report as a page and for a ticket'],
  ],
  prepare(given, [file = '']) {
    const output = readOutputSettings(given, 'show', FORMATS);
    if (file === '') {
      throw new VchError(
        'VCH_ERR_USAGE',
        'show needs FILE, a saved plan or a JSON report: vch-migrate show vch1.plan.json; see vch-migrate show --help',
      );
    }
    return {output, run: (context) => run(file, context)};
  },
};

async function run(file: string, context: RunContext): Promise<number> {
  const [{readShown}, {renderReport}] = await Promise.all([
    import('../plan-file.js'),
    import('../../report/render.js'),
  ]);
  const shown = readShown(file);
  const report =
    shown.kind === 'report' ? shown.report : {...shown.plan.report, planDigest: shown.plan.digest};
  const published = await publish((format, layout) => renderReport(report, format, layout), context);
  return published ? EXIT.done : EXIT.failed;
}
