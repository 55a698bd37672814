/**
 * One VM's ExtraConfig as it stands in vSphere: key to raw value. A key that is not there is absent; VIC's
 * intended empty string is the raw value `<nil>`. A value that is no string on the wire stands here by its text.
 */
export type ExtraConfig = Readonly<Record<string, string>>;

/** One key that changes. Raw values; `null` is an absent key (before) or a removed one (after). */
export interface Change {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A key and value as `OptionValue` has them; the value `""` removes the key. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** What to send for some changes. */
export function optionValues(changes: readonly Change[]): KeyValue[] {
  return changes.map(({key, after}) => ({key, value: after ?? ''}));
}

/** An ExtraConfig as it stands after some changes. */
export function applyChanges(config: ExtraConfig, changes: readonly Change[]): ExtraConfig {
  const result = new Map(Object.entries(config));
  for (const {key, after} of changes) {
    if (after === null) result.delete(key);
    else result.set(key, after);
  }
  return Object.fromEntries(result);
}
