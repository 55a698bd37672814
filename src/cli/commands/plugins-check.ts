import {shellQuoted} from '../../shell-word.js';
import {localCommand} from '../command.js';
import {EXIT} from '../exit.js';
import {outputOptions, runOptions} from '../options.js';
import {PLUGINS} from './plugins-list.js';

/** What a plugin must pass before it may meet a VM. */
export const pluginsCheck = localCommand({
  name: 'plugins check',
  group: PLUGINS,
  positionals: [{name: 'PATH'}],
  summary: 'Check a plugin, or all of a directory: what must hold for every VM, and the examples in test/',
  options: {plugins: runOptions.plugins, ...outputOptions},
  examples: [
    ['plugins check ./1000-container-team.mjs', 'one plugin'],
    ['plugins check ./plugins --format json', 'every plugin of a directory, for programs'],
  ],
  async run(context, {args: [path = ''], own}) {
    const [{composeTool}, {checkPluginFiles}, {pluginCheckText}, {tell}] = await Promise.all([
      import('../compose-report.js'),
      import('../../testing/check-plugin-files.js'),
      import('../../report/plugins.js'),
      import('../publish.js'),
    ]);
    const plugins = await checkPluginFiles(path, own.plugins);
    const all = plugins.flatMap(({checks}) => checks);
    const of = (status: string) => all.filter((check) => check.status === status).length;
    const failed = of('failed');
    const document = {
      schema: 'vch-migrate/plugins-check/v1' as const,
      tool: composeTool(context.version),
      summary: {passed: of('passed'), failed, 'not-run': of('not-run')},
      plugins,
      next:
        failed === 0
          ? 'vch-migrate plan with --plugins and the directory of the plugin'
          : `fix what failed, then vch-migrate plugins check ${shellQuoted(path)}`,
    };
    const exit = await tell({document, text: pluginCheckText(plugins, document.summary)}, context);
    if (failed === 0) return exit;
    context.log.error(
      `VCH_ERR_PLUGIN_INVALID: ${failed} of ${all.length} checks failed for ${path}; ${document.next}`,
    );
    return EXIT.failed;
  },
});
