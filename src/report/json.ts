// JSON.stringify escapes C0 only. These are as harmful on a terminal, and as good when escaped.
const HARMFUL = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A report, a listing or a failure as JSON text: two blanks of indentation, keys in the order of their making. */
export function toJson(document: object): string {
  const text = JSON.stringify(document, null, 2);
  return `${text.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
