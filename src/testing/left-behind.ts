import {LOCK_KEY, RENAME_CLAIM_KEY, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {isFalse} from '../extraconfig/value.js';
import type {Simulator} from '../simulator/simulator.js';

/** Where an upgrade or a rename says that the VCH is taken. */
const CLAIM_KEYS = [LOCK_KEY, RENAME_CLAIM_KEY, UPDATE_IN_PROGRESS_KEY];

/** What holds a VCH, by the moref of its VM. */
export type Locks = ReadonlyMap<string, string>;

/** The locks, flags and claims that stand on the simulator's VMs now. */
export function locksOf({inventory}: Simulator): Locks {
  const locks = new Map<string, string>();
  for (const vm of inventory.vms()) {
    const config = vm.extraConfig();
    const claims = CLAIM_KEYS.flatMap((key) =>
      isClaim(key, config) ? [`${key} = ${config[key] ?? ''}`] : [],
    );
    if (claims.length > 0) locks.set(vm.id, claims.join(', '));
  }
  return locks;
}

function isClaim(key: string, config: Readonly<Record<string, string>>): boolean {
  const raw = config[key];
  if (raw === undefined || raw === '' || raw === '<nil>') return false;
  return key !== UPDATE_IN_PROGRESS_KEY || !isFalse(raw);
}

/** What a client holds on the server besides its session. */
export function heldOn({views, filters, openTokens}: Simulator): readonly string[] {
  return [count(views, 'view'), count(filters, 'filter'), count(openTokens, 'token')].flat();
}

/** The sessions that are still logged in. */
export function sessionsOn({sessions}: Simulator): readonly string[] {
  return count(sessions, 'session');
}

/** The locks that were not there in the beginning, as words. */
export function newLocks(before: Locks, after: Locks): readonly string[] {
  return [...after]
    .filter(([id, claims]) => before.get(id) !== claims)
    .map(([id, claims]) => `${claims} on ${id}`);
}

function count(number: number, word: string): readonly string[] {
  return number === 0 ? [] : [`${number} ${word}${number === 1 ? '' : 's'}`];
}
