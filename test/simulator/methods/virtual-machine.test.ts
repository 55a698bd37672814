import {expect} from 'chai';
import fc from 'fast-check';
import {type Simulator, startSimulator} from '../../../src/simulator/simulator.js';
import {smallFixture} from '../small-fixture.js';
import {occurrences, returned, SoapClient, textOf} from '../soap-client.js';

const GUEST_KEY = 'guestinfo.vice./common/name';

describe('simulator VirtualMachine', () => {
  let simulator: Simulator;
  let client: SoapClient;

  beforeEach(async () => {
    const fixture = smallFixture([
      {id: 'vm-1', name: 'off', extraConfig: {[GUEST_KEY]: 'one', keep: 'me'}},
      {id: 'vm-2', name: 'on', powerState: 'poweredOn', extraConfig: {[GUEST_KEY]: 'two'}},
      {id: 'vm-3', name: 'template', template: true, extraConfig: {a: 'b'}},
      {id: 'vm-4', name: 'stubborn', powerState: 'poweredOn', refusesWritesWhilePoweredOn: true},
      {id: 'vm-5', name: 'away', connectionState: 'disconnected'},
      {id: 'vm-6', name: 'lost', connectionState: 'inaccessible'},
    ]);
    simulator = await startSimulator({fixture});
    client = new SoapClient(simulator);
    await client.login();
  });

  afterEach(() => simulator.close());

  async function reconfigured(
    vm: string,
    keys: Record<string, string>,
    changeVersion?: string,
  ): Promise<string> {
    return client.wait(await client.reconfigure(vm, keys, changeVersion));
  }

  it('merges ExtraConfig: sets, adds, removes on an empty value, and leaves the rest alone', async () => {
    const before = simulator.inventory.vm('vm-1').changeVersion;
    expect(await reconfigured('vm-1', {'common/name': 'web', [GUEST_KEY]: ''})).to.contain('success');
    const {changeVersion} = simulator.inventory.vm('vm-1');
    expect(simulator.inventory.vm('vm-1').extraConfig()).to.deep.equal({keep: 'me', 'common/name': 'web'});
    expect(changeVersion)
      .to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
      .and.not.to.equal(before);
  });

  it('takes the removal of a key that is not there for done', async () => {
    expect(await reconfigured('vm-1', {absent: ''})).to.contain('success');
    expect(simulator.inventory.vm('vm-1').extraConfig()).not.to.have.property('absent');
  });

  it('applies a spec only to the changeVersion it names, and then as a whole or not at all', async () => {
    const version = textOf((await client.read('VirtualMachine:vm-1', 'config.changeVersion')).body, 'val');
    simulator.inventory.vm('vm-1').change({theirs: 'x'});
    const failed = await reconfigured('vm-1', {mine: 'y', keep: ''}, version);
    expect(failed).to.contain('<val xsi:type="LocalizedMethodFault"><fault xsi:type="ConcurrentAccess">');
    expect(simulator.inventory.vm('vm-1').extraConfig()).to.deep.equal({
      [GUEST_KEY]: 'one',
      keep: 'me',
      theirs: 'x',
    });
    const fresh = textOf((await client.read('VirtualMachine:vm-1', 'config.changeVersion')).body, 'val');
    expect(await reconfigured('vm-1', {mine: 'y'}, fresh)).to.contain('success');
  });

  it('lets no two VMs of a folder have one name, and takes nothing else of such a spec', async () => {
    const spec = (name: string) =>
      `<spec><name>${name}</name><extraConfig><key>k</key><value i:type="xsd:string">v</value></extraConfig></spec>`;
    const calls = [
      ['ReconfigVM_Task', spec('on')],
      ['Rename_Task', '<newName>on</newName>'],
    ] as const;
    for (const [method, args] of calls) {
      const task = returned(await client.call('VirtualMachine:vm-1', method, args));
      expect(await client.wait(task)).to.contain(
        '<fault xsi:type="DuplicateName"><name>on</name><object type="VirtualMachine">vm-2</object></fault>',
      );
    }
    const vm = simulator.inventory.vm('vm-1');
    expect([vm.name, vm.extraConfig()]).to.deep.equal(['off', {[GUEST_KEY]: 'one', keep: 'me'}]);
    for (const name of ['off', 'On']) {
      const task = returned(await client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', spec(name)));
      expect(await client.wait(task)).to.contain('success');
    }
  });

  it('looks at the changeVersion when the task ends, not when it is called', async () => {
    const fixture = smallFixture([{id: 'vm-1', name: 'slow'}]);
    await using slow = await startSimulator({fixture, taskDuration: [500, 500]});
    const vm = slow.inventory.vm('vm-1');
    const caller = new SoapClient(slow);
    await caller.login();
    const task = await caller.reconfigure('vm-1', {mine: 'y'}, vm.changeVersion);
    vm.change({theirs: 'x'});
    expect(await caller.wait(task)).to.contain('ConcurrentAccess');
    expect(vm.extraConfig()).to.deep.equal({theirs: 'x'});
  });

  it('lets the second of two tasks on one VM wait for the first', async () => {
    const version = simulator.inventory.vm('vm-1').changeVersion;
    const [first, second] = await Promise.all([
      client.reconfigure('vm-1', {a: '1'}, version),
      client.reconfigure('vm-1', {b: '2'}, version),
    ]);
    const ended = await Promise.all([client.wait(first), client.wait(second)]);
    expect(ended.filter((body) => body.includes('ConcurrentAccess'))).to.have.length(1);
    expect(ended.filter((body) => body.includes('>success<'))).to.have.length(1);
  });

  it('moves the changeVersion with the power state', async () => {
    const vm = simulator.inventory.vm('vm-1');
    const before = vm.changeVersion;
    const task = returned(await client.call('VirtualMachine:vm-1', 'PowerOnVM_Task'));
    expect(await client.wait(task)).to.contain('success');
    expect([vm.powerState, vm.changeVersion === before]).to.deep.equal(['poweredOn', false]);
  });

  it('forgets at power-off what was written to guestinfo while running, unchanged keys included', async () => {
    await reconfigured('vm-2', {[GUEST_KEY]: 'two', 'guestinfo.new': 'x', 'common/name': 'two'});
    expect(simulator.inventory.vm('vm-2').extraConfig()).to.have.all.keys(
      GUEST_KEY,
      'guestinfo.new',
      'common/name',
    );
    await client.wait(returned(await client.call('VirtualMachine:vm-2', 'PowerOffVM_Task')));
    expect(simulator.inventory.vm('vm-2').extraConfig()).to.deep.equal({'common/name': 'two'});
  });

  it('keeps at power-off what was written to guestinfo while off', async () => {
    await reconfigured('vm-1', {'guestinfo.new': 'x'});
    simulator.inventory.vm('vm-1').powerOn();
    simulator.inventory.vm('vm-1').powerOff();
    expect(simulator.inventory.vm('vm-1').extraConfig()).to.include({
      'guestinfo.new': 'x',
      [GUEST_KEY]: 'one',
    });
  });

  it('fails with the fault of the state that a VM is in', async () => {
    for (const [vm, fault] of [
      ['vm-3', 'NotSupported'],
      ['vm-4', 'InvalidPowerState'],
      ['vm-5', 'HostNotConnected'],
      ['vm-6', 'InvalidState'],
    ] as const) {
      expect(await reconfigured(vm, {'common/name': 'x'}), vm).to.contain(`<fault xsi:type="${fault}">`);
      expect(simulator.inventory.vm(vm).extraConfig()).not.to.have.property('common/name');
    }
  });

  it('names both power states where one is refused', async () => {
    const task = returned(await client.call('VirtualMachine:vm-1', 'PowerOffVM_Task'));
    expect(await client.wait(task)).to.contain(
      '<fault xsi:type="InvalidPowerState"><requestedState>poweredOn</requestedState>' +
        '<existingState>poweredOff</existingState></fault>',
    );
  });

  it('refuses a reconfigure to a role that may not do it, naming the privilege', async () => {
    const reader = new SoapClient(simulator);
    await reader.login('reader@vsphere.local', 'reader');
    const {status, body} = await reader.call(
      'VirtualMachine:vm-1',
      'ReconfigVM_Task',
      '<spec><extraConfig><key>k</key><value i:type="xsd:string">v</value></extraConfig></spec>',
    );
    expect(status).to.equal(500);
    expect(body).to.contain('<object type="VirtualMachine">vm-1</object>');
    expect(textOf(body, 'privilegeId')).to.equal('VirtualMachine.Config.AdvancedConfig');
  });

  it('refuses a value without a type, and a part of the spec that it would not carry out', async () => {
    const untyped = '<spec><extraConfig><key>k</key><value>v</value></extraConfig></spec>';
    const unserved = '<spec><numCPUs>2</numCPUs></spec>';
    const answers = await Promise.all(
      [untyped, unserved].map((spec) => client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', spec)),
    );
    expect(answers[0]?.body).to.contain('xsi:type="InvalidRequest"');
    expect(answers[1]?.body).to.contain('xsi:type="NotSupported"');
  });

  it('says ManagedObjectNotFound of a VM that is gone', async () => {
    simulator.inventory.vm('vm-1').remove();
    for (const answer of [
      await client.call('VirtualMachine:vm-1', 'PowerOnVM_Task'),
      await client.read('VirtualMachine:vm-1', 'name'),
    ]) {
      expect(answer.body).to.contain(
        'xsi:type="ManagedObjectNotFound"><obj type="VirtualMachine">vm-1</obj>',
      );
    }
  });

  it('keeps the task, with its entity and its times, for those who ask later', async () => {
    const task = await client.reconfigure('vm-1', {a: 'b'});
    await client.wait(task);
    const {body} = await client.read(`Task:${task}`, 'info');
    for (const piece of [
      '<name>ReconfigVM_Task</name>',
      '<descriptionId>VirtualMachine.reconfigure</descriptionId>',
      '<entity type="VirtualMachine">vm-1</entity>',
      '<state>success</state>',
      '<reason xsi:type="TaskReasonUser">',
    ]) {
      expect(body).to.contain(piece);
    }
    expect(occurrences(body, '<completeTime>')).to.equal(1);
  });

  it('gives back every value as it was written', async () => {
    const values = fc.oneof(
      fc.string({unit: 'grapheme', minLength: 1}),
      fc.constantFrom(
        ' a ',
        '\t',
        '\n',
        '\r\n',
        ']]>',
        '<![CDATA[x]]>',
        '&amp;',
        '007',
        'true',
        '😀',
        '|~@"\'',
      ),
    );
    const carried = values.filter((text) =>
      /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+$/u.test(text),
    );
    await fc.assert(
      fc.asyncProperty(carried, async (value) => {
        await reconfigured('vm-1', {value});
        expect(simulator.inventory.vm('vm-1').extraConfig().value).to.equal(value);
      }),
      {numRuns: 60},
    );
    const large = `<${'x€'.repeat(64 * 1024)}>`;
    await reconfigured('vm-1', {large});
    expect(simulator.inventory.vm('vm-1').extraConfig().large).to.equal(large);
  });
});
