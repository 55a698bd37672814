/** What JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | {readonly [key: string]: Json};

/** The one ASCII text of a JSON value: keys sorted, no blanks, everything beyond ASCII as `\u` escapes. */
export function canonicalJson(value: Json): string {
  // JSON.stringify leaves keys as they stand. Each VM has a ledger, and a ledger is made in this order.
  if (typeof value !== 'object' || value === null || isInOrder(value)) return ascii(JSON.stringify(value));
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${ascii(JSON.stringify(key))}:${canonicalJson(value[key] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** Whether the keys of all objects in a value are sorted. One with `undefined`, which JSON would leave out, is not in order. */
function isInOrder(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined;
  if (isList(value)) return value.every(isInOrder);
  let before: string | null = null;
  for (const key of Object.keys(value)) {
    if ((before !== null && before > key) || !isInOrder(value[key])) return false;
    before = key;
  }
  return true;
}

function ascii(json: string): string {
  return json.replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

// Array.isArray does not narrow a readonly list.
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
