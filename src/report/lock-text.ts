import {printable} from './printable.js';
import type {ReportLock} from './report.js';

/** Whether an upgrade holds the VCH, and what to do then. Older reports do not have the text. */
export function lockText(lock: ReportLock): string {
  if (!lock.held) return 'No upgrade in progress.';
  if (lock.text !== undefined) return printable(lock.text);
  const facts = [
    `by ${lock.by}`,
    lock.owner === null ? '' : `owner ${lock.owner}`,
    lock.since == null ? '' : `since ${lock.since}`,
    lock.phase === null ? '' : `phase ${lock.phase}`,
    lock.lockId === null ? '' : `lock ${lock.lockId}`,
  ].filter((fact) => fact !== '');
  return `An upgrade ${lock.stopped === true ? 'was stopped' : 'is in progress'}: ${printable(facts.join(', '))}.`;
}

/** The same in a few words, for a table. */
export function lockWord(lock: ReportLock): string {
  if (!lock.held) return 'none in progress';
  return `${lock.state === 'dead' ? 'left unfinished' : 'in progress'} (${lock.by})`;
}
