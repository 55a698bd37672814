import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {isFalse} from '../extraconfig/value.js';
import type {LockState} from './vch.js';

/** Tells from an appliance's keys whether an upgrade holds it. Whatever stands there that cannot be read counts as held. */
export function lockState(config: ExtraConfig): LockState {
  const lock = config[LOCK_KEY];
  if (lock !== undefined && lock !== '' && lock !== '<nil>')
    return {held: true, by: 'vch-migrate', ...owner(lock)};
  // VIC reads the flag by Go's ParseBool; an absent or empty one is false.
  if (isFalse(config[UPDATE_IN_PROGRESS_KEY])) return {held: false};
  return {held: true, by: 'vic-machine', lockId: null, owner: null, phase: null, since: null, stopped: false};
}

function owner(lock: string): Omit<Extract<LockState, {held: true}>, 'held' | 'by'> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(lock);
  } catch {
    return {lockId: null, owner: null, phase: null, since: null, stopped: false};
  }
  const members = new Map<string, unknown>(
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
  );
  const text = (name: string): string | null => {
    const value = members.get(name);
    return typeof value === 'string' ? value : null;
  };
  return {
    lockId: text('id'),
    owner: text('owner'),
    phase: text('phase'),
    since: text('since'),
    stopped: members.get('stopped') === true,
  };
}
