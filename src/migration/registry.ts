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
export interface PluginRegistry {
  readonly plugins: readonly Plugin[];
  forTarget(target: Target): readonly Plugin[];
  /** The plugins whose result is written to the VM. */
  persisted(target: Target): readonly Plugin[];
  get(id: string): Plugin | undefined;
  /** The keys that plan, apply, undo and verify need; `all` if a plugin declares a pattern. */
  readKeys(target: Target): readonly string[] | 'all';
  /** The same as declared: keys and patterns. A decision on a VM relies on these. */
  declaredKeys(target: Target): readonly string[];
}

/** Checks the plugins one by one and together; a fault is `VCH_ERR_PLUGIN_INVALID`. */
export function createRegistry(plugins: readonly Plugin[]): PluginRegistry {
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
    persisted: (target: Target) => byTarget[target].persisted,
    get: (id: string) => byId.get(id),
    readKeys: (target: Target) => byTarget[target].readKeys,
    declaredKeys: (target: Target) => byTarget[target].declaredKeys,
  });
}

function select(plugins: readonly Plugin[], target: Target) {
  const all = Object.freeze(plugins.filter((plugin) => plugin.target === target));
  const persisted = Object.freeze(all.filter((plugin) => plugin.persist));
  const declared = persisted.flatMap((plugin) => [...plugin.keys, ...plugin.reads]);
  const keys = new Set([
    ID_KEY[target],
    DATA_VERSION_KEY[target],
    LEDGER_KEY,
    ...Object.values(NAME_KEYS[target]),
  ]);
  if (target === 'container') keys.add(RENAME_DISABLED_KEY);
  for (const key of declared) keys.add(key);
  const declaredKeys = Object.freeze([...keys].sort());
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

/** Digests of the values that a decision on a VM relies on, by key; `null` is an absent one. */
export type Fingerprint = Readonly<Record<string, string | null>>;

/** The fingerprint of a VM: every key that the registered plugins declare or the tool itself reads. */
export function fingerprint(registry: PluginRegistry, target: Target, config: ExtraConfig): Fingerprint {
  const declared = registry.declaredKeys(target);
  const exact = declared.filter((key) => !isPattern(key));
  const matches = keyMatcher(declared.filter(isPattern));
  const keys = new Set([...exact, ...Object.keys(config).filter(matches)]);
  return Object.fromEntries([...keys].sort().map((key) => [key, digest(rawOf(config, key))]));
}

const own = (fingerprint: Fingerprint, key: string) =>
  Object.hasOwn(fingerprint, key) ? (fingerprint[key] ?? null) : null;

/** The keys in which two fingerprints differ. */
export function movedKeys(before: Fingerprint, now: Fingerprint): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].filter((key) => own(before, key) !== own(now, key)).sort();
}
