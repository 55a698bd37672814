import {FORMATS} from '../../report/formats.js';
import {localCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {outputOptions} from '../options.js';

/** A saved plan or report, in any form. */
export const show = localCommand({
  name: 'show',
  positionals: [{name: 'FILE', documents: ['plan', 'report']}],
  summary: 'Show a saved plan or a JSON report, in any --format',
  options: outputOptions,
  formats: FORMATS,
  examples: [
    ['show vch1.plan.json', 'a saved plan, at the terminal'],
    ['show night.json --report night.html --report night.md', 'a report as a page and for a ticket'],
  ],
  async run(context, {args: [file = '']}) {
    const [{readShown}, {publish}] = await Promise.all([import('../plan-file.js'), import('../publish.js')]);
    const report = readShown(file);
    const {ok} = await publish((format, layout) => format.report(report, layout), context);
    return ok ? EXIT.done : EXIT.failed;
  },
});
