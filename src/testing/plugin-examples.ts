import {readdir, readFile} from 'node:fs/promises';
import {basename, dirname, join} from 'node:path';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import type {PluginExample} from './plugin-checks.js';

/** Where the examples of a plugin's file lie: in `test/` beside it. */
export const EXAMPLES_FOLDER = 'test';

/**
 * The examples of a plugin's file: `test/NAME.before.json` and `test/NAME.after.json` beside `NAME.mjs`, each an
 * object of raw values by key; further ones are `test/NAME.WORD.before.json` and `test/NAME.WORD.after.json`.
 */
export async function readExamples(file: string): Promise<readonly PluginExample[]> {
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
