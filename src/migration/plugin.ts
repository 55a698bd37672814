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

/** One VM's ExtraConfig as a plugin sees it: only the declared keys. Touching another key is a fault of the plugin. */
export interface PluginDraft {
  /** The text of a key: `''` where VIC stored an empty string (`<nil>`), `undefined` where it is absent. */
  get(key: string): string | undefined;
  /** Sets the text of a key named in `keys`. */
  set(key: string, text: string): void;
  /** Removes a key named in `keys`. */
  delete(key: string): void;
  /** The declared keys that exist, sorted. */
  keys(): string[];
  /** Adds a finding to the report; `code` is short-words-like-this. */
  finding(code: string, message: string): void;
  /** Stops here: nothing is written to this VM. In memory it becomes a finding, and this plugin changes nothing. */
  refuse(code: ErrorCode, message: string): never;
}

/** What a plugin may know of the VM, in addition to its keys. */
export interface PluginVm {
  readonly dataVersion: number;
  /** What govc calls it on a command line, for messages: `VirtualMachine:vm-13`. */
  readonly vm: string;
}

/** What a plugin author writes. */
export interface PluginDefinition {
  /** The order of application. VIC's own plugins have its data versions as numbers; yours start at 1000. */
  readonly version: number;
  readonly target: Target;
  /** short-words-like-this; with the version it makes the id. */
  readonly name: string;
  /** One line of text. */
  readonly summary: string;
  /** Keys that it reads and writes; in a pattern `*` is one map key or one index. */
  readonly keys: readonly string[];
  /** Keys that it only reads. The ledger records the exact ones, so `verify` notices if they change later. */
  readonly reads?: readonly string[];
  /** Raise it whenever `up` gives a different result. */
  readonly revision: number;
  /** Whether the result is written to the VM. `false`: only `migrateConfig` applies it, in memory. */
  readonly persist: boolean;
  up(draft: PluginDraft, vm: PluginVm): void | Promise<void>;
}

/** A checked plugin. */
export interface Plugin extends PluginDefinition {
  readonly reads: readonly string[];
  /** The file it was loaded from, for messages; absent if it was passed as a value. */
  readonly file?: string | undefined;
}

/**
 * Checks a plugin and freezes it. A fault is `VCH_ERR_PLUGIN_INVALID` and says what to correct. `file` is where the
 * plugin was loaded from.
 */
export function definePlugin(definition: PluginDefinition, file?: string): Plugin {
  const faults = pluginFaults(definition);
  if (faults.length > 0) {
    const {version, name}: Partial<PluginDefinition> = definition ?? {};
    const what =
      typeof version === 'number' && typeof name === 'string' ? pluginLabel({version, name, file}) : file;
    throw new VchError(
      'VCH_ERR_PLUGIN_INVALID',
      `${what ?? 'a plugin'} cannot be used: ${faults.join('; ')}. Correct it, then run \`vch-migrate plan\` again`,
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
    up: (draft: PluginDraft, vm: PluginVm) => definition.up(draft, vm),
    file,
  });
}

/** The id of a plugin in ledgers and reports: `0002-container-common-name`. */
export function pluginId(plugin: {readonly version: number; readonly name: string}): string {
  return `${String(plugin.version).padStart(4, '0')}-${plugin.name}`;
}

/** What messages call a plugin: its id, and its file if it has one. */
export function pluginLabel(plugin: Pick<Plugin, 'version' | 'name' | 'file'>): string {
  return `plugin ${pluginId(plugin)}${plugin.file === undefined ? '' : ` (${plugin.file})`}`;
}
