import {register} from 'node:module';
import {resolve} from 'node:path';
import {pathToFileURL} from 'node:url';
import {VchError} from '../errors.js';
import {FIRST_FOREIGN_VERSION, HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import {definePlugin, type Plugin, type PluginDefinition} from '../migration/plugin.js';
import {pluginFaults} from '../migration/plugin-rules.js';
import {within} from '../migration/runner.js';

/** Milliseconds that a file has to be imported: a top-level `await` may never settle. */
const TIME_LIMIT = 10_000;

/** Imports one file and takes its default export for a plugin; `VCH_ERR_PLUGIN_INVALID` names the file and the fix. */
export type ImportPlugin = (file: string) => Promise<Plugin>;

/** Makes the process ready to import plugins, for which it is enough to do it once. */
export function pluginImporter(): ImportPlugin {
  register('./resolve-own-package.js', import.meta.url);
  return importPlugin;
}

async function importPlugin(file: string): Promise<Plugin> {
  const exported = defaultExport(await importModule(file));
  if (exported === undefined) {
    throw invalid(
      file,
      'is no plugin: it has no default export. Write `export default definePlugin({…})`, or keep what is no plugin ' +
        '(tests, say) in a folder of its own',
    );
  }
  if (!isDefinition(exported)) {
    const faults = pluginFaults(exported);
    throw invalid(file, `is no plugin: ${faults.join('; ')}. Mend it, or keep what is no plugin elsewhere`);
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
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const text = error instanceof Error ? error.message : String(error);
  const [line = ''] = text.split('\n');
  // Thrown by `definePlugin`, perhaps by that of another copy of this package: its words say what to mend.
  if (code === 'VCH_ERR_PLUGIN_INVALID') return `is no valid plugin: ${text}`;
  if (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') {
    const own = /'vch-migrate(\/|')/.test(line);
    return `cannot be loaded: ${line}. ${own ? OWN_PACKAGE : 'Install what it imports beside it'}`;
  }
  const name = error instanceof Error ? `${error.name}: ` : '';
  return `cannot be loaded: ${name}${line}. Mend it: \`node ${file}\` tells more`;
}

const OWN_PACKAGE =
  'Run `npm install vch-migrate` in its directory, or export the plain object, without definePlugin and without the import';

/** Of an ES module, of a CommonJS module, and of what a compiler makes of the first for the second. */
function defaultExport(module: unknown): unknown {
  const exported = member(module, 'default');
  return member(exported, '__esModule') === true ? member(exported, 'default') : exported;
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

/** By its shape and not by its class: the package may be there twice. */
function isDefinition(value: unknown): value is PluginDefinition {
  return pluginFaults(value).length === 0;
}

function invalid(file: string, what: string): VchError {
  return new VchError('VCH_ERR_PLUGIN_INVALID', `${file} ${what}`);
}
