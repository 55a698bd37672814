import {expect} from 'chai';
import {missingPrivileges} from '../../src/vim25/authorization.js';
import {connect} from '../../src/vim25/session.js';
import {loginTo, smallVch, withSimulator} from '../small-vch.js';

const GRANTED = 'VirtualMachine.Config.AdvancedConfig';
const WANTED = [GRANTED, 'VirtualMachine.State.CreateSnapshot'];
const VMS = ['vm-100', 'vm-101'].map((value) => ({type: 'VirtualMachine', value}));

describe('vim25/authorization', () => {
  const vch = smallVch([{name: 'web'}]);
  const roles = [{name: 'ops', privileges: ['System.Anonymous', 'System.View', 'System.Read', GRANTED]}];
  const fixture = {
    ...vch,
    roles,
    users: [...(vch.users ?? []), {user: 'ops', password: 'p', role: 'ops'}],
  };

  it('tells object by object what the user lacks', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const session = await connect({...loginTo(simulator), user: 'ops', password: 'p'});
      try {
        expect(await missingPrivileges(session, VMS, WANTED)).to.deep.equal(
          VMS.map((entity) => ({entity, privileges: ['VirtualMachine.State.CreateSnapshot']})),
        );
        expect(await missingPrivileges(session, VMS, ['System.Read'])).to.deep.equal([]);
      } finally {
        await session.close();
      }
    });
  });

  it('asks under the key of a renewed login', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const session = await connect(loginTo(simulator));
      try {
        simulator.expireSessions();
        await session.read('CurrentTime', {type: 'ServiceInstance', value: 'ServiceInstance'});
        expect(await missingPrivileges(session, VMS, WANTED)).to.deep.equal([]);
      } finally {
        await session.close();
      }
    });
  });

  it('asks nothing about nothing, and knows where nobody can be asked', async () => {
    await withSimulator({fixture}, async (simulator) => {
      const session = await connect(loginTo(simulator));
      try {
        expect(await missingPrivileges(session, [], WANTED)).to.deep.equal([]);
        simulator.addFault({method: 'HasPrivilegeOnEntities', do: {fault: 'NotSupported'}});
        expect(await missingPrivileges(session, VMS, WANTED)).to.equal(null);
      } finally {
        await session.close();
      }
    });
  });
});
