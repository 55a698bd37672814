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
