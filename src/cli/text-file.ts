import {readFileSync} from 'node:fs';

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
    const reason = systemWord(error);
    return reason === 'ENOENT' || reason === 'ENOTDIR' ? {status: 'missing'} : {status: 'unreadable', reason};
  }
};

/** The system's own word for what went wrong with a file: `ENOENT`, `ENOSPC`. */
export function systemWord(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'for an unknown reason';
}
