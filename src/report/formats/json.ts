import type {Format} from '../format.js';

/** For programs. */
export const json: Format = {
  name: 'json',
  ending: '.json',
  report: toJson,
  failure: toJson,
  listing: ({document}) => toJson(document),
  fleet: toJson,
};

// JSON.stringify escapes C0 only. These are as harmful on a terminal, and mean the same when escaped.
const HARMFUL = /[\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A report, a listing or a failure as JSON text, indented by two blanks, keys in the order of the object. */
export function toJson(document: object): string {
  return `${escaped(JSON.stringify(document, null, 2))}\n`;
}

/** A document as JSON on one line, without a line break. */
export function toJsonLine(document: object): string {
  return escaped(JSON.stringify(document));
}

function escaped(json: string): string {
  return json.replace(HARMFUL, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
