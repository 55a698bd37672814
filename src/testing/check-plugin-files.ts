import {readdir, readFile, stat} from 'node:fs/promises';
import {basename, dirname, join, resolve} from 'node:path';
import {builtinPlugins} from '../../plugins/index.js';
import {hasCode, toVchError, VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {type Plugin, pluginId} from '../migration/plugin.js';
import {createRegistry} from '../migration/registry.js';
import {type ImportPlugin, pluginImporter} from '../plugin-files/import-plugin.js';
import {loadPlugins, pluginFiles} from '../plugin-files/load-plugins.js';
import {IS_A_PLUGIN, type PluginCheck, runPluginChecks} from './check-plugin.js';
import type {PluginExample} from './plugin-checks.js';

/** The checks of one file, or those of several files side by side. */
export interface CheckedFile {
  readonly file: string;
  /** `null` where it is no plugin, and for the files side by side. */
  readonly id: string | null;
  readonly checks: readonly PluginCheck[];
}

/**
 * Checks the plugin in a file, or each one in a directory and all of them side by side; `directories` have further
 * plugins that they must stand beside.
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
      checked.push({
        file,
        id: null,
        checks: [{name: IS_A_PLUGIN, status: 'failed', message: plugin.message}],
      });
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
  // A file that was named twice, by itself and by its directory, is one plugin.
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

/** Where the examples of a plugin's file lie: in `test/` beside it. */
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
  return Promise.all(
    starts.map(async (name) => ({
      name,
      before: await readConfig(join(folder, name)),
      after: await readConfig(join(folder, name.replace(/before\.json$/, 'after.json'))),
    })),
  );
}

async function readConfig(path: string): Promise<ExtraConfig> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    const what = error instanceof SyntaxError ? 'is no JSON' : 'cannot be read';
    throw new VchError('VCH_ERR_USAGE', `the example ${path} ${what}; write {"key": "value", …} to it`);
  }
  if (!isConfig(value)) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `the example ${path} must be one object whose values are all strings`,
    );
  }
  return value;
}

function isConfig(value: unknown): value is ExtraConfig {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((member) => typeof member === 'string')
  );
}
