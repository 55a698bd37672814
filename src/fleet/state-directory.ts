import {createHash} from 'node:crypto';
import {chmodSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {processStart, processState, thisMachine} from '../appliance/machine.js';
import {systemCode, VchError} from '../errors.js';
import {count, fields, nullable, parseJson, text} from '../json-shape.js';
import {makeFolder} from '../make-folder.js';
import {shellQuoted} from '../shell-word.js';

const owner = fields({
  pid: count,
  started: nullable(text),
  machine: fields({host: text, boot: nullable(text), pidNamespace: nullable(text)}),
});

/** A directory with an embedded database, and the process that has it open. */
export interface StateDirectory {
  readonly path: string;
  readonly socket: string;
  readonly lock: string;
}

export function stateDirectory(path: string): StateDirectory {
  return {path, socket: join(path, 'fleet.sock'), lock: join(path, 'fleet.pid')};
}

/** Who has the directory: nobody, a process that is alive as far as can be seen, or one that is gone. */
export function holderOf({lock}: Pick<StateDirectory, 'lock'>) {
  let json: string;
  try {
    json = readFileSync(lock, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {state: 'none'} as const;
    throw unusable(dirname(lock), error);
  }
  const {value} = parseJson(json, owner);
  // Not complete yet, or not ours: whoever writes it is alive.
  if (value === null) return {state: 'alive', pid: null, host: null, json} as const;
  const state = processState(value.machine, value);
  return {
    state: state === 'gone' ? 'gone' : 'alive',
    pid: value.pid,
    host: value.machine.host,
    json,
  } as const;
}

/**
 * Takes the directory for this process while `use` runs: two processes on one embedded database destroy it. Rejects
 * with VCH_ERR_LOCKED if another one has it.
 */
export async function withStateDirectory<T>(directory: StateDirectory, use: () => Promise<T>): Promise<T> {
  const {path, lock} = directory;
  try {
    makeFolder(path, 0o700);
    chmodSync(path, 0o700);
  } catch (error) {
    throw unusable(path, error);
  }
  const mine = JSON.stringify({pid: process.pid, started: processStart(process.pid), machine: thisMachine()});
  take(directory, mine);
  try {
    return await use();
  } finally {
    if (readFileSync(lock, 'utf8') === mine) rmSync(lock);
  }
}

function take(directory: StateDirectory, mine: string): void {
  const {lock} = directory;
  for (let tries = 0; tries < 3; tries += 1) {
    try {
      if (create(lock, mine)) return;
    } catch (error) {
      throw unusable(directory.path, error);
    }
    const holder = holderOf(directory);
    if (holder.state === 'alive') throw inUse(directory, holder);
    if (holder.state === 'gone' && takeOver(lock, holder.json, mine)) return;
  }
  throw inUse(directory, {pid: null, host: null});
}

/** False if the file is there. */
function create(file: string, content: string): boolean {
  try {
    writeFileSync(file, content, {flag: 'wx', mode: 0o600});
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Replaces the lock of a process that is gone by ours; false if another process was quicker. The lock file exists all the
 * time: of the processes that judged the same lock, only the one that creates the file named after it may replace it.
 */
export function takeOver(lock: string, judged: string, mine: string): boolean {
  const claim = `${lock}.${createHash('sha256').update(judged).digest('hex').slice(0, 16)}`;
  if (!create(claim, mine)) {
    const other = holderOf({lock: claim});
    if (other.state !== 'gone' || !takeOver(claim, other.json, mine)) return false;
  }
  const now = holderOf({lock});
  if (now.state === 'none' || now.json !== judged) {
    rmSync(claim);
    return false;
  }
  renameSync(claim, lock);
  return true;
}

function unusable(path: string, error: unknown): VchError {
  return new VchError(
    'VCH_ERR_USAGE',
    `the state directory ${path} cannot be used (${systemCode(error)}); name another with --state-dir`,
  );
}

/** Another process has the directory. */
function inUse(
  {path, lock}: StateDirectory,
  {pid, host}: {readonly pid: number | null; readonly host: string | null},
): VchError {
  const who = pid === null ? 'another process' : `process ${pid} on ${host}`;
  return new VchError(
    'VCH_ERR_LOCKED',
    `the state directory ${path} is in use by ${who}, and only one process can open its database. ` +
      `Follow that one with vch-migrate fleet status --state-dir ${shellQuoted(path)}; use --database with PostgreSQL for several workers. If that process is gone for certain, remove ${shellQuoted(lock)}`,
  );
}
