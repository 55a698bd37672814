const ESC = String.fromCharCode(0x1b);
const BEL = String.fromCharCode(0x07);

/** One-character forms (C1) of the sequences that ESC starts with two. */
const C1_INTRODUCERS: readonly (readonly [number, string])[] = [
  [0x90, 'P'],
  [0x98, 'X'],
  [0x9b, '['],
  [0x9d, ']'],
  [0x9e, '^'],
  [0x9f, '_'],
];

/**
 * A string from vSphere, safe on one line of a terminal: without ANSI sequences, control characters, characters that
 * change the direction of writing and zero-width ones. Line breaks and tabs become one blank.
 */
export function printable(text: string): string {
  return withoutSequences(text)
    .toWellFormed()
    .replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/gu, '');
}

function withoutSequences(text: string): string {
  let unified = text;
  for (const [code, letter] of C1_INTRODUCERS) {
    unified = unified.replaceAll(String.fromCharCode(code), `${ESC}${letter}`);
  }
  const [head = '', ...rest] = unified.split(ESC);
  return head + rest.map(afterSequence).join('');
}

/** The rest of the text between one ESC and the next, without the sequence. */
function afterSequence(text: string): string {
  switch (text[0]) {
    case undefined:
      return '';
    case '[':
      return text.replace(/^\[[0-?]*[ -/]*[@-~]?/, '');
    // Strings for the terminal itself end with BEL, or with the next ESC.
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_': {
      const end = text.indexOf(BEL);
      return end === -1 ? '' : text.slice(end + 1);
    }
    default:
      return text.replace(/^[ -/]*[0-~]?/, '');
  }
}
