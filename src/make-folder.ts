import {existsSync, mkdirSync, statSync} from 'node:fs';
import {dirname} from 'node:path';
import {systemCode} from './errors.js';

/**
 * Makes a folder and those above it that are missing, as `mkdir -p` does. Node's `recursive` never returns where the system
 * answers ENOENT although the folder above is there, as `/proc` does.
 */
export function makeFolder(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, {mode});
  } catch (error) {
    const code = systemCode(error);
    const above = dirname(path);
    if (code === 'EEXIST' && statSync(path).isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(above)) throw error;
    makeFolder(above, mode);
    makeFolder(path, mode);
  }
}
