import {expect} from 'chai';
import {applyMigration, planMigration, type VmOutcome} from '../../src/index.js';
import {listVchs} from '../../src/inventory/find-vch.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {rejection} from '../rejection.js';
import {containerIdOf, type SmallVm, smallVch, withSession} from '../small-vch.js';
import {dockerCreate} from './containers.js';

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

  describe('what happens between the search and the reading', () => {
    /** The search is over once its view is destroyed. */
    async function meanwhile(
      vms: readonly SmallVm[],
      change: (simulator: Simulator) => void,
    ): Promise<readonly VmOutcome[]> {
      return withSession({fixture: smallVch(vms)}, async (session, simulator) => {
        simulator.addFault({method: 'DestroyView', nth: 1, before: () => change(simulator)});
        return (await applyMigration(session, {vch})).vms;
      });
    }
    const statuses = (vms: readonly VmOutcome[]) => vms.map(({id, status}) => [id, status]);
    const two = [{name: 'web'}, {name: 'db'}];

    it('a container that docker creates is part of the run', async () => {
      const vms = await meanwhile([{name: 'web'}], (simulator) => dockerCreate(simulator, 'new', 'new'));
      expect(vms).to.have.length(2);
      expect(vms.map(({containerName}) => containerName)).to.have.members(['web', 'new']);
    });

    it('a VM that is removed is not', async () => {
      const vms = await meanwhile(two, (simulator) => simulator.inventory.vm('vm-101').remove());
      expect(statuses(vms)).to.deep.equal([['vm-102', 'changed']]);
    });

    it('a VM that answers leave out is unreachable, and not lost', async () => {
      const vms = await meanwhile(two, (simulator) => {
        simulator.addFault({method: 'RetrievePropertiesEx', do: {leaveOut: 'vm-101'}});
      });
      expect(statuses(vms)).to.have.deep.members([
        ['vm-101', 'unreachable'],
        ['vm-102', 'changed'],
      ]);
      expect(vms.find(({id}) => id === 'vm-101')?.error?.message).to.contain('leaves it out');
    });

    it('a VM that is no containerVM any more is noticed', async () => {
      for (const id of [null, 'x', containerIdOf('another')]) {
        const vms = await meanwhile(two, (simulator) =>
          simulator.inventory.vm('vm-101').change({'guestinfo.vice./common/id': id}),
        );
        expect(statuses(vms)).to.have.deep.members([
          ['vm-101', 'unknown'],
          ['vm-102', 'changed'],
        ]);
      }
    });

    it('a VM whose host is lost is unreachable', async () => {
      const vms = await meanwhile(two, (simulator) =>
        simulator.inventory.vm('vm-101').setConnectionState('disconnected'),
      );
      expect(statuses(vms)).to.have.deep.members([
        ['vm-101', 'unreachable'],
        ['vm-102', 'changed'],
      ]);
    });
  });

  it('tells whose a containerVM is among many VCHs, by its BIOS UUID or its place', async () => {
    const fixture = smallVch([
      {name: 'own'},
      {name: 'placed', more: {uuid: '42000000-0000-4000-8000-00000000ffff'}},
    ]);
    const others = Array.from({length: 20}, (_, n) => ({
      id: `vm-${500 + n}`,
      name: `other${n}`,
      pool: 'cluster1',
      uuid: `42000000-0000-4000-8000-0000000005${String(n).padStart(2, '0')}`,
      extraConfig: {'guestinfo.vice./init/common/id': `VirtualMachine:vm-${500 + n}`},
    }));
    const many = {...fixture, vms: [...(fixture.vms ?? []), ...others]};
    await withSession({fixture: many}, async (session) => {
      const listed = await listVchs(session, {});
      expect(listed).to.have.length(21);
      expect(
        listed.filter(({summary}) => summary.containerVMs !== 0).map(({summary}) => summary),
      ).to.have.length(1);
      expect(listed.find(({summary}) => summary.name === 'vch1')?.summary.containerVMs).to.equal(2);
      const {vms} = await applyMigration(session, {vch});
      expect(vms.map(({status}) => status)).to.deep.equal(['changed', 'changed']);
      expect(vms.map(({findings}) => findings.map(({code}) => code).includes('uuid-unknown'))).to.deep.equal([
        false,
        true,
      ]);
    });
  });
});
