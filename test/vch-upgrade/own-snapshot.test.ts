import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot, removeSnapshot} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {rejection} from '../rejection.js';
import {
  APPLIANCE,
  applianceKeys,
  configs,
  DATA_VERSION,
  RECORD,
  resume,
  rollback,
  snapshotsOf,
  stoppedAt,
  upgrade,
  withVch,
} from './small-upgrade.js';

const BROKEN = {appliance: {guest: {fails: 'port-layer'}}};

describe("an upgrade's own snapshot", () => {
  it("goes with a rollback, and the user's own stay: below it, above it, and named as vic-machine names them", async () => {
    await withVch({}, async (session, simulator) => {
      await take(session, 'before maintenance');
      await take(session, 'upgrade for 9000');
      const outcome = await upgrade(session);
      await take(session, 'after the upgrade');
      expect(names(simulator)).to.deep.equal([
        'before maintenance',
        'upgrade for 9000',
        'upgrade for data version 10',
        'after the upgrade',
      ]);
      expect(snapshotsOf(simulator)[2]?.id).to.equal(outcome.upgrade.snapshot);

      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(names(simulator)).to.deep.equal(['before maintenance', 'upgrade for 9000', 'after the upgrade']);
      expect(applianceKeys(simulator)[DATA_VERSION]).to.equal('0');
    });
  });

  it('is what a rollback goes to, not the current one, nor one of the same name', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      const before = configs(simulator);
      await take(session, 'upgrade for data version 10');
      await upgrade(session);
      await take(session, 'upgrade for data version 10');
      await take(session, 'reconfigure for 15556');
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(before);
      expect(names(simulator)).to.deep.equal([
        'upgrade for data version 10',
        'upgrade for data version 10',
        'reconfigure for 15556',
      ]);
    });
  });

  it("goes with an upgrade that fails, and the user's own stays", async () => {
    await withVch(BROKEN, async (session, simulator) => {
      await take(session, 'before maintenance');
      const {upgrade: ended} = await upgrade(session, {timeout: 200});
      expect(ended.result).to.equal('as-before');
      expect(names(simulator)).to.deep.equal(['before maintenance']);
    });
  });

  it('makes the one of the last upgrade needless, once it has succeeded', async () => {
    await withVch({}, async (session, simulator) => {
      await take(session, 'before maintenance');
      const first = await upgrade(session);
      someoneWritesOldData(simulator);
      const second = await upgrade(session);
      expect(second.upgrade.result).to.equal('upgraded');
      expect(second.upgrade.snapshot).not.to.equal(first.upgrade.snapshot);
      expect(snapshotsOf(simulator).map(({id}) => id)).to.include(second.upgrade.snapshot);
      expect(snapshotsOf(simulator).map(({id}) => id)).not.to.include(first.upgrade.snapshot);
      expect(names(simulator)[0]).to.equal('before maintenance');
    });
  });

  it('of the last upgrade may be gone before the next one would remove it', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await drop(session, (await upgrade(session)).upgrade.snapshot);
      someoneWritesOldData(simulator);
      const {upgrade: ended, findings} = await upgrade(session);
      expect(ended.result).to.equal('upgraded');
      expect(findings.map(({code}) => code)).not.to.include('previous-snapshot-left');
      expect(snapshotsOf(simulator).map(({id}) => id)).to.deep.equal([ended.snapshot]);
    });
  });

  it('stays with its record when the next upgrade fails: the first one can still be rolled back', async () => {
    await withVch({}, async (session, simulator) => {
      const before = configs(simulator);
      const first = await upgrade(session);
      const record = applianceKeys(simulator)[RECORD];
      someoneWritesOldData(simulator);
      simulator.inventory.vm(APPLIANCE).setGuest({fails: 'port-layer'});
      expect((await upgrade(session, {timeout: 200})).upgrade.result).to.equal('as-before');
      expect(applianceKeys(simulator)[RECORD]).to.equal(record);
      expect(snapshotsOf(simulator).map(({id}) => id)).to.deep.equal([first.upgrade.snapshot]);
      simulator.inventory.vm(APPLIANCE).setGuest({});
      expect((await rollback(session, {discardChanges: true})).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('is missed by a rollback before anything is written, when somebody removed it', async () => {
    await withVch({}, async (session, simulator) => {
      const outcome = await upgrade(session);
      const keys = configs(simulator);
      // As vic-machine's configure does with the current one, if an upgrade made it.
      await drop(session, outcome.upgrade.snapshot);
      const {code, message} = await rejection(rollback(session));
      expect(code).to.equal('VCH_ERR_CONFLICT');
      expect(message).to.contain('Nothing was written').and.to.contain('undo');
      expect(configs(simulator)).to.deep.equal(keys);
    });
  });

  it('stops a failed resume from reverting anything, if somebody has removed it', async () => {
    await withVch(BROKEN, async (session, simulator) => {
      await stoppedAt(session, 'ready');
      const snapshot = snapshotsOf(simulator)[0]?.id ?? '';
      await drop(session, snapshot);
      const {upgrade: ended, findings, vms} = await resume(session, {timeout: 200});
      expect(findings.map(({code}) => code)).to.include('no-way-back');
      expect(ended.result).to.equal('needs-person');
      expect(ended.error?.code).to.equal('VCH_ERR_ROLLBACK_FAILED');
      expect(ended.error?.message)
        .to.contain(`the snapshot ${snapshot} of vch1`)
        .and.to.contain('was removed');
      expect(vms[0]).to.deep.include({status: 'failed', error: ended.error});
      expect(simulator.requests.count('RevertToSnapshot_Task')).to.equal(0);
      expect(applianceKeys(simulator)[DATA_VERSION]).to.equal('10');
    });
  });
});

async function take(session: Session, name: string): Promise<void> {
  const vm = {type: 'VirtualMachine', value: APPLIANCE};
  const task = await createSnapshot(session, vm, {name, description: 'of the user'});
  await new TaskWaiter(session).wait(task, `taking ${name}`);
}

async function drop(session: Session, snapshot: string | null): Promise<void> {
  const task = await removeSnapshot(session, {type: 'VirtualMachineSnapshot', value: snapshot ?? ''});
  await new TaskWaiter(session).wait(task, `removing ${snapshot}`);
}

function names(simulator: Simulator): readonly string[] {
  return snapshotsOf(simulator).map(({name}) => name);
}

function someoneWritesOldData(simulator: Simulator): void {
  const vm = simulator.inventory.vm(APPLIANCE);
  vm.powerOff();
  vm.change({[DATA_VERSION]: '8'});
  vm.powerOn();
  vm.startGuest();
}
