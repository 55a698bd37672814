import {statSync} from 'node:fs';
import {register} from 'node:module';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {systemCode, thrownMessage, thrownText, VchError} from '../errors.js';
import {FIRST_FOREIGN_VERSION, HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import {definePlugin, type Plugin, type PluginDefinition} from '../migration/plugin.js';
import {pluginFaults} from '../migration/plugin-rules.js';
import {within} from '../migration/runner.js';
import {shellQuoted} from '../shell-word.js';

/** Milliseconds that the import of a file may take: a top-level `await` may never settle. */
const TIME_LIMIT = 10_000;

/** Imports one file, whose default export must be a plugin; `VCH_ERR_PLUGIN_INVALID` names the file and the fix. */
export type ImportPlugin = (file: string) => Promise<Plugin>;

/** Prepares the process to import plugins; once is enough. */
export function pluginImporter(): ImportPlugin {
  register('./resolve-own-package.js', import.meta.url);
  return importPlugin;
}

async function importPlugin(file: string): Promise<Plugin> {
  // Reading a pipe or a device would have no end.
  const stats = statSync(file, {throwIfNoEntry: false});
  if (stats !== undefined && !stats.isFile())
    throw invalid(file, 'is not a file. Name the file of a plugin, or the directory that contains it');
  const module = await importModule(file);
  try {
    return pluginIn(file, module);
  } catch (error) {
    if (error instanceof VchError) throw error;
    // What it exports may run code of its own wherever it is looked at.
    throw invalid(file, `is not a plugin: looking at it throws ${thrownText(error)}. Export a plain object`);
  }
}

function pluginIn(file: string, module: unknown): Plugin {
  const exported = defaultExport(module);
  if (exported === undefined) {
    throw invalid(
      file,
      'is not a plugin: it has no default export. Write `export default definePlugin({…})`, or move other files ' +
        '(tests, for example) to a folder of their own',
    );
  }
  if (!isDefinition(exported)) {
    const faults = pluginFaults(exported);
    throw invalid(file, `is not a plugin: ${faults.join('; ')}. Correct it, or move it to another folder`);
  }
  const plugin = definePlugin(exported, file);
  if (plugin.version < FIRST_FOREIGN_VERSION) {
    throw invalid(
      file,
      `has version ${plugin.version}, but 1 to ${HIGHEST_DATA_VERSION} are VIC's own: number it from ${FIRST_FOREIGN_VERSION}`,
    );
  }
  return plugin;
}

async function importModule(file: string): Promise<unknown> {
  try {
    return await within<unknown>(TIME_LIMIT, import(pathToFileURL(resolve(file)).href));
  } catch (error) {
    throw invalid(file, importFault(file, error));
  }
}

function importFault(file: string, error: unknown): string {
  const code = systemCode(error);
  const text = thrownMessage(error);
  const [line = ''] = text.split('\n');
  // `definePlugin` threw it, perhaps that of another copy of this package. Its message says what to correct.
  if (code === 'VCH_ERR_PLUGIN_INVALID') return `is not a valid plugin: ${text}`;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const own = /'vch-migrate(\/|')/.test(line);
    return `cannot be loaded: ${line}. ${own ? OWN_PACKAGE : 'Install the missing package beside it'}`;
  }
  const name = error instanceof Error ? `${error.name}: ` : '';
  return `cannot be loaded: ${name}${line}. Correct it; \`node ${shellQuoted(file)}\` shows more`;
}

const OWN_PACKAGE =
  'Run `npm install vch-migrate` in its directory, or export the plain object without definePlugin and its import';

/** The default export of an ES module, of a CommonJS module, and of an ES module compiled to CommonJS. */
function defaultExport(module: unknown): unknown {
  const exported = member(module, 'default');
  return member(exported, '__esModule') === true ? member(exported, 'default') : exported;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** Recognises a plugin by its shape, not by its class: the package may be installed twice. */
function isDefinition(value: unknown): value is PluginDefinition {
  return pluginFaults(value).length === 0;
}

function invalid(file: string, what: string): VchError {
  return new VchError('VCH_ERR_PLUGIN_INVALID', `${file} ${what}`);
}
