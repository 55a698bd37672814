import type {Change, ExtraConfig} from './extra-config.js';

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
