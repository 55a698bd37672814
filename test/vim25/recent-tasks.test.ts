import {expect} from 'chai';
import {settle} from '../../src/vim25/recent-tasks.js';
import {reconfigure} from '../../src/vim25/virtual-machine.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const VM = {type: 'VirtualMachine', value: 'vm-101'};
const fixture = smallVch([{name: 'web'}]);

describe('vim25/recent-tasks', () => {
  it('waits for a task that is under way', async () => {
    await withSession({fixture, taskDuration: [200, 250]}, async (session, simulator) => {
      await settle(session, VM);
      const vm = simulator.inventory.vm(VM.value);
      const {changeVersion} = vm;
      await reconfigure(session, VM, {changeVersion, extraConfig: [{key: 'late', value: '1'}]});
      expect(vm.extraConfig()).not.to.have.property('late');
      await settle(session, VM);
      expect(vm.extraConfig()).to.include({late: '1'});
    });
  });

  it('waits for a task whose reference was lost with the answer', async () => {
    await withSession({fixture, taskDuration: [200, 250]}, async (session, simulator) => {
      const vm = simulator.inventory.vm(VM.value);
      const {changeVersion} = vm;
      simulator.addFault({method: 'ReconfigVM_Task', nth: 1, do: 'drop-after'});
      const write = reconfigure(session, VM, {changeVersion, extraConfig: [{key: 'late', value: '1'}]});
      expect((await rejection(write)).code).to.equal('VCH_ERR_TRANSPORT');
      await settle(session, VM);
      expect(vm.extraConfig()).to.include({late: '1'});
    });
  });

  it('takes a task that the server has forgotten for ended', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const {changeVersion} = simulator.inventory.vm(VM.value);
      await reconfigure(session, VM, {changeVersion, extraConfig: []});
      await settle(session, VM);
      // The second read of each round is that of the states.
      for (const nth of [2, 3])
        simulator.addFault({method: 'RetrievePropertiesEx', nth, do: {fault: 'ManagedObjectNotFound'}});
      await settle(session, VM);
    });
  });

  it('stops when it is told to', async () => {
    await withSession({fixture, taskDuration: [60_000, 60_000]}, async (session, simulator) => {
      const {changeVersion} = simulator.inventory.vm(VM.value);
      await reconfigure(session, VM, {changeVersion, extraConfig: []});
      const stop = new AbortController();
      const waiting = rejection(settle(session, VM, stop.signal));
      setImmediate(() => stop.abort());
      expect((await waiting).code).to.equal('VCH_ERR_INTERRUPTED');
    });
  });
});
