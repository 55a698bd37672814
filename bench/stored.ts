import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {availableParallelism, totalmem} from 'node:os';
import {dirname, join} from 'node:path';
import type {Results} from './figures.js';

/** The machine, as far as figures depend on it. */
export interface Machine {
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
}

/** What a run leaves behind for the next one: the results are measured part by part. */
export interface Stored {
  readonly machine: Machine;
  readonly parts: Results;
}

export function thisMachine(): Machine {
  return {
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}

/** The results of earlier runs on a machine like this one. */
export function readStored(path: string): Stored {
  const machine = thisMachine();
  if (!existsSync(path)) return {machine, parts: {}};
  const stored: Stored = JSON.parse(readFileSync(path, 'utf8'));
  // Figures of two machines say nothing about each other.
  return JSON.stringify(stored.machine) === JSON.stringify(machine) ? stored : {machine, parts: {}};
}

/** Writes the results into a folder, by their paths; plots of what is no longer measured go. */
export function writeResults(folder: string, files: Readonly<Record<string, string>>): void {
  rmSync(join(folder, 'plots'), {recursive: true, force: true});
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), {recursive: true});
    writeFileSync(join(folder, name), text);
  }
}
