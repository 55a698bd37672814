import {builtinPlugins} from '../../plugins/index.js';
import {createRegistry, type PluginRegistry} from '../migration/registry.js';
import {loadPlugins} from './load-plugins.js';

/** VIC's plugins, and those of the directories that were named. */
export async function loadRegistry(directories: readonly string[]): Promise<PluginRegistry> {
  return createRegistry([...builtinPlugins, ...(await loadPlugins(directories))]);
}
