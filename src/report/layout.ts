import {type Paint, painter} from './paint.js';

/** Where a text will stand. */
export interface LayoutOptions {
  /** Columns of the terminal, or of the page. */
  readonly columns: number;
  readonly colour: boolean;
}

/** Room and colours, as the sections of a text share them. */
export interface Layout {
  readonly columns: number;
  readonly paint: Paint;
}

/** The layout for these options; narrower than 40 columns nothing could be read. */
export function layoutOf({columns, colour}: LayoutOptions): Layout {
  return {columns: Math.max(40, columns), paint: painter(colour)};
}
