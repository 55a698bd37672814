// C0 controls except tab, line feed and carriage return; lone surrogates; the two non-characters.
const UNSENDABLE = /(?![\t\n\r\u007f-\u009f])\p{Cc}|\p{Surrogate}|[\ufffe\uffff]/u;

/** Why XML 1.0, and therefore the vSphere API, cannot carry a text; `null` if it can. */
export function unsendable(text: string): string | null {
  const match = UNSENDABLE.exec(text);
  if (match === null) return null;
  const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return `XML cannot carry the character U+${code} at position ${match.index}`;
}
