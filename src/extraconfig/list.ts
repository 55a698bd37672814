import {NIL} from './value.js';

/**
 * The entries of a list (`x~`), in order. VIC joins with `|` and escapes nothing, so an entry that held a
 * `|` comes back as two; edited one by one and rejoined, they still give the same bytes.
 */
export function listEntries(value: string): string[] {
  return value === '' || value === NIL ? [] : value.split('|');
}

/** The value that holds the entries. */
export function joinEntries(entries: readonly string[]): string {
  return entries.join('|');
}
