import {appendFileSync} from 'node:fs';
import {join} from 'node:path';
import {systemCode, VchError} from '../errors.js';
import type {Logger} from '../log.js';
import {makeFolder} from '../make-folder.js';

/** A request that changes something, as it is noted right before it is sent. */
export interface SideEffect {
  /** The vim25 or HTTP method: `ReconfigVM_Task`, `PUT`. */
  readonly effect: string;
  /** The object: a moref, or a datastore path. */
  readonly object: string;
  readonly detail: string;
}

/** Notes every side effect, in order. */
export type Journal = (effect: SideEffect) => void;

/**
 * A journal in a file for each run, `DIR/<run>.jsonl`, one JSON object per line. VCH_ERR_USAGE if it cannot be created.
 * Later nothing depends on it: a full disk is reported once.
 */
export function fileJournal(
  directory: string,
  {runId, command, log}: {readonly runId: string; readonly command: string; readonly log: Logger},
): Journal {
  const path = join(directory, `${runId}.jsonl`);
  const append = (entry: object) => appendFileSync(path, `${JSON.stringify(entry)}\n`, {mode: 0o600});
  try {
    makeFolder(directory);
    append({schema: 'vch-migrate/journal/v1', time: new Date().toISOString(), run: runId, command});
  } catch (error) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--journal ${directory} cannot be written (${systemCode(error)}); choose a writable folder`,
    );
  }
  let broken = false;
  return (effect) => {
    if (broken) return;
    try {
      append({time: new Date().toISOString(), ...effect});
    } catch (error) {
      broken = true;
      log.warn(`the journal ${path} ends here: it can no longer be written (${systemCode(error)})`);
    }
  };
}
