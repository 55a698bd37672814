/**
 * What a server may do otherwise than a vCenter is known to. `changeVersion`: it is not compared; `hidden-keys`: those written
 * to a running VM are dropped; `volatile`: `guestinfo.*` of a running VM outlives its power-off; `blanks`: trimmed off values;
 * `long-values`: cut at 32 KiB; `characters`: beyond ASCII become `?`; `empty-value`: it is kept, and removes nothing;
 * `revert`: brings no ExtraConfig back; `keyed-paths`: single keys cannot be read; `instance-uuid`: a new VM gets another
 * one; `privileges`: everything is granted, whatever its name; `missing-key`: an absent key reads as an empty one; `key-case`:
 * keys are lowered; `odd-keys`: those with a `|` are dropped; `recent-tasks`: a VM shows no tasks; `logout`: it ends no login;
 * `same-version`: no write moves the changeVersion; `notes`: a new VM gets none; `new-keys`: a new VM gets none; `denials`:
 * nothing is granted.
 */
export const BREAKS = [
  'changeVersion',
  'hidden-keys',
  'volatile',
  'blanks',
  'long-values',
  'characters',
  'empty-value',
  'revert',
  'keyed-paths',
  'instance-uuid',
  'privileges',
  'missing-key',
  'key-case',
  'odd-keys',
  'recent-tasks',
  'logout',
  'same-version',
  'notes',
  'new-keys',
  'denials',
] as const;

export type Break = (typeof BREAKS)[number];

const LONG = 32 * 1024;

/** A value as such a server keeps it. */
export function brokenValue(value: string, breaks: readonly Break[]): string {
  const trimmed = breaks.includes('blanks') ? value.trim() : value;
  const cut = breaks.includes('long-values') ? trimmed.slice(0, LONG) : trimmed;
  return breaks.includes('characters') ? cut.replace(/[^\n -~]/g, '?') : cut;
}
