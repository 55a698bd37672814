import type {Layout} from './layout.js';
import {columnsOf, pad, truncate, wrap} from './width.js';

/** One column: its heading, its cells, and how wide it may grow before its cells are cut. */
export interface Column {
  readonly heading: string;
  readonly cells: readonly string[];
  readonly limit?: number;
  readonly style?: (row: number) => Parameters<Layout['paint']>[0];
}

const GAP = '  ';
const INDENT = '  ';
/** Narrower than this, the notes of a row go on lines of their own. */
const LEAST_NOTE_COLUMNS = 36;

/**
 * Rows of aligned columns with an open end: `notes` are the last column where there is room for it, and else
 * lines of their own below the row they belong to.
 */
export function table(
  columns: readonly Column[],
  notes: {readonly heading: string; readonly cells: readonly string[]},
  layout: Layout,
): string[] {
  const widths = columns.map((column) =>
    Math.min(column.limit ?? 32, Math.max(columnsOf(column.heading), ...column.cells.map(columnsOf))),
  );
  narrow(widths, layout.columns - INDENT.length - GAP.length * (columns.length - 1));
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

/** Takes from the widest columns until all fit. */
function narrow(widths: number[], room: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest];
    if (width === undefined || width <= 4) return;
    widths[widest] = width - 1;
    excess -= 1;
  }
}
