import {statSync} from 'node:fs';
import {hasCode, VchError} from '../errors.js';
import type {FleetDatabase} from './database.js';
import {openIdle} from './idle-database.js';
import {connectSocket} from './socket.js';
import {holderOf, type StateDirectory} from './state-directory.js';

/** A database for who only looks, however long: it takes it from nobody. */
export interface FleetSource {
  /** VCH_ERR_TRANSPORT while it cannot be reached. What only reads leaves the stamp as it is. */
  use<T>(work: (database: FleetDatabase) => Promise<T>, writes?: boolean): Promise<T>;
  /** `null` while others may change it at any time; else a text that stays the same until somebody has had it open. */
  stamp(): string | null;
  close(): Promise<void>;
}

/** A database that many have open. */
export function sharedSource(database: FleetDatabase): FleetSource {
  return {use: (work) => work(database), stamp: () => null, close: async () => undefined};
}

/**
 * The embedded database of a state directory: through the socket of the process that has it open, for as long as there is one;
 * else it is opened here, for a moment at a time, so that whoever would work may begin.
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
