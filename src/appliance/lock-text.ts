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

/** The lock's raw value: ASCII, whatever the names in it are. */
export function encodeLock(lock: LockText): string {
  return canonicalJson({...lock});
}
