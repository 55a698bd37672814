import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {ManagedObjectReference} from '../../src/vim25/managed-object.js';
import type {Session} from '../../src/vim25/session.js';
import {createSnapshot, readSnapshots, removeSnapshot, revertToSnapshot} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {smallVch, withSession} from '../small-vch.js';

const VM: ManagedObjectReference = {type: 'VirtualMachine', value: 'vm-101'};
const fixture = smallVch([{name: 'web', powerState: 'poweredOff', extraConfig: {hidden: '1'}}]);

describe('vim25/snapshot', () => {
  it('takes snapshots, and reads them as the tree that they are', async () => {
    await withSession({fixture}, async (session) => {
      expect(await readSnapshots(session, VM)).to.deep.equal({current: null, all: []});
      const first = await taken(session, 'first', 'run 7 <&>');
      const second = await taken(session, 'second', '');
      const tree = await readSnapshots(session, VM);
      expect(tree.current).to.equal(second.value);
      expect(
        tree.all.map(({ref, name, description, parent}) => [ref, name, description, parent]),
      ).to.deep.equal([
        [first, 'first', 'run 7 <&>', null],
        [second, 'second', '', first.value],
      ]);
      expect(Date.parse(tree.all[0]?.createTime ?? '')).to.be.greaterThan(0);
    });
  });

  it('goes back to a snapshot, and leaves the VM off', async () => {
    await withSession({fixture}, async (session, simulator: Simulator) => {
      const vm = simulator.inventory.vm(VM.value);
      const first = await taken(session, 'first', '');
      vm.change({hidden: '2', added: 'x'});
      await ended(session, revertToSnapshot(session, first));
      expect(vm.extraConfig()).to.include({hidden: '1'}).and.not.to.have.property('added');
      expect(vm.powerState).to.equal('poweredOff');
    });
  });

  it('removes one snapshot and leaves those taken after it', async () => {
    await withSession({fixture}, async (session) => {
      const first = await taken(session, 'first', '');
      const second = await taken(session, 'second', '');
      await ended(session, removeSnapshot(session, first));
      const {current, all} = await readSnapshots(session, VM);
      expect([current, all.map(({ref, parent}) => [ref.value, parent])]).to.deep.equal([
        second.value,
        [[second.value, null]],
      ]);
    });
  });

  async function taken(session: Session, name: string, description: string): Promise<ManagedObjectReference> {
    const task = await createSnapshot(session, VM, {name, description});
    await new TaskWaiter(session).wait(task, 'taking it');
    const snapshot = (await readSnapshots(session, VM)).all.find((one) => one.name === name);
    if (snapshot === undefined) throw new Error('there is no such snapshot');
    return snapshot.ref;
  }

  async function ended(session: Session, task: Promise<ManagedObjectReference>): Promise<void> {
    await new TaskWaiter(session).wait(await task, 'the task');
  }
});
