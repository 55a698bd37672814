import {statSync} from 'node:fs';
import {hasCode, VchError} from '../errors.js';
import type {FleetDatabase} from './database.js';
import {openIdle} from './idle-database.js';
import {connectSocket} from './socket.js';
import {holderOf, type StateDirectory} from './state-directory.js';

/** A database to look at, for any length of time, without keeping it from a process that works. */
export interface FleetSource {
  /** VCH_ERR_TRANSPORT while it cannot be reached. What only reads leaves the stamp as it is. */
  use<T>(work: (database: FleetDatabase) => Promise<T>, writes?: boolean): Promise<T>;
  /** A text that changes when another process has opened the database; `null` while others may change it at any time. */
  stamp(): string | null;
  close(): Promise<void>;
}

/** A database that many have open. */
export function sharedSource(database: FleetDatabase): FleetSource {
  return {use: (work) => work(database), stamp: () => null, close: async () => undefined};
}

/**
 * The embedded database of a state directory. While another process has it open, its socket is used. Otherwise the database
 * is opened here, for a moment at a time, so that a worker can start.
 */
export function embeddedSource(directory: StateDirectory): FleetSource {
  let connection: FleetDatabase | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** While it is open here. */
  let held: string | undefined;
  /** What our own reading has left, and the stamp before it. */
  let own: {readonly left: string; readonly stamp: string} | undefined;
  const stamp = (): string | null => {
    if (held !== undefined) return held;
    const holder = holderOf(directory);
    if (holder.state === 'alive') return null;
    const changed = statSync(directory.path, {throwIfNoEntry: false})?.mtimeMs ?? 0;
    const now = `${holder.state} ${changed}`;
    return own?.left === now ? own.stamp : now;
  };
  const disconnect = async () => {
    await connection?.close();
    connection = undefined;
  };
  const throughSocket = async <T>(work: (database: FleetDatabase) => Promise<T>) => {
    try {
      connection ??= await connectSocket(directory);
      return await work(connection);
    } catch (error) {
      if (hasCode(error, 'VCH_ERR_TRANSPORT')) await disconnect();
      throw error;
    }
  };
  const here = async <T>(free: string, writes: boolean, work: (database: FleetDatabase) => Promise<T>) => {
    await disconnect();
    held = free;
    try {
      const result = await openIdle(directory, work);
      held = undefined;
      own = undefined;
      const left = stamp();
      if (!writes && left !== null) own = {left, stamp: free};
      return result;
    } catch (error) {
      if (!hasCode(error, 'VCH_ERR_LOCKED')) throw error;
      throw new VchError('VCH_ERR_TRANSPORT', `another process opens the database in ${directory.path}`);
    } finally {
      held = undefined;
    }
  };
  return {
    use(work, writes = false) {
      const mine = last.then(() => {
        const free = stamp();
        return free === null ? throughSocket(work) : here(free, writes, work);
      });
      last = mine.catch(() => undefined);
      return mine;
    },
    stamp,
    close: async () => {
      await last;
      await disconnect();
    },
  };
}
