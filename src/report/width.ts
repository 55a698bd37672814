import stringWidth from 'string-width';

/** The columns that a text takes. */
export function widthOf(text: string): number {
  return stringWidth(text);
}

/** The text cut to this many columns, with an ellipsis if something was cut off. */
export function truncate(text: string, columns: number): string {
  if (stringWidth(text) <= columns) return text;
  // Not made once for all: the first one takes 7 ms, and most runs cut nothing.
  const graphemes = new Intl.Segmenter('en', {granularity: 'grapheme'});
  let kept = '';
  for (const {segment} of graphemes.segment(text)) {
    if (stringWidth(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** The text, filled up with blanks to this many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - stringWidth(text)));
}

/** The text as indented lines of at most this many columns. A longer word stays whole. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line !== '' && stringWidth(longer) > columns) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return line.trim() === '' ? lines : [...lines, line];
}
