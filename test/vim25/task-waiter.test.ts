import {expect} from 'chai';
import {TaskWaiter} from '../../src/vim25/task-waiter.js';
import {reconfigure} from '../../src/vim25/virtual-machine.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const vms = Array.from({length: 40}, (_, i) => ({name: `c${i}`}));
const ref = (index: number) => ({type: 'VirtualMachine', value: `vm-${101 + index}`});

describe('vim25/task-waiter', () => {
  it('waits for many tasks with few reads', async () => {
    await withSession({fixture: smallVch(vms), taskDuration: [20, 60]}, async (session, simulator) => {
      const waiter = new TaskWaiter(session);
      await Promise.all(
        vms.map(async (_, index) => {
          const spec = {
            changeVersion: simulator.inventory.vm(ref(index).value).changeVersion,
            extraConfig: [{key: 'x', value: 'y'}],
          };
          await waiter.wait(await reconfigure(session, ref(index), spec), 'a write');
          expect(simulator.inventory.vm(ref(index).value).extraConfig()).to.include({x: 'y'});
        }),
      );
      expect(simulator.requests.count('RetrievePropertiesEx')).to.be.lessThan(12);
    });
  });

  it('rejects with the fault of the one task that fails', async () => {
    await withSession({fixture: smallVch(vms)}, async (session) => {
      const waiter = new TaskWaiter(session);
      const task = await reconfigure(session, ref(0), {
        changeVersion: 'stale',
        extraConfig: [{key: 'x', value: 'y'}],
      });
      const error = await rejection(waiter.wait(task, 'writing c0'));
      expect(error).to.include({code: 'VCH_ERR_CONFLICT', fault: 'ConcurrentAccess'});
      expect(error.message).to.contain('writing c0');
    });
  });

  it('loses only the task that the server has forgotten', async () => {
    await withSession({fixture: smallVch(vms), taskDuration: [20, 60]}, async (session, simulator) => {
      const waiter = new TaskWaiter(session);
      const spec = {
        changeVersion: simulator.inventory.vm('vm-101').changeVersion,
        extraConfig: [{key: 'x', value: 'y'}],
      };
      const known = waiter.wait(await reconfigure(session, ref(0), spec), 'known');
      const forgotten = rejection(waiter.wait({type: 'Task', value: 'task-999999'}, 'forgotten'));
      await known;
      expect(await forgotten).to.include({code: 'VCH_ERR_OUTCOME_UNKNOWN'});
    });
  });
});
