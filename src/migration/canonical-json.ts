/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | {readonly [key: string]: Json};

/** The one ASCII text of a JSON value: keys sorted, no blanks, everything beyond ASCII as `\u` escapes. */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  let members = '';
  for (const key of Object.keys(value).sort())
    members += `${members === '' ? '' : ','}${quote(key)}:${canonicalJson(value[key] ?? null)}`;
  return `{${members}}`;
}

/** Text that JSON writes unescaped. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  // A ledger has some forty texts, and each VM a ledger.
  if (PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// Array.isArray does not narrow a readonly list.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
