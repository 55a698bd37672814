import {VchError} from '../../errors.js';
import {shellQuoted} from '../../shell-word.js';
import {localCommand} from '../command.js';
import {outputOptions, runOptions} from '../options.js';
import {PLUGINS} from './plugins-list.js';

/** A plugin to start from, with a test that passes. */
export const pluginsNew = localCommand({
  name: 'plugins new',
  group: PLUGINS,
  positionals: [{name: 'NAME'}],
  summary:
    'Make a plugin with its test and its before/after examples, in the current directory or --plugins DIR',
  options: {plugins: runOptions.plugins, ...outputOptions},
  examples: [
    ['plugins new container-team', 'makes 1000-container-team.mjs, or the next free number'],
    ['plugins new appliance-note --plugins ./plugins', 'one for the appliance, in ./plugins'],
  ],
  async run(context, {args: [name = ''], own}) {
    const [directory = '.', ...more] = own.plugins;
    if (more.length > 0) {
      throw new VchError('VCH_ERR_USAGE', 'plugins new writes to one directory: give --plugins once');
    }
    const [{composeTool}, {newPlugin}, {pluginMadeText}, {tell}] = await Promise.all([
      import('../compose-report.js'),
      import('../../plugin-files/new-plugin.js'),
      import('../../report/plugins.js'),
      import('../publish.js'),
    ]);
    const {id, target, files, packageFound} = await newPlugin(name, directory);
    const test = directory === '.' ? 'node --test' : `(cd ${shellQuoted(directory)} && node --test)`;
    const check = `vch-migrate plugins check ${shellQuoted(files[0] ?? directory)}`;
    const document = {
      schema: 'vch-migrate/plugins-new/v1' as const,
      tool: composeTool(context.version),
      plugin: {id, target},
      files,
      next: packageFound
        ? `${test}, or ${check}`
        : `${check}; for node --test, npm install vch-migrate beside it`,
    };
    return tell({document, text: pluginMadeText(document.plugin, files)}, context);
  },
});
