import {DATA_VERSION_KEY, NAME_KEYS} from '../extraconfig/keys.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {Target} from '../migration/plugin.js';

/** What kind of plugin to create. */
export interface ScaffoldOptions {
  readonly id: string;
  readonly version: number;
  readonly name: string;
  readonly target: Target;
}

/**
 * The files of a new plugin, by their paths: the plugin, its test, and an example before and after. They pass as they
 * are. The test has a folder of its own, because every file beside the plugin counts as a plugin.
 */
export function scaffold({id, version, name, target}: ScaffoldOptions): Readonly<Record<string, string>> {
  const nameKey = NAME_KEYS[target].hidden;
  const ownKey = `${name}/note`;
  const before = {[nameKey]: 'web', [DATA_VERSION_KEY[target]]: String(HIGHEST_DATA_VERSION)};
  return {
    [`${id}.mjs`]: `import {definePlugin} from 'vch-migrate/plugin';

export default definePlugin({
  version: ${version}, // the order of application; never used twice
  target: '${target}',
  name: '${name}',
  summary: 'write a note about the ${target}', // one line for people
  keys: ['${ownKey}'], // what it reads and writes; it must touch nothing else
  reads: ['${nameKey}'], // what it only reads
  revision: 1, // raise it whenever \`up\` comes to another result
  persist: true, // false: in memory only
  up(draft) {
    const name = draft.get('${nameKey}'); // '' where it is empty, undefined where it is absent
    if (name) draft.set('${ownKey}', \`about \${name}\`);
  },
});
`,
    [`test/${id}.test.mjs`]: `import {readFile} from 'node:fs/promises';
import {test} from 'node:test';
import {checkPlugin} from 'vch-migrate/testing';
import plugin from '../${id}.mjs';

const read = async (name) => JSON.parse(await readFile(new URL(name, import.meta.url), 'utf8'));

test('${id} passes every check, and makes of its example what it should', async () => {
  const before = await read('${id}.before.json');
  const after = await read('${id}.after.json');
  await checkPlugin(plugin, {examples: [{before, after}]});
});
`,
    [`test/${id}.before.json`]: jsonText(before),
    [`test/${id}.after.json`]: jsonText({...before, [ownKey]: 'about web'}),
  };
}

function jsonText(config: Readonly<Record<string, string>>): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}
