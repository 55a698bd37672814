import {expect} from 'chai';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {applianceFixture} from './appliance-fixture.js';
import {govcOn} from './govc-cli.js';
import {occurrences, SoapClient} from './soap-client.js';

describe('simulator recent tasks of a VM', () => {
  let simulator: Simulator;
  let client: SoapClient;
  const VM = 'VirtualMachine:vm-1';

  async function start(settings: Fixture['settings'] = {}, duration: [number, number] = [2, 10]) {
    simulator = await startSimulator({fixture: applianceFixture({}, {settings}), taskDuration: duration});
    client = new SoapClient(simulator);
    await client.login();
  }

  afterEach(() => simulator.close());

  it('are those that run or wait, and the last few that have ended', async () => {
    await start();
    const first = await client.reconfigure('vm-1', {a: '1'});
    const second = await client.reconfigure('vm-1', {a: '2'});
    const {body} = await client.read(VM, 'recentTask');
    expect(body).to.contain(`>${first}<`).and.to.contain(`>${second}<`);
    expect((await client.read('VirtualMachine:vm-2', 'recentTask')).body).not.to.contain('task-');
    for (let count = 0; count < 8; count++) await client.wait(await client.reconfigure('vm-1', {a: '1'}));
    expect(occurrences((await client.read(VM, 'recentTask')).body, '>task-')).to.equal(5);
  });

  it('are told to who waits for them', async () => {
    await start();
    const waiting = client.until(VM, ['recentTask'], (body) => body.includes('>task-'));
    const task = await client.reconfigure('vm-1', {a: '1'});
    expect(await waiting).to.contain(task);
  });

  it('keep out every other task where the fixture says so, whatever it would do', async () => {
    await start({concurrentTasks: 'TaskInProgress'}, [3_600_000, 3_600_000]);
    const task = await client.reconfigure('vm-1', {a: '1'});
    const snapshot = '<name>s</name><memory>false</memory><quiesce>false</quiesce>';
    for (const [method, args] of [
      ['CreateSnapshot_Task', snapshot],
      ['PowerOffVM_Task', ''],
      ['RevertToCurrentSnapshot_Task', ''],
      ['RemoveAllSnapshots_Task', ''],
    ] as const) {
      const {body} = await client.call(VM, method, args);
      expect(body, method).to.contain(`<task type="Task">${task}</task>`).and.to.contain('TaskInProgress');
    }
  });
});

describeWithPeers('simulator tasks as govc meets them', ['govc'], ({govc}) => {
  it('are listed for a VM', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture()});
    await govcOn(govc, simulator, 'vm.power', '-off', 'vch-1');
    const property = await govcOn(govc, simulator, 'collect', '-s', '/DC0/vm/vch-1', 'recentTask');
    expect(property).to.match(/^Task:task-1$/);
  });
});

describe('simulator privileges of snapshots and power', () => {
  it('are asked for on the VM', async () => {
    const privileges = ['System.View', 'System.Read'];
    const users = [{user: 'u', password: 'p', role: 'Reader'}];
    await using simulator = await startSimulator({
      fixture: applianceFixture({}, {users, roles: [{name: 'Reader', privileges}]}),
    });
    const client = new SoapClient(simulator);
    await client.login();
    const refused: Record<string, string> = {};
    for (const method of [
      'CreateSnapshot_Task',
      'RevertToCurrentSnapshot_Task',
      'RemoveAllSnapshots_Task',
      'PowerOnVM_Task',
      'PowerOffVM_Task',
      'ShutdownGuest',
    ]) {
      const {body} = await client.call('VirtualMachine:vm-1', method);
      refused[method] = /<privilegeId>(.*?)</.exec(body)?.[1] ?? body;
    }
    expect(refused).to.deep.equal({
      CreateSnapshot_Task: 'VirtualMachine.State.CreateSnapshot',
      RevertToCurrentSnapshot_Task: 'VirtualMachine.State.RevertToSnapshot',
      RemoveAllSnapshots_Task: 'VirtualMachine.State.RemoveSnapshot',
      PowerOnVM_Task: 'VirtualMachine.Interact.PowerOn',
      PowerOffVM_Task: 'VirtualMachine.Interact.PowerOff',
      ShutdownGuest: 'VirtualMachine.Interact.PowerOff',
    });
  });
});
