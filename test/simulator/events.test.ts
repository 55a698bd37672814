import {expect} from 'chai';
import {startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {applianceFixture} from './appliance-fixture.js';
import {govcOn} from './govc-cli.js';
import {pyvmomiOn} from './pyvmomi-script.js';
import {SoapClient} from './soap-client.js';

describeWithPeers('simulator events as pyVmomi meets them', ['python'], ({python}) => {
  it('are logged by users, and found by entity and type', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture()});
    const output = await pyvmomiOn(
      python,
      simulator,
      `
manager = content.eventManager
manager.LogUserEvent(vms['vch-1'], 'run 7: started <&>')
manager.LogUserEvent(vms['other'], 'something else')
def query(entity, **more):
    by = vim.event.EventFilterSpec.ByEntity(entity=entity, recursion='all')
    return manager.QueryEvents(vim.event.EventFilterSpec(entity=by, **more))
event, = query(vms['vch-1'], eventTypeId=['vim.event.GeneralUserEvent'])
print(type(event).__name__, event.userName, event.message, event.entity.entity == vms['vch-1'], event.vm.name)
print(len(query(content.rootFolder)), len(query(content.rootFolder, eventTypeId=['vim.event.VmPoweredOnEvent'])))
print(len(query(content.rootFolder, type=[vim.event.GeneralUserEvent])))
`,
    );
    expect(output.split('\n')).to.deep.equal([
      'vim.event.GeneralUserEvent administrator@vsphere.local run 7: started <&> True vch-1',
      '2 0',
      '2',
    ]);
    expect(simulator.events[0]).to.deep.include({
      message: 'run 7: started <&>',
      entity: {type: 'VirtualMachine', id: 'vm-1', name: 'vch-1'},
    });
  });
});

describeWithPeers('simulator events as govc meets them', ['govc'], ({govc}) => {
  it('are shown for a VM', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture()});
    const client = new SoapClient(simulator);
    await client.login();
    await client.call(
      'EventManager:EventManager',
      'LogUserEvent',
      '<entity type="VirtualMachine">vm-1</entity><msg>hello</msg>',
    );
    expect(await govcOn(govc, simulator, 'events', 'vm/vch-1')).to.contain('hello');
    expect(await govcOn(govc, simulator, 'events', 'vm/other')).to.equal('');
  });
});

describe('simulator events', () => {
  it('need Global.LogEvent on the entity', async () => {
    const role = {name: 'Log', privileges: ['System.View', 'System.Read']};
    const users = [{user: 'u', password: 'p', role: 'Log'}];
    await using simulator = await startSimulator({fixture: applianceFixture({}, {users, roles: [role]})});
    const client = new SoapClient(simulator);
    await client.login();
    const {body} = await client.call(
      'EventManager:EventManager',
      'LogUserEvent',
      '<entity type="VirtualMachine">vm-1</entity><msg>x</msg>',
    );
    expect(body).to.contain('<privilegeId>Global.LogEvent<');
    expect(simulator.events).to.deep.equal([]);
  });
});
