import type {ExtraConfig} from './extra-config.js';

/** How VIC stores an empty string, because vSphere treats the value `""` as a removal. */
export const NIL = '<nil>';

/** The text that a raw value stands for. */
export function decodeValue(raw: string): string {
  return raw === NIL ? '' : raw;
}

/** The text of a key; `null` if the key is absent or its text is empty. */
export function textOf(config: ExtraConfig, key: string): string | null {
  return decodeValue(config[key] ?? '') || null;
}

/** The raw value that carries a text. */
export function encodeValue(text: string): string {
  return text === '' ? NIL : text;
}

/** The words that VIC's ParseBool reads as false, and the empty value. */
const FALSE = new Set(['', '0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Whether a flag is not set: absent, empty or a word for false. Every other value counts as set, to be on the safe side. */
export function isFalse(raw: string | undefined): boolean {
  return FALSE.has(decodeValue(raw ?? ''));
}

/**
 * The entries of a list (`x~`), in order. VIC joins with `|` and escapes nothing, so an entry that held a `|` comes back
 * as two. Edited one by one and joined again, they still give the same bytes.
 */
export function listEntries(value: string): string[] {
  return value === '' || value === NIL ? [] : value.split('|');
}

/** The value that holds the entries. */
export function joinEntries(entries: readonly string[]): string {
  return entries.join('|');
}

/**
 * A data version as VIC reads it: absent, empty and `<nil>` are 0, and what Go's Atoi takes for a number is one: `03` and
 * `+3` are 3. Unlike VIC, a negative number is none. `null` if it is not a number.
 */
export function parseDataVersion(raw: string | undefined): number | null {
  const text = decodeValue(raw ?? '');
  if (text !== '' && !/^(?:\+?\d+|-0+)$/.test(text)) return null;
  return Math.min(Math.abs(Number(text)), Number.MAX_SAFE_INTEGER);
}
