import {VchError} from '../../errors.js';
import type {PluginMade} from '../../report/plugins.js';
import {pluginMadeText} from '../../report/plugins-text.js';
import type {Command, RunContext} from '../command.js';
import {shellQuoted} from '../command-text.js';
import {EXIT} from '../exit-code.js';
import {OUTPUT_OPTIONS} from '../option-table.js';
import {publish} from '../publish.js';
import {readOutputSettings} from '../settings.js';
import {PLUGINS} from './plugins.js';

/** A plugin to start from, with a test that passes. */
export const pluginsNew: Command = {
  name: 'plugins new',
  group: PLUGINS,
  aliases: [],
  arguments: ['NAME'],
  summary:
    'Make a plugin with its test and its before/after examples, in the current directory or --plugins DIR',
  options: ['plugins', ...OUTPUT_OPTIONS],
  examples: [
    ['plugins new container-team', 'makes 1000-container-team.mjs, or the next free number'],
    ['plugins new appliance-note --plugins ./plugins', 'one for the appliance, in ./plugins'],
  ],
  prepare(given, [argument = '']) {
    const output = readOutputSettings(given, 'plugins new');
    const [directory = '.', ...more] = given.texts('plugins');
    if (argument === '') {
      throw new VchError('VCH_ERR_USAGE', 'plugins new needs a name: vch-migrate plugins new container-team');
    }
    if (more.length > 0) {
      throw new VchError('VCH_ERR_USAGE', 'plugins new writes to one directory: give --plugins once');
    }
    return {output, run: (context) => run(argument, directory, context)};
  },
};

async function run(name: string, directory: string, context: RunContext): Promise<number> {
  const [{composeTool}, {newPlugin}] = await Promise.all([
    import('../compose-report.js'),
    import('../../plugin-files/new-plugin.js'),
  ]);
  const {id, target, files, packageFound} = await newPlugin(name, directory);
  const test = directory === '.' ? 'node --test' : `(cd ${shellQuoted(directory)} && node --test)`;
  const check = `vch-migrate plugins check ${shellQuoted(files[0] ?? directory)}`;
  const made: PluginMade = {
    schema: 'vch-migrate/plugins-new/v1',
    tool: composeTool(context.version),
    plugin: {id, target},
    files,
    next: packageFound
      ? `${test}, or ${check}`
      : `${check}; for node --test, npm install vch-migrate beside it`,
  };
  const published = await publish({json: made, text: (layout) => pluginMadeText(made, layout)}, context);
  return published ? EXIT.done : EXIT.failed;
}
