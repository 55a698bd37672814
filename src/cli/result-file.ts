import {randomUUID} from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {systemCode} from '../errors.js';

/** The folder takes no other file, but the file itself can be written. */
const CLOSED_FOLDER = ['EACCES', 'EPERM', 'EROFS'];

/**
 * Writes a file whole or not at all: an earlier one stays until the new one is on the disk. A new file is for its owner
 * alone; one that is there keeps its mode.
 */
export function writeWhole(path: string, text: string): void {
  const there = statSync(path, {throwIfNoEntry: false});
  // A pipe or a device is written to, not replaced.
  if (there !== undefined && !there.isFile()) {
    writeFileSync(path, text);
    return;
  }
  const target = there === undefined ? path : realpathSync(path);
  const draft = join(dirname(target), `.vch-migrate-${randomUUID()}`);
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      if (there !== undefined) fchmodSync(file, there.mode);
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, {force: true});
    if (there === undefined || !CLOSED_FOLDER.includes(systemCode(error))) throw error;
    writeFileSync(target, text);
  }
}
