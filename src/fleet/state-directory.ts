import {chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {processStart, processState, thisMachine} from '../appliance/machine.js';
import {systemCode, VchError} from '../errors.js';
import {count, fields, nullable, parseJson, text} from '../json-shape.js';

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
export function holderOf({lock}: StateDirectory) {
  let json: string;
  try {
    json = readFileSync(lock, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {state: 'none'} as const;
    throw error;
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
  mkdirSync(path, {recursive: true, mode: 0o700});
  chmodSync(path, 0o700);
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
      writeFileSync(lock, mine, {flag: 'wx', mode: 0o600});
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw unusable(directory, systemCode(error));
    }
    const holder = holderOf(directory);
    if (holder.state === 'alive') throw inUse(directory, holder);
    if (holder.state === 'gone') removeStale(directory, holder.json);
  }
  throw inUse(directory, {pid: null, host: null});
}

/** Removes the lock of a process that is gone. It is moved first, and looked at again: somebody may have taken it since. */
function removeStale({lock}: StateDirectory, judged: string): void {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (readFileSync(aside, 'utf8') !== judged) linkSync(aside, lock);
    rmSync(aside);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function unusable({path}: StateDirectory, code: string): VchError {
  return new VchError(
    'VCH_ERR_USAGE',
    `the state directory ${path} cannot be used (${code}); name another with --state-dir`,
  );
}

/** Another process has the directory. */
export function inUse(
  {path, lock}: StateDirectory,
  {pid, host}: {readonly pid: number | null; readonly host: string | null},
): VchError {
  const who = pid === null ? 'another process' : `process ${pid} on ${host}`;
  return new VchError(
    'VCH_ERR_LOCKED',
    `the state directory ${path} is in use by ${who}, and only one process can open its database. ` +
      `Follow that one with vch-migrate fleet status --state-dir ${path}; use --database with PostgreSQL for several workers. If that process is gone for certain, remove ${lock}`,
  );
}
