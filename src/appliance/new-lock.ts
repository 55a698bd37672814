import {randomUUID} from 'node:crypto';
import type {Logger} from '../log.js';
import type {UpgradePhase} from '../vch-upgrade/phase.js';
import {UPGRADE_LOCK} from './lease.js';
import type {LockText} from './lock-text.js';
import {processStart, processUser, thisMachine} from './machine.js';

/** The same where the VM takes no writes for a while. */
const LONG_LEASE = 900;

/** While its snapshot is taken or its power changes the VM may take no writes. */
const TAKES_NO_WRITES: ReadonlySet<UpgradePhase> = new Set([
  'snapshot',
  'power-off',
  'appliance',
  'power-on',
  'drop-previous-snapshot',
  'rollback',
  'rollback-cleanup',
]);

/** Who takes the lock, and for what. */
export interface LockOptions {
  readonly runId: string;
  readonly user: string;
  readonly toolVersion: string;
  readonly changeId: string | undefined;
  /** Seconds; the lock's own where it is left out. */
  readonly lease: number | undefined;
  readonly log: Logger;
}

/** The lease for a phase, in seconds. */
export function leaseOf(
  phase: UpgradePhase,
  {lease = UPGRADE_LOCK.leaseTime}: Pick<LockOptions, 'lease'>,
): number {
  return TAKES_NO_WRITES.has(phase) ? LONG_LEASE : lease;
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
