import type {Layout} from './layout.js';
import {columnsOf, pad, truncate, wrap} from './width.js';

/** One column: its heading and its cells. */
export interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  /** How wide it may grow. A column with a limit is cut where room is short; one without never is. */
  readonly limit?: number;
  readonly style?: (row: number) => Parameters<Layout['paint']>[0];
}

const GAP = '  ';
const INDENT = '  ';
/** Narrower than this, the notes of a row go on lines of their own. */
const LEAST_NOTE_COLUMNS = 36;
/** A name shorter than this says nothing. */
const LEAST_CUT_COLUMNS = 8;

/**
 * Rows of aligned columns with an open end: `notes` are the last column where there is room for it, and else
 * lines of their own below the row they belong to.
 */
export function table(
  columns: readonly Column[],
  notes: {readonly heading: string; readonly cells: readonly string[]},
  layout: Layout,
): string[] {
  const natural = columns.map((column) =>
    Math.min(
      column.limit ?? Number.POSITIVE_INFINITY,
      Math.max(...[column.heading, ...column.cells].map(columnsOf)),
    ),
  );
  const widths = narrowed(
    columns,
    natural,
    layout.columns - INDENT.length - GAP.length * (columns.length - 1),
  );
  const used = INDENT.length + widths.reduce((sum, width) => sum + width + GAP.length, 0);
  const beside = layout.columns - used >= LEAST_NOTE_COLUMNS;
  const withNotes = notes.cells.some((note) => note !== '');

  const headings = columns.map((column, at) =>
    pad(truncate(column.heading, widths[at] ?? 0), widths[at] ?? 0),
  );
  if (withNotes && beside) headings.push(notes.heading);
  const lines = [INDENT + layout.paint('dim', headings.join(GAP).trimEnd())];

  for (let row = 0; row < notes.cells.length; row += 1) {
    const cells = columns.map((column, at) => {
      const text = pad(truncate(column.cells[row] ?? '', widths[at] ?? 0), widths[at] ?? 0);
      return column.style === undefined ? text : layout.paint(column.style(row), text);
    });
    const note = notes.cells[row] ?? '';
    const [first = '', ...rest] = beside ? wrap(note, layout.columns - used) : [];
    lines.push((INDENT + [...cells, first].join(GAP)).trimEnd());
    if (beside) lines.push(...rest.map((line) => ' '.repeat(used) + line));
    else if (note !== '') lines.push(...wrap(note, layout.columns, INDENT.repeat(3)));
  }
  return lines;
}

/** Takes from the widest of the columns that may be cut until all fit. */
function narrowed(columns: readonly Column[], natural: readonly number[], room: number): readonly number[] {
  const widths = [...natural];
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
