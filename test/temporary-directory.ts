import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';

/** A directory with these files, for the time of a callback. */
export async function withDirectory<T>(
  files: Readonly<Record<string, string>>,
  use: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'vch-migrate-test-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), {recursive: true});
      await writeFile(join(directory, name), text);
    }
    return await use(directory);
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
}

/** The source of a plugin: sound, but for the members that are given as source text. */
export function pluginSource(members: Readonly<Record<string, string>> = {}): string {
  const all: Readonly<Record<string, string>> = {
    version: '1000',
    target: "'container'",
    name: "'sample'",
    summary: "'a sample'",
    keys: "['sample/key']",
    revision: '1',
    persist: 'true',
    up: "(draft) => draft.set('sample/key', 'done')",
    ...members,
  };
  const body = Object.entries(all).map(([name, text]) => `  ${name}: ${text},\n`);
  return `export default {\n${body.join('')}};\n`;
}

/** The same plugin through `definePlugin`, as the documentation has it. */
export function definedSource(members: Readonly<Record<string, string>> = {}): string {
  const defined = pluginSource(members)
    .replace('export default {', 'export default definePlugin({')
    .replace(/\};\n$/, '});\n');
  return `import {definePlugin} from 'vch-migrate/plugin';\n${defined}`;
}
