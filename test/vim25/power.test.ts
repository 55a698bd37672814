import {expect} from 'chai';
import {powerOff, powerOn, shutdownGuest} from '../../src/vim25/power.js';
import {TaskWaiter} from '../../src/vim25/task-waiter.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const VM = {type: 'VirtualMachine', value: 'vm-101'};
const fixture = smallVch([{name: 'web', powerState: 'poweredOff'}]);

describe('vim25/power', () => {
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
      await until(() => vm.powerState === 'poweredOff');
    });
  });

  it('tells the fault of a VM that is already there', async () => {
    await withSession({fixture}, async (session) => {
      const again = async () => new TaskWaiter(session).wait(await powerOff(session, VM), 'off');
      expect((await rejection(again())).fault).to.equal('InvalidPowerState');
    });
  });
});

/** A guest goes down by itself, some time after it was asked to. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
