import {expect} from 'chai';
import {readAppliance} from '../../src/inventory/appliance.js';
import {findVch} from '../../src/inventory/find-vch.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot, readSnapshotConfig, readSnapshots} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {
  logUserEvent,
  powerOff,
  powerOn,
  reconfigure,
  shutdownGuest,
} from '../../src/vim25/virtual-machine.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const VM = {type: 'VirtualMachine', value: 'vm-101'};
const fixture = smallVch([{name: 'web', powerState: 'poweredOff'}]);

describe('vim25/virtual-machine: power', () => {
  it('powers a VM on and off, and asks its guest to shut down', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const waiter = new TaskWaiter(session);
      const vm = simulator.inventory.vm(VM.value);
      await waiter.wait(await powerOn(session, VM), 'on');
      expect(vm.powerState).to.equal('poweredOn');
      await waiter.wait(await powerOff(session, VM), 'off');
      expect(vm.powerState).to.equal('poweredOff');
      await waiter.wait(await powerOn(session, VM), 'on');
      await shutdownGuest(session, VM);
      // It goes down by itself, some time after it was asked to.
      while (vm.powerState !== 'poweredOff') await session.clock.sleep(10);
    });
  });

  it('tells the fault of a VM that is already there', async () => {
    await withSession({fixture}, async (session) => {
      const again = async () => new TaskWaiter(session).wait(await powerOff(session, VM), 'off');
      expect((await rejection(again())).fault).to.equal('InvalidPowerState');
    });
  });
});

const APPLIANCE = {type: 'VirtualMachine', value: 'vm-100'};
const NEW = '[datastore1] vch1/v1.5.6-20000-0a1b2c3-89abcdef-appliance.iso';

describe('vim25/virtual-machine: devices', () => {
  it('puts another ISO file into the drive of an appliance, and finds the old one in a snapshot', async () => {
    await withSession({fixture: smallVch([])}, async (session, simulator) => {
      simulator.inventory.vm(APPLIANCE.value).powerOff();
      const [before] = (await read(session)).cdroms;
      if (before === undefined) throw new Error('the appliance has no drive');
      expect(before.fileName).to.match(/^\[datastore1\] .*\.iso$/);
      const snapshot = await taken(session);
      const {changeVersion} = await read(session);
      const task = await reconfigure(session, APPLIANCE, {
        changeVersion,
        deviceChange: [{...before, fileName: NEW}],
        extraConfig: [{key: 'probe', value: '1'}],
      });
      await new TaskWaiter(session).wait(task, 'switching it');
      const after = await read(session);
      expect(after.cdroms).to.deep.equal([{...before, fileName: NEW}]);
      expect(after.config).to.include({probe: '1'});
      const held = await readSnapshotConfig(session, snapshot);
      expect(held.cdroms).to.deep.equal([before]);
      expect(held.extraConfig).to.include({'init/common/name': 'vch1'}).and.not.to.have.property('probe');
    });
  });
});

async function read(session: Session) {
  const {vch} = await findVch(session, {});
  return readAppliance(session, vch);
}

async function taken(session: Session) {
  const task = await createSnapshot(session, APPLIANCE, {name: 'before', description: ''});
  await new TaskWaiter(session).wait(task, 'taking it');
  const [snapshot] = (await readSnapshots(session, APPLIANCE)).all;
  if (snapshot === undefined) throw new Error('there is no snapshot');
  return snapshot.ref;
}

describe('vim25/virtual-machine: events', () => {
  it('writes a line among the events of a APPLIANCE, whatever is in it', async () => {
    await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
      const message = 'vch-migrate upgrade begins <&> "CHG-1"';
      await logUserEvent(session, {type: 'VirtualMachine', value: 'vm-101'}, message);
      expect(
        simulator.events.map(({entity, message, userName}) => [entity.id, message, userName]),
      ).to.deep.equal([['vm-101', message, simulator.user]]);
    });
  });
});
