import {expect} from 'chai';
import pLimit from 'p-limit';
import {TaskWaiter, waitUntilIdle} from '../../src/vim25/tasks.js';
import {reconfigure} from '../../src/vim25/virtual-machine.js';
import {rejection} from '../rejection.js';
import {smallVch, withSession} from '../small-vch.js';

const vms = Array.from({length: 40}, (_, i) => ({name: `c${i}`}));
const ref = (index: number) => ({type: 'VirtualMachine', value: `vm-${101 + index}`});

describe('vim25/tasks: waiting for many', () => {
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

  for (const [what, taskDuration, most] of [
    ['short ones', [2, 10], 18],
    ['ones of all lengths', [20, 60], 24],
    ['long ones', [100, 100], 17],
  ] as const) {
    it(`reads for many at a time where the window is full: ${what}`, async () => {
      const many = Array.from({length: 160}, (_, i) => ({name: `c${i}`}));
      await withSession({fixture: smallVch(many), taskDuration}, async (session, simulator, clock) => {
        const [window, calls] = [pLimit(16), pLimit(8)];
        const joining = () => calls.activeCount + calls.pendingCount;
        const waiter = new TaskWaiter(session, {window: 16, joining});
        const start = clock.elapsed;
        const write = async (index: number) => {
          const {changeVersion} = simulator.inventory.vm(ref(index).value);
          const spec = {changeVersion, extraConfig: [{key: 'x', value: 'y'}]};
          await waiter.wait(await calls(() => reconfigure(session, ref(index), spec)), 'a write');
        };
        await Promise.all(many.map((_, index) => window(() => write(index))));
        expect(simulator.requests.count('RetrievePropertiesEx')).to.be.at.most(most);
        // Ten windows, one after the other.
        expect(clock.elapsed - start).to.be.below(10 * taskDuration[1] * 1.2 + 100);
      });
    });
  }

  it('sees the end of each soon, and so keeps the window full, where tasks take their time', async () => {
    const many = Array.from({length: 320}, (_, i) => ({name: `c${i}`}));
    const taskDuration = [60, 240] as const;
    await withSession({fixture: smallVch(many), taskDuration}, async (session, simulator, clock) => {
      const window = pLimit(32);
      const waiter = new TaskWaiter(session, {window: 32});
      const start = clock.elapsed;
      let inTasks = 0;
      const write = async (index: number) => {
        const {changeVersion} = simulator.inventory.vm(ref(index).value);
        const spec = {changeVersion, extraConfig: [{key: 'x', value: 'y'}]};
        const task = await reconfigure(session, ref(index), spec);
        const begun = clock.elapsed;
        await waiter.wait(task, 'a write');
        inTasks += clock.elapsed - begun;
      };
      await Promise.all(many.map((_, index) => window(() => write(index))));
      // They take 150 ms on average.
      expect(inTasks / many.length).to.be.below(175);
      expect(clock.elapsed - start).to.be.below(1_950);
      expect(simulator.requests.count('RetrievePropertiesEx')).to.be.below(190);
    });
  });

  it('tells everybody who waits for one task', async () => {
    await withSession({fixture: smallVch(vms)}, async (session, simulator) => {
      const waiter = new TaskWaiter(session);
      const task = await reconfigure(session, ref(0), {
        changeVersion: simulator.inventory.vm('vm-101').changeVersion,
        extraConfig: [{key: 'x', value: 'y'}],
      });
      const stale = await reconfigure(session, ref(0), {changeVersion: 'stale', extraConfig: []});
      const failing = [rejection(waiter.wait(stale, 'one')), rejection(waiter.wait(stale, 'other'))];
      await Promise.all([waiter.wait(task, 'one'), waiter.wait(task, 'other')]);
      const messages = (await Promise.all(failing)).map(({message}) => message);
      expect(messages[0]).to.contain('one: ConcurrentAccess');
      expect(messages[1]).to.contain('other: ConcurrentAccess');
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

const VM = {type: 'VirtualMachine', value: 'vm-101'};
const fixture = smallVch([{name: 'web'}]);

describe('vim25/tasks: waiting for all of a VM', () => {
  it('waits for a task that is under way', async () => {
    await withSession({fixture, taskDuration: [200, 250]}, async (session, simulator) => {
      await waitUntilIdle(session, VM);
      const vm = simulator.inventory.vm(VM.value);
      const {changeVersion} = vm;
      await reconfigure(session, VM, {changeVersion, extraConfig: [{key: 'late', value: '1'}]});
      expect(vm.extraConfig()).not.to.have.property('late');
      await waitUntilIdle(session, VM);
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
      await waitUntilIdle(session, VM);
      expect(vm.extraConfig()).to.include({late: '1'});
    });
  });

  it('takes a task that the server has forgotten for ended', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const {changeVersion} = simulator.inventory.vm(VM.value);
      await reconfigure(session, VM, {changeVersion, extraConfig: []});
      await waitUntilIdle(session, VM);
      // The second read of each round is that of the states.
      for (const nth of [2, 3])
        simulator.addFault({method: 'RetrievePropertiesEx', nth, do: {fault: 'ManagedObjectNotFound'}});
      await waitUntilIdle(session, VM);
    });
  });

  it('stops when it is told to', async () => {
    await withSession({fixture, taskDuration: [60_000, 60_000]}, async (session, simulator) => {
      const {changeVersion} = simulator.inventory.vm(VM.value);
      await reconfigure(session, VM, {changeVersion, extraConfig: []});
      const stop = new AbortController();
      const waiting = rejection(waitUntilIdle(session, VM, stop.signal));
      setImmediate(() => stop.abort());
      expect((await waiting).code).to.equal('VCH_ERR_INTERRUPTED');
    });
  });
});
