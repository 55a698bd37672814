import {styleText} from 'node:util';
import type {ReportStatus} from './report.js';

/** The columns of a terminal or page, and whether it shows colours. */
export interface LayoutOptions {
  readonly columns: number;
  readonly colour: boolean;
}

/** Width and colours of a text. */
export type Layout = ReturnType<typeof layoutOf>;

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** The layout for these options. Text in fewer than 40 columns would be unreadable. */
export function layoutOf({columns, colour}: LayoutOptions) {
  return {
    columns: Math.max(40, columns),
    // Not validated against process.stdout: the user has chosen, and the text may go to a file.
    paint: (style: Style, text: string) => (colour ? styleText(style, text, {validateStream: false}) : text),
  };
}

/** The colour of a VM's status. */
export const STATUS_STYLE: Readonly<Record<ReportStatus, Style>> = {
  changed: 'green',
  unchanged: 'green',
  pending: 'cyan',
  failed: 'red',
  conflict: 'red',
  unknown: 'red',
  refused: 'yellow',
  unreachable: 'yellow',
  'not-attempted': 'yellow',
  skipped: 'dim',
};
