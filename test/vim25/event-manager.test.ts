import {expect} from 'chai';
import {logUserEvent} from '../../src/vim25/event-manager.js';
import {smallVch, withSession} from '../small-vch.js';

describe('vim25/event-manager', () => {
  it('writes a line among the events of a VM, whatever is in it', async () => {
    await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
      const message = 'vch-migrate upgrade begins <&> "CHG-1"';
      await logUserEvent(session, {type: 'VirtualMachine', value: 'vm-101'}, message);
      expect(
        simulator.events.map(({entity, message, userName}) => [entity.id, message, userName]),
      ).to.deep.equal([['vm-101', message, simulator.user]]);
    });
  });
});
