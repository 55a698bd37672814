import {type ErrorCode, VchError} from '../errors.js';
import type {Target} from '../extraconfig/keys.js';
import {pluginFaults} from './plugin-rules.js';

export {
  CREATETIME_KEY,
  INSECURE_REGISTRIES_KEY,
  NAME_KEYS,
  RENAME_DISABLED_KEY,
  type Target,
  VICADMIN_ENV_KEY,
} from '../extraconfig/keys.js';
export {joinEntries, listEntries} from '../extraconfig/value.js';

/** One VM's ExtraConfig as a plugin sees it: its declared keys and no others; to touch another fails the VM. */
export interface PluginDraft {
  /** The text of a key: `''` where VIC stored an empty string (`<nil>`), `undefined` where it is absent. */
  get(key: string): string | undefined;
  /** Sets the text of a key named in `keys`. */
  set(key: string, text: string): void;
  /** Removes a key named in `keys`. */
  delete(key: string): void;
  /** The declared keys that are there, sorted. */
  keys(): string[];
  /** Notes what a person should know; `code` is short-words-like-this. */
  finding(code: string, message: string): void;
  /** Stops here: nothing at all is written to this VM. In memory it is a finding, and this plugin changes nothing. */
  refuse(code: ErrorCode, message: string): never;
}

/** What a plugin author writes. */
export interface PluginDefinition {
  /** Applied in this order; 1 to 10 are VIC's data versions, others are numbered from 1000. */
  readonly version: number;
  readonly target: Target;
  /** short-words-like-this; with the version it makes the id. */
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** Keys that are read and written; in a pattern `*` is one map key or one index. */
  readonly keys: readonly string[];
  /** Keys that are only read. The ledger pins the exact ones: `verify` notices when they change afterwards. */
  readonly reads?: readonly string[];
  /** Raised whenever `up` gives another result than before. */
  readonly revision: number;
  /** Whether the result is written to the VM; `false`: in memory only, by `migrateConfig`. */
  readonly persist: boolean;
  up(draft: PluginDraft, vm: {readonly dataVersion: number}): void | Promise<void>;
}

/** A checked plugin. */
export interface Plugin extends PluginDefinition {
  readonly reads: readonly string[];
  /** The file that it was loaded from, for messages; absent where it was handed over as a value. */
  readonly file?: string;
}

/**
 * Checks a plugin and freezes it; a fault is `VCH_ERR_PLUGIN_INVALID` and says what to mend. `file` is where it
 * was loaded from.
 */
export function definePlugin(definition: PluginDefinition, file?: string): Plugin {
  const faults = pluginFaults(definition);
  if (faults.length > 0) {
    const what = describe(definition, file);
    throw new VchError(
      'VCH_ERR_PLUGIN_INVALID',
      `${what} cannot be used: ${faults.join('; ')}. Mend it, then \`vch-migrate plan\` again`,
    );
  }
  const {version, target, name, summary, revision, persist} = definition;
  return Object.freeze({
    version,
    target,
    name,
    summary,
    keys: Object.freeze([...definition.keys]),
    reads: Object.freeze([...(definition.reads ?? [])]),
    revision,
    persist,
    up: (draft: PluginDraft, vm: {readonly dataVersion: number}) => definition.up(draft, vm),
    ...(file === undefined ? {} : {file}),
  });
}

/** The id of a plugin in ledgers and reports: `0002-container-common-name`. */
export function pluginId(plugin: {readonly version: number; readonly name: string}): string {
  return `${String(plugin.version).padStart(4, '0')}-${plugin.name}`;
}

/** How messages call a plugin: by its id, and its file where it has one. */
export function pluginLabel(plugin: Pick<Plugin, 'version' | 'name' | 'file'>): string {
  return `plugin ${pluginId(plugin)}${plugin.file === undefined ? '' : ` (${plugin.file})`}`;
}

function describe(definition: PluginDefinition | null | undefined, file: string | undefined): string {
  const {version, name} = definition ?? {};
  if (typeof version !== 'number' || typeof name !== 'string') return file ?? 'a plugin';
  return pluginLabel({version, name, ...(file === undefined ? {} : {file})});
}
