import {closeSync, constants, fstatSync, openSync, readSync} from 'node:fs';
import {systemCode, type VchError} from './errors.js';

/** What reading a file that a person named can come to. */
export type FileText =
  | {
      readonly status: 'read';
      readonly text: string;
      /** Others on this machine can read the file, too. */
      readonly shared?: boolean;
    }
  | {readonly status: 'missing'}
  | {readonly status: 'unreadable'; readonly reason: string};

/** Reads a file that a setting names. */
export type ReadText = (path: string) => FileText;

/** More than any plan or report has; `/dev/zero` has no end. */
const MOST_BYTES = 128 * 1024 * 1024;
const PIECE = 1024 * 1024;
const PAUSE = 20;

/** Milliseconds that a pipe may keep us waiting: for somebody who writes, and for what they write. */
interface Patience {
  readonly writer: number;
  readonly data: number;
}

/**
 * Reads a whole text from the disk, or from a pipe: UTF-8, or UTF-16 with its byte-order mark. `reason` is the system's
 * own word (`EACCES`), or what is wrong with the file; never what the path was.
 */
export function readTextFile(path: string, patience: Patience = {writer: 1_000, data: 30_000}): FileText {
  try {
    // Not blocking: opening a pipe into which nobody writes would wait for ever, deaf to signals.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(file);
      const bytes = readAll(file, stats.isFIFO() ? patience : {writer: 0, data: patience.data});
      if (typeof bytes === 'string') return {status: 'unreadable', reason: bytes};
      // Windows has no such bits.
      const shared = stats.isFile() && process.platform !== 'win32' && (stats.mode & 0o044) !== 0;
      return {status: 'read', text: decode(bytes), shared};
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const reason = systemCode(error);
    return reason === 'ENOENT' || reason === 'ENOTDIR' ? {status: 'missing'} : {status: 'unreadable', reason};
  }
}

/** A reader that reads each file once: what comes through a pipe comes once only. */
export function remembering(read: ReadText): ReadText {
  const known = new Map<string, FileText>();
  return (path) => {
    const file = known.get(path) ?? read(path);
    known.set(path, file);
    return file;
  };
}

/** The text of a file that must be there; `refuse` makes the error of why it cannot be read. */
export function requiredText(path: string, refuse: (why: string) => VchError): string {
  const file = readTextFile(path);
  if (file.status === 'read') return file.text;
  throw refuse(whyUnread(file));
}

/** Why a file was not read, for a message. */
export function whyUnread(file: Exclude<FileText, {status: 'read'}>): string {
  return file.status === 'missing' ? 'no such file' : file.reason;
}

/** All bytes of an open file, or why they cannot be had. */
function readAll(file: number, patience: Patience): Buffer | string {
  const pieces: Buffer[] = [];
  let length = 0;
  let waited = 0;
  for (;;) {
    const piece = Buffer.alloc(PIECE);
    const read = readPiece(file, piece);
    // At the end, unless it is a pipe whose writer has not come yet.
    const limit = read === null ? patience.data : length === 0 ? patience.writer : 0;
    if (read === null || (read === 0 && limit > 0)) {
      if (waited >= limit) return 'a pipe through which nothing came';
      waited += pauseForPipe();
      continue;
    }
    if (read === 0) return Buffer.concat(pieces);
    length += read;
    if (length > MOST_BYTES) return `more than ${MOST_BYTES / 1024 / 1024} MiB`;
    pieces.push(piece.subarray(0, read));
  }
}

/** Waits a moment for the other end of a pipe, and gives the milliseconds. It blocks, as reading and writing files does. */
export function pauseForPipe(): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
  return PAUSE;
}

/** How many bytes were read; `null` where none have come yet. */
function readPiece(file: number, into: Buffer): number | null {
  try {
    return readSync(file, into);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return null;
    throw error;
  }
}

/** The text without its byte-order mark. */
function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(first === 0xfe && second === 0xff ? 'utf-16be' : encoding).decode(bytes);
}
