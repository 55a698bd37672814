import stringWidth from 'string-width';
import type {Layout, Style} from './layout.js';
import {pad, truncate, wrap} from './width.js';

/** One column: its heading and its cells. */
interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  /** The most that it takes. A column with a limit is cut if it does not fit; one without never is. */
  readonly limit?: number;
  readonly styles?: readonly Style[];
}

const GAP = '  ';
const INDENT = '  ';
/** If less room than this is left, the notes of a row get lines of their own. */
const LEAST_NOTE_COLUMNS = 36;
/** A name shorter than this identifies nothing. */
const LEAST_CUT_COLUMNS = 8;

/**
 * Rows of aligned columns. `notes` are the last column if there is room, and otherwise lines of their own below their
 * row. Without rows there is no heading either.
 */
export function table(
  columns: readonly Column[],
  notes: {readonly heading: string; readonly cells: readonly string[]},
  layout: Layout,
): string[] {
  if (notes.cells.length === 0) return [];
  const widths = widthsOf(columns, layout.columns - INDENT.length - GAP.length * (columns.length - 1));
  const padded = (text: string, at: number) => pad(truncate(text, widths[at] ?? 0), widths[at] ?? 0);
  const used = INDENT.length + widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const beside = layout.columns - used >= LEAST_NOTE_COLUMNS;

  const headings = columns.map(({heading}, at) => padded(heading, at));
  if (beside && notes.cells.some((note) => note !== '')) headings.push(notes.heading);
  const lines = [INDENT + layout.paint('dim', headings.join(GAP).trimEnd())];

  for (const [row, note] of notes.cells.entries()) {
    const cells = columns.map((column, at) => {
      const text = padded(column.cells[row] ?? '', at);
      const style = column.styles?.[row];
      return style === undefined ? text : layout.paint(style, text);
    });
    const [first = '', ...rest] = beside ? wrap(note, layout.columns - used) : [];
    lines.push((INDENT + [...cells, first].join(GAP)).trimEnd());
    lines.push(...rest.map((line) => ' '.repeat(used) + line));
    if (!beside) lines.push(...wrap(note, layout.columns, INDENT.repeat(3)));
  }
  return lines;
}

/** Whether a table shows every row on one line, with nothing cut. */
export function fits(
  columns: readonly Column[],
  notes: {readonly heading: string; readonly cells: readonly string[]},
  layout: Layout,
): boolean {
  const widest = (heading: string, cells: readonly string[]) =>
    cells.reduce((width, cell) => Math.max(width, stringWidth(cell)), stringWidth(heading));
  const widths = [...columns, notes].map(({heading, cells}) => widest(heading, cells));
  return (
    widths.reduce((sum, width) => sum + width + GAP.length, INDENT.length - GAP.length) <= layout.columns
  );
}

/** The widths of the columns: the widest with a limit are cut until all fit into the room. */
function widthsOf(columns: readonly Column[], room: number): readonly number[] {
  const widths = columns.map(({limit = Number.POSITIVE_INFINITY, heading, cells}) =>
    Math.min(limit, Math.max(...[heading, ...cells].map((text) => stringWidth(text)))),
  );
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const cuttable = widths.map((width, at) => (columns[at]?.limit === undefined ? 0 : width));
    const widest = Math.max(...cuttable);
    if (widest <= LEAST_CUT_COLUMNS) break;
    widths[cuttable.indexOf(widest)] = widest - 1;
    excess -= 1;
  }
  return widths;
}
