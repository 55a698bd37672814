import {VchError} from '../../errors.js';
import type {PluginCheckReport} from '../../report/plugins.js';
import {pluginCheckText} from '../../report/plugins-text.js';
import type {Command, RunContext} from '../command.js';
import {shellQuoted} from '../command-text.js';
import {EXIT} from '../exit-code.js';
import {OUTPUT_OPTIONS} from '../option-table.js';
import {publish} from '../publish.js';
import {readOutputSettings} from '../settings.js';
import {PLUGINS} from './plugins.js';

/** What a plugin must pass before it may meet a VM. */
export const pluginsCheck: Command = {
  name: 'plugins check',
  group: PLUGINS,
  aliases: [],
  arguments: ['PATH'],
  summary: 'Check a plugin, or all of a directory: what must hold for every VM, and the examples in test/',
  options: ['plugins', ...OUTPUT_OPTIONS],
  examples: [
    ['plugins check ./1000-container-team.mjs', 'one plugin'],
    ['plugins check ./plugins --format json', 'every plugin of a directory, for programs'],
  ],
  prepare(given, [argument = '']) {
    const output = readOutputSettings(given, 'plugins check');
    if (argument === '') {
      throw new VchError(
        'VCH_ERR_USAGE',
        'plugins check needs the file of a plugin, or a directory: vch-migrate plugins check ./plugins',
      );
    }
    return {output, run: (context) => run(argument, given.texts('plugins'), context)};
  },
};

async function run(path: string, directories: readonly string[], context: RunContext): Promise<number> {
  const [{composeTool}, {checkPluginFiles}] = await Promise.all([
    import('../compose-report.js'),
    import('../../testing/check-plugin-files.js'),
  ]);
  const plugins = await checkPluginFiles(path, directories);
  const all = plugins.flatMap(({checks}) => checks);
  const of = (status: string) => all.filter((check) => check.status === status).length;
  const failed = of('failed');
  const report: PluginCheckReport = {
    schema: 'vch-migrate/plugins-check/v1',
    tool: composeTool(context.version),
    summary: {passed: of('passed'), failed, 'not-run': of('not-run')},
    plugins,
    next:
      failed === 0
        ? 'vch-migrate plan with --plugins and the directory of the plugin'
        : `mend what failed, then vch-migrate plugins check ${shellQuoted(path)}`,
  };
  const published = await publish({json: report, text: (layout) => pluginCheckText(report, layout)}, context);
  if (failed === 0) return published ? EXIT.done : EXIT.failed;
  context.log.error(
    `VCH_ERR_PLUGIN_INVALID: ${failed} of ${all.length} checks failed for ${path}; ${report.next}`,
  );
  return EXIT.failed;
}
