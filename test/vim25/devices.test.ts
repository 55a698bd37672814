import {expect} from 'chai';
import {readAppliance} from '../../src/inventory/appliance.js';
import {findVch} from '../../src/inventory/find-vch.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot, readSnapshotConfig, readSnapshots} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/task-waiter.js';
import {reconfigure} from '../../src/vim25/virtual-machine.js';
import {smallVch, withSession} from '../small-vch.js';

const VM = {type: 'VirtualMachine', value: 'vm-100'};
const NEW = '[datastore1] vch1/v1.5.6-20000-0a1b2c3-89abcdef-appliance.iso';

describe('vim25/devices', () => {
  it('puts another ISO file into the drive of an appliance, and finds the old one in a snapshot', async () => {
    await withSession({fixture: smallVch([])}, async (session, simulator) => {
      simulator.inventory.vm(VM.value).powerOff();
      const [before] = (await read(session)).cdroms;
      if (before === undefined) throw new Error('the appliance has no drive');
      expect(before.fileName).to.match(/^\[datastore1\] .*\.iso$/);
      const snapshot = await taken(session);
      const {changeVersion} = await read(session);
      const task = await reconfigure(session, VM, {
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
  const task = await createSnapshot(session, VM, {name: 'before', description: ''});
  await new TaskWaiter(session).wait(task, 'taking it');
  const [snapshot] = (await readSnapshots(session, VM)).all;
  if (snapshot === undefined) throw new Error('there is no snapshot');
  return snapshot.ref;
}
