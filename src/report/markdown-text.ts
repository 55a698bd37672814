import {printable} from './printable.js';

/**
 * A string from vSphere in Markdown: as code, where nothing is marked up, linked or mentioned. What could end the
 * code, or the cell of a table, is written in character references instead.
 */
export function code(text: string): string {
  const clean = printable(text).trim();
  if (clean === '') return '(empty)';
  return /[`|\\]/.test(clean) ? references(clean) : `\`${clean}\``;
}

/** Prose that may hold strings from vSphere: it reads as it is, what stands in backquotes as code, and marks up nothing. */
export function prose(text: string): string {
  const parts = printable(text).trim().split('`');
  // An odd number of backquotes leaves the last one alone.
  const pairs = parts.length % 2 === 1 ? parts.length : parts.length - 1;
  return parts
    .map((part, at) => {
      if (at >= pairs) return `&#96;${references(part)}`;
      return at % 2 === 1 ? code(part) : references(part);
    })
    .join('');
}

/** Every character that could mean something is written as a reference, which never does. */
function references(text: string): string {
  return text
    .replace(/[!#$&*<>@[-`{-~]|^[-+=]|(?<=^\d{1,9})[.)]/g, reference)
    .replace(/(?<=www)\.|:(?=\/\/)/gi, reference);
}

function reference(character: string): string {
  return `&#${character.charCodeAt(0)};`;
}
