import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../../src/simulator/simulator.js';
import {smallFixture} from '../small-fixture.js';
import {occurrences, returned, SoapClient, textOf} from '../soap-client.js';

describe('simulator snapshots', () => {
  let simulator: Simulator;
  let client: SoapClient;

  beforeEach(async () => {
    const fixture = smallFixture([
      {
        id: 'vm-1',
        name: 'appliance',
        powerState: 'poweredOn',
        extraConfig: {hidden: '1', 'guestinfo.a': '1'},
      },
    ]);
    simulator = await startSimulator({fixture});
    client = new SoapClient(simulator);
    await client.login();
  });

  afterEach(() => simulator.close());

  async function task(target: string, method: string, args = ''): Promise<string> {
    const id = returned(await client.call(target, method, args));
    const ended = await client.wait(id);
    return ended.includes('>success<') ? id : ended;
  }

  async function snapshot(name: string, memory = false): Promise<string> {
    const args = `<name>${name}</name><description>run 7</description><memory>${memory}</memory><quiesce>false</quiesce>`;
    const id = await task('VirtualMachine:vm-1', 'CreateSnapshot_Task', args);
    return textOf((await client.read(`Task:${id}`, 'info.result')).body, 'val');
  }

  it('bring back the ExtraConfig, and without memory a VM that is off', async () => {
    const vm = simulator.inventory.vm('vm-1');
    const first = await snapshot('first');
    vm.change({hidden: '2', added: 'x', 'guestinfo.a': null});
    const before = vm.changeVersion;
    await task(`VirtualMachineSnapshot:${first}`, 'RevertToSnapshot_Task');
    expect(vm.extraConfig()).to.deep.equal({hidden: '1', 'guestinfo.a': '1'});
    expect([vm.powerState, vm.changeVersion === before]).to.deep.equal(['poweredOff', false]);
    vm.change({hidden: '3'});
    await task('VirtualMachine:vm-1', 'RevertToCurrentSnapshot_Task');
    expect(vm.extraConfig()).to.include({hidden: '1'});
  });

  it('hold what lives in memory only where the memory is part of them', async () => {
    const vm = simulator.inventory.vm('vm-1');
    vm.change({'guestinfo.volatile': 'x'});
    const [cold, warm] = [await snapshot('cold'), await snapshot('warm', true)];
    await task(`VirtualMachineSnapshot:${cold}`, 'RevertToSnapshot_Task');
    expect(vm.extraConfig()).not.to.have.property('guestinfo.volatile');
    await task(`VirtualMachineSnapshot:${warm}`, 'RevertToSnapshot_Task');
    expect(vm.extraConfig()).to.have.property('guestinfo.volatile', 'x');
    expect(vm.powerState).to.equal('poweredOn');
    vm.powerOff();
    expect(vm.extraConfig()).not.to.have.property('guestinfo.volatile');
  });

  it('form a tree that shows names, descriptions and where the VM stands', async () => {
    const none = await client.read('VirtualMachine:vm-1', 'snapshot');
    expect(none.body).not.to.contain('propSet');
    const [first, second] = [await snapshot('first'), await snapshot('second')];
    const {body} = await client.read('VirtualMachine:vm-1', 'snapshot', 'rootSnapshot');
    expect(textOf(body, 'currentSnapshot')).to.equal(second);
    expect(occurrences(body, '<description>run 7</description>')).to.equal(2);
    expect(body).to.match(
      /<rootSnapshotList>.*<name>first<\/name>.*<childSnapshotList>.*<name>second<\/name>/s,
    );
    const remove = '<removeChildren>false</removeChildren>';
    await task(`VirtualMachineSnapshot:${first}`, 'RemoveSnapshot_Task', remove);
    const left = (await client.read('VirtualMachine:vm-1', 'snapshot')).body;
    expect(left).to.contain(`<currentSnapshot type="VirtualMachineSnapshot">${second}</currentSnapshot>`);
    expect(left).not.to.contain('<name>first</name>');
    const gone = await client.read(`VirtualMachineSnapshot:${first}`, 'config');
    expect(gone.body).to.contain('xsi:type="ManagedObjectNotFound"');
    await task('VirtualMachine:vm-1', 'RemoveAllSnapshots_Task');
    expect((await client.read('VirtualMachine:vm-1', 'snapshot')).body).not.to.contain('propSet');
  });

  it('are refused to a role without the privilege, and to a VM without any', async () => {
    const first = await snapshot('first');
    const reader = new SoapClient(simulator);
    await reader.login('reader@vsphere.local', 'reader');
    const denied = await reader.call(`VirtualMachineSnapshot:${first}`, 'RevertToSnapshot_Task');
    expect(denied.body).to.contain('<privilegeId>VirtualMachine.State.RevertToSnapshot</privilegeId>');
    await task('VirtualMachine:vm-1', 'RemoveAllSnapshots_Task');
    const nothing = await task('VirtualMachine:vm-1', 'RevertToCurrentSnapshot_Task');
    expect(nothing).to.contain('<fault xsi:type="NotFound">');
  });
});
