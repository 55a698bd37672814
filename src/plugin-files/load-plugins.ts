import {readdir, realpath, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {builtinPlugins} from '../../plugins/index.js';
import {systemCode, VchError} from '../errors.js';
import type {Plugin} from '../migration/plugin.js';
import {createRegistry, type PluginRegistry} from '../migration/registry.js';
import {pluginImporter} from './import-plugin.js';

/** Loads your plugins: every `.js` and `.mjs` file directly in one of these directories. */
export async function loadPlugins(directories: readonly string[]): Promise<Plugin[]> {
  const files = new Map<string, string>();
  for (const directory of directories) {
    for (const file of await pluginFiles(directory)) {
      const real = await realpath(file).catch((error: unknown) => {
        throw new VchError(
          'VCH_ERR_PLUGIN_INVALID',
          `${file} cannot be read (${systemCode(error)}): it is a link that leads nowhere. Remove it, or correct what it names`,
        );
      });
      // A directory that is named twice counts once.
      if (!files.has(real)) files.set(real, file);
    }
  }
  if (files.size === 0) return [];
  const importPlugin = pluginImporter();
  const plugins: Plugin[] = [];
  for (const file of files.values()) plugins.push(await importPlugin(file));
  return plugins;
}

/** The files of a directory that must be plugins, sorted by name. A directory without any is refused. */
export async function pluginFiles(directory: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `${directory} ${fault(error)}; name a directory that contains plugins`,
    );
  }
  const files: string[] = [];
  for (const name of names.filter((name) => /\.m?js$/.test(name)).sort()) {
    const file = join(directory, name);
    // A broken link or a pipe counts as a file; importing it then says why it cannot be loaded.
    const found = await stat(file).catch(() => null);
    if (found === null || !found.isDirectory()) files.push(file);
  }
  if (files.length > 0) return files;
  throw new VchError(
    'VCH_ERR_USAGE',
    `${directory} contains no plugin: it has no .js and no .mjs file. Name another directory, ` +
      'or create a plugin with vch-migrate plugins new NAME',
  );
}

function fault(error: unknown): string {
  const word = systemCode(error);
  if (word === 'ENOENT') return 'does not exist';
  if (word === 'ENOTDIR') return 'is not a directory';
  return `cannot be read (${word})`;
}

/** VIC's own plugins, and those in the given directories. */
export async function loadRegistry(directories: readonly string[]): Promise<PluginRegistry> {
  return createRegistry([...builtinPlugins, ...(await loadPlugins(directories))]);
}
