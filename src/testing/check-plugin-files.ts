import {readdir, stat} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {builtinPlugins} from '../../plugins/index.js';
import {hasCode, toVchError, VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {parseJson, record, text} from '../json-shape.js';
import {type Plugin, pluginId} from '../migration/plugin.js';
import {createRegistry} from '../migration/registry.js';
import {type ImportPlugin, pluginImporter} from '../plugin-files/import-plugin.js';
import {loadPlugins, pluginFiles} from '../plugin-files/load-plugins.js';
import {readTextFile, whyUnread} from '../text-file.js';
import {IS_A_PLUGIN, type PluginCheck, runPluginChecks} from './check-plugin.js';
import type {PluginExample} from './plugin-checks.js';

/** The checks of one file, or of several files together. */
export interface CheckedFile {
  readonly file: string;
  /** `null` if it is not a plugin, and for several files together. */
  readonly id: string | null;
  readonly checks: readonly PluginCheck[];
}

/**
 * Checks the plugin in a file, or each one in a directory and all of them together. `directories` contain further plugins
 * that must fit beside them.
 */
export async function checkPluginFiles(
  path: string,
  directories: readonly string[],
): Promise<readonly CheckedFile[]> {
  const files = (await isDirectory(path)) ? await pluginFiles(path) : [path];
  const others = await loadPlugins(directories);
  const importPlugin = pluginImporter();
  const plugins: Plugin[] = [];
  const checked: CheckedFile[] = [];
  for (const file of files) {
    const plugin = await tryImport(file, importPlugin);
    if (plugin instanceof VchError) {
      const {message} = plugin;
      checked.push({file, id: null, checks: [{name: IS_A_PLUGIN, status: 'failed', message}]});
      continue;
    }
    plugins.push(plugin);
    const checks = await runPluginChecks(plugin, {examples: await readExamples(file)});
    checked.push({file, id: pluginId(plugin), checks});
  }
  if (plugins.length + others.length > 1) checked.push(sideBySide(path, [...plugins, ...others]));
  return checked;
}

async function tryImport(file: string, importPlugin: ImportPlugin): Promise<Plugin | VchError> {
  try {
    return await importPlugin(file);
  } catch (error) {
    if (hasCode(error, 'VCH_ERR_PLUGIN_INVALID')) return error;
    throw error;
  }
}

function sideBySide(path: string, plugins: readonly Plugin[]): CheckedFile {
  // A file that is named twice, by itself and by its directory, is one plugin.
  const distinct = new Map(plugins.map((plugin) => [resolve(plugin.file ?? pluginId(plugin)), plugin]));
  let message: string | null = null;
  try {
    createRegistry([...builtinPlugins, ...distinct.values()]);
  } catch (error) {
    message = toVchError(error).message;
  }
  const status = message === null ? 'passed' : 'failed';
  return {file: path, id: null, checks: [{name: 'versions and names are there once', status, message}]};
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    throw new VchError(
      'VCH_ERR_USAGE',
      `${path} cannot be read; name the file of a plugin, or a directory of plugins`,
    );
  }
}

/** Where the examples of a plugin's file are: in `test/` beside it. */
const EXAMPLES_FOLDER = 'test';

/**
 * The examples of a plugin's file: `test/NAME.before.json` and `test/NAME.after.json` beside `NAME.mjs`, each an
 * object of raw values by key; further ones are `test/NAME.WORD.before.json` and `test/NAME.WORD.after.json`.
 */
async function readExamples(file: string): Promise<readonly PluginExample[]> {
  const folder = join(dirname(file), EXAMPLES_FOLDER);
  const stem = basename(file).replace(/\.m?js$/, '');
  const names = await readdir(folder).catch(() => []);
  const starts = names.filter((name) => name.startsWith(`${stem}.`) && name.endsWith('.before.json')).sort();
  return starts.map((name) => ({
    name,
    before: readConfig(join(folder, name)),
    after: readConfig(join(folder, name.replace(/before\.json$/, 'after.json'))),
  }));
}

function readConfig(path: string): ExtraConfig {
  const file = readTextFile(path);
  const {value, fault} =
    file.status === 'read'
      ? parseJson(file.text, record(text))
      : {value: null, fault: `it cannot be read (${whyUnread(file)})`};
  if (fault === null) return value;
  throw new VchError(
    'VCH_ERR_USAGE',
    `the example ${path} is unusable: ${fault}. Write one object of strings to it: {"key": "value", …}`,
  );
}
