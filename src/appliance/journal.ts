import {appendFileSync, mkdirSync} from 'node:fs';
import {join} from 'node:path';
import {systemCode, VchError} from '../errors.js';
import type {Logger} from '../log.js';

/** One thing that is done to the vCenter: told right before it is asked for. */
export interface SideEffect {
  /** vim25's method, or what else is called: `ReconfigVM_Task`, `PUT`. */
  readonly effect: string;
  /** The object: a moref, or a datastore path. */
  readonly object: string;
  readonly detail: string;
}

/** Hears every side effect in order. */
export type Journal = (effect: SideEffect) => void;

/**
 * A journal in a file of its own for each run, `DIR/<run>.jsonl`, a JSON object a line. VCH_ERR_USAGE where it cannot
 * be begun; later, nothing depends on it: a disk that is full is told once.
 */
export function fileJournal(
  directory: string,
  {runId, command, log}: {readonly runId: string; readonly command: string; readonly log: Logger},
): Journal {
  const path = join(directory, `${runId}.jsonl`);
  const append = (entry: object) => appendFileSync(path, `${JSON.stringify(entry)}\n`, {mode: 0o600});
  try {
    mkdirSync(directory, {recursive: true});
    append({schema: 'vch-migrate/journal/v1', time: new Date().toISOString(), run: runId, command});
  } catch (error) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--journal ${directory} cannot be written (${systemCode(error)}); name a folder that can`,
    );
  }
  let broken = false;
  return (effect) => {
    if (broken) return;
    try {
      append({time: new Date().toISOString(), ...effect});
    } catch (error) {
      broken = true;
      log.warn(`the journal ${path} ends here: it cannot be written any more (${systemCode(error)})`);
    }
  };
}
