import {randomUUID} from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {systemCode} from '../errors.js';
import {pauseForPipe} from '../text-file.js';

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
    writeToPipe(path, text);
    return;
  }
  const target = there === undefined ? path : realpathSync(path);
  const draft = join(dirname(target), `.vch-migrate-${randomUUID()}`);
  try {
    const file = openSync(draft, 'wx', 0o600);
    try {
      if (there !== undefined) fchmodSync(file, there.mode);
      writeInPieces(file, text);
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

/** Characters that are encoded at once: a page of 40,000 VMs need not be in memory twice. */
const PIECE = 1024 * 1024;

function writeInPieces(file: number, text: string): void {
  for (let start = 0; start < text.length; ) {
    const end = start + PIECE;
    // Not between the two halves of a character.
    const next = /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end + 1 : end;
    writeFileSync(file, text.slice(start, next));
    start = next;
  }
}

/** Milliseconds that a pipe may keep us waiting: for a reader to come, and for it to read on. */
export interface PipePatience {
  readonly reader: number;
  readonly reading: number;
}

const PATIENCE: PipePatience = {reader: 1_000, reading: 30_000};

/**
 * Opens what is there for writing, with more flags if needed. Not blocking: opening a pipe from which nobody reads would
 * wait for ever, deaf to signals; after a while that is ENXIO.
 */
export function openForWriting(path: string, flags = 0, {reader} = PATIENCE): number {
  let waited = 0;
  for (;;) {
    try {
      return openSync(path, constants.O_WRONLY | (constants.O_NONBLOCK ?? 0) | flags, 0o600);
    } catch (error) {
      if (systemCode(error) !== 'ENXIO' || waited >= reader) throw error;
      waited += pauseForPipe();
    }
  }
}

/** Writes a text into a pipe or a device. */
export function writeToPipe(path: string, text: string, patience = PATIENCE): void {
  const file = openForWriting(path, 0, patience);
  try {
    let left = Buffer.from(text);
    let waited = 0;
    while (left.length > 0) {
      try {
        left = left.subarray(writeSync(file, left));
        waited = 0;
      } catch (error) {
        if (systemCode(error) !== 'EAGAIN' || waited >= patience.reading) throw error;
        waited += pauseForPipe();
      }
    }
  } finally {
    closeSync(file);
  }
}

/** Why a file was not written, for a message. */
export function whyUnwritten(error: unknown): string {
  const code = systemCode(error);
  if (code === 'ENXIO') return 'nobody reads from that pipe';
  return code === 'EAGAIN' ? 'whoever reads from that pipe has stopped' : code;
}
