import {printable} from './printable.js';
import type {ReportLock} from './report.js';

/** Whether an upgrade holds the VCH, and what to do about it. Older reports do not have `text`. */
export function lockText(lock: ReportLock): string {
  if (!lock.held) return 'No upgrade in progress.';
  if (lock.text !== undefined) return printable(lock.text);
  const facts = [
    `by ${lock.by}`,
    lock.owner && `owner ${lock.owner}`,
    lock.since && `since ${lock.since}`,
    lock.phase && `phase ${lock.phase}`,
    lock.lockId && `lock ${lock.lockId}`,
  ].filter(Boolean);
  return `An upgrade ${lock.stopped === true ? 'was stopped' : 'is in progress'}: ${printable(facts.join(', '))}.`;
}

/** The same in a few words, for a table. */
export function lockWord(lock: ReportLock): string {
  if (!lock.held) return 'none in progress';
  return `${lock.state === 'dead' ? 'left unfinished' : 'in progress'} (${lock.by})`;
}
