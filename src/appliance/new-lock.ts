import {randomUUID} from 'node:crypto';
import type {Logger} from '../log.js';
import {UPGRADE_LOCK} from './lease.js';
import type {LockText} from './lock-text.js';
import {processStart, processUser, thisMachine} from './machine.js';

/** Who takes the lock, and for what. */
export interface LockOptions {
  readonly runId: string;
  readonly user: string;
  readonly toolVersion: string;
  readonly changeId: string | undefined;
  /** Seconds; the lock's own where it is left out. */
  readonly lease: number | undefined;
  /** The lease in a phase, in seconds; `base` where the VM takes writes. */
  readonly leaseTimeOf: (phase: string, base: number) => number;
  readonly log: Logger;
}

/** A lock of this process that is not taken yet. */
export function newLock({
  user,
  toolVersion,
  runId,
  lease = UPGRADE_LOCK.leaseTime,
  changeId,
}: LockOptions): LockText {
  const machine = thisMachine();
  return {
    ...machine,
    id: randomUUID(),
    owner: `${processUser()}@${machine.host}`,
    user,
    pid: process.pid,
    started: processStart(process.pid),
    tool: `vch-migrate ${toolVersion}`,
    run: runId,
    phase: 'locked',
    lease,
    counter: 0,
    since: new Date().toISOString(),
    changeId: changeId ?? null,
    stopped: false,
  };
}
