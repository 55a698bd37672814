import {existsSync} from 'node:fs';
import {readdir, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {dirname, join, resolve} from 'node:path';
import {builtinPlugins} from '../../plugins/index.js';
import {systemCode, VchError} from '../errors.js';
import {makeFolder} from '../make-folder.js';
import {FIRST_FOREIGN_VERSION} from '../migration/data-version.js';
import {pluginId, type Target} from '../migration/plugin.js';
import {isPluginName} from '../migration/plugin-rules.js';
import {scaffold} from './scaffold.js';

/** A plugin that was just created. */
export interface NewPlugin {
  readonly id: string;
  readonly target: Target;
  /** The plugin itself first. */
  readonly files: readonly string[];
  /** Whether the plugin can import this package from its directory. */
  readonly packageFound: boolean;
}

/**
 * Writes a plugin with the next free version, its test and its examples into a directory. Existing files are not touched.
 * A name that starts with `appliance-` makes a plugin for the appliance.
 */
export async function newPlugin(name: string, directory: string): Promise<NewPlugin> {
  if (!isPluginName(name)) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `${JSON.stringify(name)} is not a valid name for a plugin: use words of a-z and 0-9 joined by -, ` +
        'at most 64 characters, such as container-team',
    );
  }
  const found = await numbered(directory);
  const taken =
    found.some((plugin) => plugin.name === name) || builtinPlugins.some((own) => own.name === name);
  if (taken) {
    throw new VchError('VCH_ERR_USAGE', `a plugin ${name} already exists; choose another name`);
  }
  const version = Math.max(FIRST_FOREIGN_VERSION - 1, ...found.map((plugin) => plugin.version)) + 1;
  const target = name.startsWith('appliance-') ? 'appliance' : 'container';
  const id = pluginId({version, name});
  const files = Object.entries(scaffold({id, version, name, target})).map(
    ([file, text]) => [join(directory, file), text] as const,
  );
  await write(files);
  return {id, target, files: files.map(([file]) => file), packageFound: findsPackage(directory)};
}

/** The plugins of a directory, by the names of their files alone. */
async function numbered(directory: string): Promise<{readonly version: number; readonly name: string}[]> {
  const names = await readdir(directory).catch(() => []);
  return names.flatMap((file) => {
    const [, version, name] = /^(\d{4,9})-(.+)\.m?js$/.exec(file) ?? [];
    return version === undefined || name === undefined ? [] : [{version: Number(version), name}];
  });
}

async function write(files: readonly (readonly [string, string])[]): Promise<void> {
  const [there] = files.map(([file]) => file).filter((file) => existsSync(file));
  if (there !== undefined)
    throw new VchError('VCH_ERR_USAGE', `${there} already exists; move it, or choose another name`);
  try {
    for (const [file, text] of files) {
      makeFolder(dirname(file));
      await writeFile(file, text, {flag: 'wx'});
    }
  } catch (error) {
    const word = systemCode(error);
    const [[first = ''] = []] = files;
    throw new VchError(
      'VCH_ERR_USAGE',
      `${dirname(first)} cannot be written (${word}); name another directory with --plugins`,
    );
  }
}

function findsPackage(directory: string): boolean {
  try {
    createRequire(join(resolve(directory), 'plugin.mjs')).resolve('vch-migrate/plugin');
    return true;
  } catch {
    return false;
  }
}
