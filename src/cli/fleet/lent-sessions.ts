import type {Login} from '../../fleet/credentials.js';
import type {FleetVCenter} from '../../fleet/inventory.js';
import type {VicInventory} from '../../inventory/find-vch.js';
import {untilStopped} from '../../stopping.js';
import type {Session} from '../../vim25/session.js';

/** A login to a vCenter, and one look at its inventory. */
export interface Shared {
  readonly session: Session;
  readonly inventory: VicInventory;
}

/** A vCenter, and who logs in there. */
interface Place {
  readonly vcenter: FleetVCenter;
  readonly login: Login;
}

interface Lent {
  readonly shared: Promise<Shared>;
  readonly since: number;
  users: number;
  /** Nobody uses it any more; settles when it is logged out. */
  end(): Promise<void>;
}

/** Milliseconds for which one look at an inventory stands for others. */
const LONGEST = 60_000;

/**
 * Lends sessions to those who only read. Whoever is at work on one vCenter with one login at a time shares a session and a
 * look at the inventory; the last one logs out.
 */
export function sessionsToLend(
  open: (place: Place, use: (shared: Shared) => Promise<void>) => Promise<void>,
  now: () => Date,
) {
  const lent = new Map<string, Lent>();
  return async <T>(
    {vcenter, login}: Place,
    signal: AbortSignal,
    use: (shared: Shared) => Promise<T>,
  ): Promise<T> => {
    // A login that has changed is another one.
    const key = JSON.stringify([vcenter, login]);
    const known = lent.get(key);
    const isFresh = known !== undefined && now().getTime() - known.since < LONGEST;
    const one = isFresh ? known : lend(open, {vcenter, login}, now().getTime());
    lent.set(key, one);
    one.users += 1;
    try {
      return await use(await untilStopped(signal, () => one.shared));
    } finally {
      one.users -= 1;
      if (one.users === 0) {
        if (lent.get(key) === one) lent.delete(key);
        const ended = one.end();
        // Who is stopped does not wait for a vCenter that does not answer.
        if (!signal.aborted) await ended;
      }
    }
  };
}

function lend(open: Parameters<typeof sessionsToLend>[0], place: Place, since: number): Lent {
  let letGo = () => {};
  const unused = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let ended = Promise.resolve();
  const shared = new Promise<Shared>((resolve, reject) => {
    ended = open(place, (one) => {
      resolve(one);
      return unused;
    }).catch(reject);
  });
  return {
    ...{shared, since, users: 0},
    end() {
      letGo();
      return ended;
    },
  };
}
