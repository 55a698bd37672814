import {readFileSync} from 'node:fs';
import {systemCode} from '../errors.js';

/** What reading a file that a setting names can come to. */
export type FileText =
  | {readonly status: 'read'; readonly text: string}
  | {readonly status: 'missing'}
  | {readonly status: 'unreadable'; readonly reason: string};

/** Reads a file that a setting names. */
export type ReadText = (path: string) => FileText;

/** Reads from the disk. `reason` is the system's own word (`EACCES`), never what the path was. */
export const readTextFile: ReadText = (path) => {
  try {
    return {status: 'read', text: readFileSync(path, 'utf8')};
  } catch (error) {
    const reason = systemCode(error);
    return reason === 'ENOENT' || reason === 'ENOTDIR' ? {status: 'missing'} : {status: 'unreadable', reason};
  }
};
