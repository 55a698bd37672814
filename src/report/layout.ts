import {styleText} from 'node:util';
import type {ReportStatus} from './report.js';

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

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Colours a text, or leaves it as it is where colours are not wanted. */
export type Paint = (style: Style, text: string) => string;

/** A painter that obeys the choice of colours made for the whole report. */
function painter(colour: boolean): Paint {
  // Not validated against process.stdout: the choice is made, and the text may go elsewhere.
  return colour ? (style, text) => styleText(style, text, {validateStream: false}) : (_style, text) => text;
}

/** The colour that goes with where a VM ended. */
export function styleOf(status: ReportStatus): Style {
  switch (status) {
    case 'changed':
    case 'unchanged':
      return 'green';
    case 'pending':
      return 'cyan';
    case 'failed':
    case 'conflict':
    case 'unknown':
      return 'red';
    case 'refused':
    case 'unreachable':
    case 'not-attempted':
      return 'yellow';
    case 'skipped':
      return 'dim';
  }
}
