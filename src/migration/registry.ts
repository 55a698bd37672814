import {VchError} from '../errors.js';
import {type ExtraConfig, rawOf} from '../extraconfig/extra-config.js';
import {
  DATA_VERSION_KEY,
  ID_KEY,
  isPattern,
  keyMatcher,
  LEDGER_KEY,
  NAME_KEYS,
  RENAME_DISABLED_KEY,
} from '../extraconfig/keys.js';
import {digest} from './ledger.js';
import {definePlugin, type Plugin, pluginId, pluginLabel, type Target} from './plugin.js';

/** The plugins of a run, in the order of their versions. */
export type PluginRegistry = ReturnType<typeof createRegistry>;

/** Checks the plugins one by one and together; a fault is `VCH_ERR_PLUGIN_INVALID`. */
export function createRegistry(plugins: readonly Plugin[]) {
  const checked = plugins
    .map((plugin) => definePlugin(plugin, plugin.file))
    .sort((a, b) => a.version - b.version);
  const byName = new Map<string, Plugin>();
  checked.forEach((plugin, index) => {
    const twin = byName.get(plugin.name);
    const previous = checked[index - 1];
    if (twin !== undefined) throw duplicate('name', twin, plugin);
    if (previous?.version === plugin.version) throw duplicate('version', previous, plugin);
    byName.set(plugin.name, plugin);
  });
  const byId = new Map(checked.map((plugin) => [pluginId(plugin), plugin]));
  const byTarget = {appliance: select(checked, 'appliance'), container: select(checked, 'container')};
  return Object.freeze({
    plugins: Object.freeze(checked),
    forTarget: (target: Target) => byTarget[target].all,
    /** The plugins whose result is written to the VM. */
    persisted: (target: Target) => byTarget[target].persisted,
    get: (id: string) => byId.get(id),
    /** The keys that plan, apply, undo and verify need; `all` if a plugin declares a pattern. */
    readKeys: (target: Target) => byTarget[target].readKeys,
    /** The same as declared: keys and patterns. A decision on a VM relies on these. */
    declaredKeys: (target: Target) => byTarget[target].declaredKeys,
  });
}

function select(plugins: readonly Plugin[], target: Target) {
  const all = Object.freeze(plugins.filter((plugin) => plugin.target === target));
  const persisted = Object.freeze(all.filter((plugin) => plugin.persist));
  const names = Object.values(NAME_KEYS[target]);
  const own = [ID_KEY[target], DATA_VERSION_KEY[target], LEDGER_KEY, RENAME_DISABLED_KEY, ...names];
  const declared = persisted.flatMap((plugin) => [...plugin.keys, ...plugin.reads]);
  const declaredKeys = Object.freeze([...new Set([...own, ...declared])].sort());
  const readKeys = declared.some(isPattern) ? ('all' as const) : declaredKeys;
  return {all, persisted, readKeys, declaredKeys};
}

function duplicate(what: 'name' | 'version', a: Plugin, b: Plugin): VchError {
  return new VchError(
    'VCH_ERR_PLUGIN_INVALID',
    `${pluginLabel(a)} and ${pluginLabel(b)} have the same ${what}: change one of them, ` +
      'then run `vch-migrate plan` again',
  );
}

/**
 * Digests of the values that a decision on a containerVM relies on, by key; `null` is an absent one. It has every key that
 * the registered plugins declare or the tool itself reads.
 */
export function fingerprint(
  registry: PluginRegistry,
  config: ExtraConfig,
): Readonly<Record<string, string | null>> {
  const declared = registry.declaredKeys('container');
  const exact = declared.filter((key) => !isPattern(key));
  const matches = keyMatcher(declared.filter(isPattern));
  const keys = new Set([...exact, ...Object.keys(config).filter(matches)]);
  return Object.fromEntries([...keys].sort().map((key) => [key, digest(rawOf(config, key))]));
}
