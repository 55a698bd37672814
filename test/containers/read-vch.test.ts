import {expect} from 'chai';
import {applyMigration, planMigration} from '../../src/index.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const vch = {name: 'vch1'};

describe('containers: reading a VCH', () => {
  it('says the same of a clone before and after writing it', async () => {
    const clone = {name: 'clone', more: {uuid: '42000000-0000-4000-8000-00000000ffff'}};
    await withSession({fixture: smallVch([clone])}, async (session) => {
      for (const run of [planMigration, applyMigration]) {
        const {vms} = await run(session, {vch});
        expect(vms[0]?.findings.map(({code}) => code)).to.include('uuid-unknown');
      }
    });
  });

  it('writes nothing when the lock of an appliance that is away cannot be known', async () => {
    await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
      simulator.inventory.vm('vm-100').setConnectionState('disconnected');
      const error = await rejection(applyMigration(session, {vch}));
      expect(error.code).to.equal('VCH_ERR_HOST_UNREACHABLE');
      expect(error.message).to.contain('vch1').and.to.contain('disconnected');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('is an error, and no empty VCH, where the list of VMs of its pool may not be read', async () => {
    const fixture = smallVch([{name: 'web'}]);
    const detail = {privilegeId: 'System.Read', object: 'resgroup-1'};
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({
        method: 'RetrievePropertiesEx',
        do: {fault: 'NoPermission', detail},
      });
      const error = await rejection(planMigration(session, {vch}));
      expect(error.code).to.equal('VCH_ERR_PRIVILEGE');
      expect(error.message).to.contain('System.Read');
    });
  });

  it('is a failure of the one VM that the user may not read, which is named and not written', async () => {
    const fixture = {
      ...smallVch([{name: 'web'}, {name: 'db'}]),
      users: [{user: 'administrator@vsphere.local', password: 'correct horse', role: 'Most'}],
      roles: [{name: 'Most', except: [{entity: 'web', privileges: ['System.Read']}]}],
    };
    await withSession({fixture}, async (session, simulator) => {
      const {vms} = await applyMigration(session, {vch});
      expect(vms.map(({id, status}) => [id, status])).to.have.deep.members([
        ['vm-101', 'failed'],
        ['vm-102', 'changed'],
      ]);
      const error = vms.find(({id}) => id === 'vm-101')?.error;
      expect(error?.code).to.equal('VCH_ERR_PRIVILEGE');
      expect(error?.message).to.contain('web').and.to.contain('System.Read');
      expect(simulator.inventory.vm('vm-101').reconfigurations).to.equal(0);
    });
  });

  for (const method of ['RetrievePropertiesEx', 'CreateContainerView']) {
    it(`gives up at once when it is told to stop while ${method} hangs`, async () => {
      await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
        const stop = new AbortController();
        simulator.addFault({method, do: 'hang', before: () => setImmediate(() => stop.abort())});
        const error = await rejection(planMigration(session, {vch, signal: stop.signal}));
        expect(error.code).to.equal('VCH_ERR_INTERRUPTED');
      });
    });
  }

  it('asks a server that breaks every connection again for two minutes, and no longer', async () => {
    await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator, clock) => {
      simulator.addFault({method: 'RetrievePropertiesEx', do: 'drop-before'});
      expect((await rejection(planMigration(session, {vch}))).code).to.equal('VCH_ERR_TRANSPORT');
      expect(clock.elapsed).to.be.within(119_000, 130_000);
    });
  });

  it('finishes with what it has read when a view cannot be destroyed', async () => {
    await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
      simulator.addFault({method: 'DestroyView', do: 'drop-before'});
      expect((await planMigration(session, {vch})).vms).to.have.length(1);
    });
  });
});
