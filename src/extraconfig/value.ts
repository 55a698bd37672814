/** How VIC stores an empty string: vSphere takes the value `""` for a removal. */
export const NIL = '<nil>';

/** The text that a raw value stands for. */
export function decodeValue(raw: string): string {
  return raw === NIL ? '' : raw;
}

/** The raw value that carries a text. */
export function encodeValue(text: string): string {
  return text === '' ? NIL : text;
}

/** The words that VIC's ParseBool takes for false, and the empty value. */
const FALSE = new Set(['', '0', 'f', 'F', 'false', 'FALSE', 'False']);

/** Whether a flag is down. Absent, empty and false are; whatever else stands there counts as up, to be on the safe side. */
export function isFalse(raw: string | undefined): boolean {
  return FALSE.has(decodeValue(raw ?? ''));
}
