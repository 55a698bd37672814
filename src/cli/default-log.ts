import {closeSync, constants} from 'node:fs';
import {join} from 'node:path';
import {makeFolder} from '../make-folder.js';
import {openForWriting} from './result-file.js';
import {xdgFolder} from './xdg.js';

/**
 * The log file of a run that names none: one a day, below `$XDG_STATE_HOME`. `undefined` if it cannot be written: a run does
 * without it.
 */
export function defaultLogFile(
  variables: Readonly<Record<string, string | undefined>>,
  now: Date,
): string | undefined {
  const folder = xdgFolder('XDG_STATE_HOME', variables);
  if (folder === undefined) return undefined;
  const path = join(folder, `${now.toISOString().slice(0, 10)}.log`);
  try {
    makeFolder(folder, 0o700);
    closeSync(openForWriting(path, constants.O_APPEND | constants.O_CREAT));
    return path;
  } catch {
    return undefined;
  }
}
