import type {PluginList} from '../../report/plugins.js';
import {pluginListText} from '../../report/plugins-text.js';
import type {Command, RunContext} from '../command.js';
import {EXIT} from '../exit-code.js';
import {OUTPUT_OPTIONS} from '../option-table.js';
import {publish} from '../publish.js';
import {readOutputSettings} from '../settings.js';
import {PLUGINS} from './plugins.js';

/** Which plugins there are, VIC's and those of others. */
export const pluginsList: Command = {
  name: 'plugins list',
  group: PLUGINS,
  aliases: [],
  summary: 'List the registered plugins: VIC’s, and those of --plugins',
  options: ['plugins', ...OUTPUT_OPTIONS],
  examples: [['plugins list --plugins ./plugins', 'VIC’s plugins, and those that lie in ./plugins']],
  prepare(given) {
    const output = readOutputSettings(given, 'plugins list');
    return {output, run: (context) => run(given.texts('plugins'), context)};
  },
};

async function run(directories: readonly string[], context: RunContext): Promise<number> {
  const [{composeTool}, {pluginId}] = await Promise.all([
    import('../compose-report.js'),
    import('../../migration/plugin.js'),
  ]);
  const registry = await context.operations.registry(directories);
  const list: PluginList = {
    schema: 'vch-migrate/plugins/v1',
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
  const text = {
    json: list,
    text: (layout: Parameters<typeof pluginListText>[1]) => pluginListText(list, layout),
  };
  const published = await publish(text, context);
  return published ? EXIT.done : EXIT.failed;
}
