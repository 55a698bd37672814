import {printable} from './printable.js';
import type {ReportChange} from './report.js';
import {truncate} from './width.js';

const LONGEST_VALUE = 48;

/** `+` a new key, `~` a changed one, `-` a removed one. */
export function changeSign(change: ReportChange): '+' | '~' | '-' {
  if (change.before === null) return '+';
  return change.after === null ? '-' : '~';
}

/** One change for people: `+ common/name "web"`. */
export function changeText(change: ReportChange): string {
  const key = `${changeSign(change)} ${printable(change.key)}`;
  if (change.before === null) return `${key} ${quoted(change.after)}`;
  if (change.after === null) return `${key} (was ${quoted(change.before)})`;
  return `${key} ${quoted(change.before)} -> ${quoted(change.after)}`;
}

function quoted(value: string | null): string {
  return value === null ? '(absent)' : `"${truncate(printable(value), LONGEST_VALUE)}"`;
}
