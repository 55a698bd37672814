/**
 * One VM's ExtraConfig as vSphere has it: key to raw value. VIC's intended empty string is the raw value `<nil>`. A value
 * that is not a string on the wire is here as its text.
 */
export type ExtraConfig = Readonly<Record<string, string>>;

/** One key that changes. Raw values; `null` is an absent key (before) or a removed one (after). */
export interface Change {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Key and value of an `OptionValue`; the value `""` removes the key. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** The option values that carry out some changes. */
export function optionValues(changes: readonly Change[]): KeyValue[] {
  return changes.map(({key, after}) => ({key, value: after ?? ''}));
}

/** An ExtraConfig after some changes. */
export function applyChanges(config: ExtraConfig, changes: readonly Change[]): ExtraConfig {
  const result = new Map(Object.entries(config));
  for (const {key, after} of changes) {
    if (after === null) result.delete(key);
    else result.set(key, after);
  }
  return Object.fromEntries(result);
}

type Keys = Readonly<Record<string, string | null>>;

/** The raw value of a key, `null` if it is absent. */
export function rawOf(config: Keys, key: string): string | null {
  return Object.hasOwn(config, key) ? (config[key] ?? null) : null;
}

/** What differs between two ExtraConfigs, sorted by key. */
export function changesBetween(before: Keys, after: Keys): readonly Change[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys]
    .sort()
    .map((key) => ({key, before: rawOf(before, key), after: rawOf(after, key)}))
    .filter((change) => change.before !== change.after);
}
