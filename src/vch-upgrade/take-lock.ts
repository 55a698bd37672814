import {Lease, type LeaseSpec, leaseLost} from '../appliance/lease.js';
import {processUser, thisProcess} from '../appliance/machine.js';
import {UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import {UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import {canonicalJson} from '../migration/canonical-json.js';
import {Outage} from './outage.js';
import type {UpgradeRecord} from './record.js';
import {LOCK, leaseTimeOf, showStep, showStepNamed} from './steps.js';
import type {LockedVch, VchTarget} from './vch-target.js';

/**
 * Takes the upgrade lock if it is free or `dead`, the raw value of an owner who was seen to be dead. `record` makes the
 * rollback record of the reading that the lock is taken on, or throws what speaks against it.
 */
export async function takeLock(
  target: VchTarget,
  dead: string | null,
  record: (appliance: Appliance) => Promise<UpgradeRecord>,
): Promise<LockedVch> {
  const {options, writer} = target;
  const {runId, user, toolVersion, changeId, lease: leaseTime, log} = options;
  showStep(options, LOCK);
  const owner = {runId, user, toolVersion, leaseTime, log};
  const lease = await Lease.acquire(writer, lockWith(changeId ?? null), owner, {
    over: dead,
    make: record,
  });
  return {
    ...target,
    lock: lease,
    get record() {
      return lease.body;
    },
    outage: lease.body.powerState === 'poweredOn' ? new Outage(options) : null,
    showStep: (step, how) => showStepNamed(options, step, how),
    assertOurs: async () => lease.assertOurs(await writer.read()),
  };
}

/** The upgrade lock with what its owner keeps beside it: VIC's flag, which vic-machine reads, and the rollback record. */
function lockWith(changeId: string | null): LeaseSpec<UpgradeRecord> {
  const flagCleared = `${UPDATE_IN_PROGRESS_KEY} was cleared, as vic-machine does when its own upgrade or configure operation ends`;
  const afterLosing = 'Stopped at a safe point; see vch-migrate status';
  return {
    ...UPGRADE_LOCK,
    encode: ({id, user, runId, toolVersion, since}, {counter, leaseTime, stopped}, {phase}) => {
      const own = thisProcess();
      return canonicalJson({
        ...own,
        id,
        owner: `${processUser()}@${own.host}`,
        user,
        tool: `vch-migrate ${toolVersion}`,
        run: runId,
        phase,
        lease: leaseTime,
        counter,
        since,
        changeId,
        stopped,
      });
    },
    beside: (record) => ({[UPDATE_IN_PROGRESS_KEY]: 'true', [UPGRADE_RECORD_KEY]: canonicalJson(record)}),
    // Not the flag: the next one who sets it is vic-machine.
    afterLoss: (record) => ({[UPGRADE_RECORD_KEY]: canonicalJson(record)}),
    leaseTimeOf: ({phase}, base) => leaseTimeOf(phase, base),
    updating: ({phase}) => `entering the phase ${phase}`,
    assertMayTake: () => undefined,
    broken: (config, label) =>
      UPGRADE_LOCK.isForeign(config) ? null : leaseLost({...UPGRADE_LOCK, afterLosing}, label, flagCleared),
    afterLosing,
  };
}
