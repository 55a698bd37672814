import {decodeValue} from '../extraconfig/value.js';
import {canonicalJson} from '../migration/canonical-json.js';
import type {Machine} from './machine.js';

/** The upgrade lock as it stands on the appliance. */
export interface LockText extends Machine {
  readonly id: string;
  /** `user@host` of the process. */
  readonly owner: string;
  /** vSphere user. */
  readonly user: string;
  readonly pid: number;
  /** When that process was started, by its kernel. */
  readonly started: string | null;
  readonly tool: string;
  readonly run: string;
  readonly phase: string;
  /** Seconds within which the owner raises the counter, or is dead. */
  readonly lease: number;
  readonly counter: number;
  /** RFC 3339. */
  readonly since: string;
  readonly changeId: string | null;
  /** The owner has stopped and will not go on: nobody needs to wait for it. */
  readonly stopped: boolean;
}

/** Somebody's lock, as far as it can be read. */
export interface FoundLock {
  readonly raw: string;
  readonly id: string | null;
  readonly owner: string | null;
  readonly user: string | null;
  readonly run: string | null;
  readonly phase: string | null;
  readonly since: string | null;
  readonly changeId: string | null;
  readonly pid: number | null;
  readonly started: string | null;
  readonly machine: Machine | null;
  /** Seconds; `null` where it does not say, or says something that nobody can mean. */
  readonly lease: number | null;
  readonly stopped: boolean;
}

/** Seconds; one that asks for more was not written by this tool, and must not keep everybody out for a day. */
export const LONGEST_LEASE = 3600;

/** The lock's raw value: ASCII, whatever the names in it are. */
export function encodeLock(lock: LockText): string {
  return canonicalJson({...lock});
}

/** The lock in a raw value; `null` where there is none. One that cannot be read is a lock, too. */
export function parseLock(raw: string | undefined): FoundLock | null {
  const content = decodeValue(raw ?? '');
  if (raw === undefined || content === '') return null;
  const members = membersOf(content);
  const word = (name: string): string | null => {
    const value = members.get(name);
    return typeof value === 'string' ? value : null;
  };
  const number = (name: string): number | null => {
    const value = members.get(name);
    return typeof value === 'number' && Number.isFinite(value) ? value : null;
  };
  const host = word('host');
  const lease = number('lease');
  return {
    raw,
    id: word('id'),
    owner: word('owner'),
    user: word('user'),
    run: word('run'),
    phase: word('phase'),
    since: word('since'),
    changeId: word('changeId'),
    pid: number('pid'),
    started: word('started'),
    machine: host === null ? null : {host, boot: word('boot'), pidNamespace: word('pidNamespace')},
    lease: lease !== null && lease > 0 && lease <= LONGEST_LEASE ? lease : null,
    stopped: members.get('stopped') === true,
  };
}

function membersOf(text: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    return new Map();
  }
}
