import {localCommand} from '../command.js';
import {outputOptions, runOptions} from '../options.js';

/** The commands around plugins, as the help has them together. */
export const PLUGINS = {name: 'plugins', summary: 'List, make and check plugins: list, new NAME, check PATH'};

/** Lists the plugins: VIC's, and third-party ones. */
export const pluginsList = localCommand({
  name: 'plugins list',
  group: PLUGINS,
  summary: 'List the registered plugins: VIC’s, and those of --plugins',
  options: {plugins: runOptions.plugins, ...outputOptions},
  examples: [['plugins list --plugins ./plugins', 'VIC’s plugins, and those that lie in ./plugins']],
  async run(context, {own: {plugins: directories}}) {
    const [{composeTool}, {pluginId}, {pluginListText}, {tell}] = await Promise.all([
      import('../compose-report.js'),
      import('../../migration/plugin.js'),
      import('../../report/plugins.js'),
      import('../publish.js'),
    ]);
    const registry = await context.registry(directories);
    const document = {
      schema: 'vch-migrate/plugins/v1' as const,
      tool: composeTool(context.version),
      plugins: registry.plugins.map((plugin) => ({
        id: pluginId(plugin),
        version: plugin.version,
        target: plugin.target,
        name: plugin.name,
        summary: plugin.summary,
        revision: plugin.revision,
        persist: plugin.persist,
        keys: plugin.keys,
        reads: plugin.reads,
        file: plugin.file ?? null,
      })),
      next:
        directories.length === 0
          ? 'vch-migrate plugins new NAME makes another, --plugins DIR adds those of a directory'
          : 'vch-migrate plugins check DIR, then vch-migrate plan with the same --plugins',
    };
    return tell({document, text: pluginListText(document.plugins)}, context);
  },
});
