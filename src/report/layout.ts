import {styleText} from 'node:util';
import type {Tone} from './vm-words.js';

/** The columns of a terminal or page, and whether it shows colours. */
export interface LayoutOptions {
  readonly columns: number;
  readonly colour: boolean;
  /** False on a terminal that shows ASCII only. */
  readonly unicode?: boolean;
  /** Everything, however long. */
  readonly details?: boolean;
  /** The other files that this report is in. */
  readonly saved?: readonly string[];
  /** The log of a run that has not reached its goal. */
  readonly log?: string | undefined;
}

/** Width and colours of a text. */
export type Layout = ReturnType<typeof layoutOf>;

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan' | 'magenta' | 'bgRed' | 'white';

/** The layout for these options. Text in fewer than 40 columns would be unreadable. */
export function layoutOf({columns, colour, details = false, saved = [], log}: LayoutOptions) {
  return {
    columns: Math.max(40, columns),
    details,
    saved,
    log,
    // Not validated against process.stdout: the user has chosen, and the text may go to a file.
    paint: (style: Style, text: string) => (colour ? styleText(style, text, {validateStream: false}) : text),
  };
}

/** The colour of a meaning. */
export const TONE_STYLE: Readonly<Record<Tone, Style>> = {
  ok: 'green',
  warn: 'yellow',
  bad: 'red',
  info: 'cyan',
  down: 'magenta',
  mute: 'dim',
};

/** The sign of a meaning: colour is never the only one. */
export const TONE_MARK: Readonly<Record<Tone, string>> = {
  ok: '✓',
  warn: '!',
  bad: '✕',
  info: '→',
  down: '!',
  mute: '–',
};

const ASCII: ReadonlyMap<string, string> = new Map([
  ['✓', 'ok'],
  ['✕', 'x'],
  ['✗', 'x'],
  ['→', '->'],
  ['–', '-'],
  ['·', '.'],
  ['…', '...'],
]);

/** The same text for a terminal that shows ASCII only; names in other letters stay as they are. */
export function asciiMarks(text: string): string {
  return text.replace(/[✓✕✗→–·…]/g, (mark) => ASCII.get(mark) ?? mark);
}
