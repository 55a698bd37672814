import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {isPattern, keyMatcher} from '../extraconfig/keys.js';
import {digest} from './ledger.js';
import type {Target} from './plugin.js';
import type {PluginRegistry} from './registry.js';

/** Digests of the values that a decision on a VM stands on, by key; `null` is an absent one. */
export type Fingerprint = Readonly<Record<string, string | null>>;

/** The fingerprint of a VM: every key that the registered plugins declare, and those the tool itself looks at. */
export function fingerprint(registry: PluginRegistry, target: Target, config: ExtraConfig): Fingerprint {
  const declared = registry.declaredKeys(target);
  const exact = declared.filter((key) => !isPattern(key));
  const matches = keyMatcher(declared.filter(isPattern));
  const keys = new Set([...exact, ...Object.keys(config).filter(matches)]);
  return Object.fromEntries([...keys].sort().map((key) => [key, digest(config[key] ?? null)]));
}

/** The keys in which two fingerprints differ. */
export function movedKeys(before: Fingerprint, now: Fingerprint): readonly string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...keys].filter((key) => (before[key] ?? null) !== (now[key] ?? null)).sort();
}
