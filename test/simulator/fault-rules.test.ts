import {expect} from 'chai';
import {type FaultAction, type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {manyVms, smallFixture} from './small-fixture.js';
import {SoapClient} from './soap-client.js';

describe('simulator scripted faults', () => {
  let simulator: Simulator;
  let client: SoapClient;

  beforeEach(async () => {
    simulator = await startSimulator({fixture: smallFixture(manyVms(3))});
    client = new SoapClient(simulator);
    await client.login();
  });

  afterEach(() => simulator.close());

  const failure = async (call: Promise<unknown>): Promise<string> =>
    call.then(
      () => 'answered',
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    );

  it('meets the n-th call of a method on an object, and no other', async () => {
    simulator.addFault({method: 'ReconfigVM_Task', object: 'vm-2', nth: 2, do: 'http-503'});
    const statuses: number[] = [];
    for (const vm of ['vm-1', 'vm-2', 'vm-1', 'vm-2', 'vm-2']) {
      const spec = '<spec><extraConfig><key>a</key><value i:type="xsd:string">b</value></extraConfig></spec>';
      statuses.push((await client.call(`VirtualMachine:${vm}`, 'ReconfigVM_Task', spec)).status);
    }
    expect(statuses).to.deep.equal([200, 200, 200, 503, 200]);
  });

  it('stops after so many times, and when the rules are cleared', async () => {
    simulator.addFault({method: 'CurrentTime', times: 2, do: 'http-500'});
    const status = async (): Promise<number> =>
      (await client.call('ServiceInstance:ServiceInstance', 'CurrentTime')).status;
    expect([await status(), await status(), await status()]).to.deep.equal([500, 500, 200]);
    simulator.addFault({method: 'CurrentTime', do: 'http-500'});
    expect(await status()).to.equal(500);
    simulator.clearFaults();
    expect(await status()).to.equal(200);
  });

  it('answers with a fault and its fields, or lets the task fail with it', async () => {
    const fault = {fault: 'TaskInProgress', message: 'busy', detail: {task: 'x'}} as const;
    simulator.addFault({method: 'ReconfigVM_Task', object: 'vm-1', do: fault});
    simulator.addFault({method: 'ReconfigVM_Task', object: 'vm-2', do: {...fault, as: 'task'}});
    const {status, body} = await client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', '<spec/>');
    expect(status).to.equal(500);
    expect(body).to.contain('<faultstring>busy</faultstring>');
    expect(body).to.contain('xsi:type="TaskInProgress"><task>x</task>');
    const ended = await client.wait(await client.reconfigure('vm-2', {a: 'b'}));
    expect(ended).to.contain('<fault xsi:type="TaskInProgress"><task>x</task></fault>');
    expect(simulator.inventory.vm('vm-2').extraConfig()).not.to.have.property('a');
  });

  it('drops the connection before anything was carried out, or after all of it', async () => {
    simulator.addFault({method: 'ReconfigVM_Task', object: 'vm-1', do: 'drop-before'});
    simulator.addFault({method: 'ReconfigVM_Task', object: 'vm-2', do: 'drop-after'});
    for (const vm of ['vm-1', 'vm-2']) {
      expect(await failure(client.reconfigure(vm, {a: 'b'})), vm).to.equal('ECONNRESET');
    }
    expect(simulator.inventory.vm('vm-1').extraConfig()).not.to.have.property('a');
    expect(simulator.inventory.vm('vm-2').extraConfig()).to.include({a: 'b'});
  });

  it('answers with what is no SOAP', async () => {
    const bodies: Record<string, string> = {};
    for (const action of ['html', 'doctype'] satisfies FaultAction[]) {
      simulator.addFault({method: 'CurrentTime', times: 1, do: action});
      bodies[action] = (await client.call('ServiceInstance:ServiceInstance', 'CurrentTime')).body;
    }
    expect(bodies.html).to.match(/^<!DOCTYPE html>/);
    expect(bodies.doctype).to.contain('<!ENTITY');
  });

  it('hangs until the server is closed', async () => {
    let hung: Promise<string> = Promise.resolve('not called');
    const reached = new Promise<void>((resolve) => {
      simulator.addFault({method: 'CurrentTime', do: 'hang', before: () => resolve()});
      hung = failure(client.call('ServiceInstance:ServiceInstance', 'CurrentTime'));
    });
    await reached;
    await simulator.close();
    expect(await hung).to.equal('ECONNRESET');
  });

  it('lets somebody else in between a read and a write', async () => {
    const vm = simulator.inventory.vm('vm-1');
    simulator.addFault({
      method: 'ReconfigVM_Task',
      times: 1,
      before: ({object}) => simulator.inventory.vm(object).change({theirs: 'x'}),
    });
    const ended = await client.wait(await client.reconfigure('vm-1', {mine: 'y'}, vm.changeVersion));
    expect(ended).to.contain('ConcurrentAccess');
    expect(vm.extraConfig()).to.include({theirs: 'x'}).and.not.to.have.property('mine');
  });

  it('answers late what it carried out at once', async () => {
    simulator.addFault({method: 'ReconfigVM_Task', do: {delay: 40}});
    const started = performance.now();
    await client.wait(await client.reconfigure('vm-1', {a: 'b'}));
    expect(performance.now() - started).to.be.at.least(39);
    expect(simulator.inventory.vm('vm-1').extraConfig()).to.include({a: 'b'});
  });

  it('counts every request by its method', async () => {
    simulator.requests.reset();
    await client.read('VirtualMachine:vm-1', 'name');
    await client.read('VirtualMachine:vm-1', 'name');
    await client.send('GET', '/sdk/vimServiceVersions.xml');
    expect(simulator.requests.counts).to.deep.equal({
      RetrievePropertiesEx: 2,
      'GET /sdk/vimServiceVersions.xml': 1,
    });
    expect(simulator.requests.list[0]).to.include({
      method: 'RetrievePropertiesEx',
      object: 'propertyCollector',
    });
    expect(simulator.requests.total).to.equal(3);
  });
});

describe('simulator scripted faults on any call', () => {
  let simulator: Simulator;
  let client: SoapClient;

  beforeEach(async () => {
    simulator = await startSimulator({fixture: smallFixture(manyVms(1))});
    client = new SoapClient(simulator);
    await client.login();
  });

  afterEach(() => simulator.close());

  const now = async (): Promise<number> =>
    (await client.call('ServiceInstance:ServiceInstance', 'CurrentTime')).status;

  it('meet the n-th SOAP call, whatever it is, and no HTTP request', async () => {
    const count = simulator.addFault({method: '*', nth: 3, do: 'http-503'});
    expect(await now()).to.equal(200);
    const file = await client.send('GET', '/folder/ctr-1/ctr-1.vmx?dcPath=DC0&dsName=datastore1');
    expect(file.status).to.equal(200);
    expect((await client.read('VirtualMachine:vm-1', 'name')).status).to.equal(200);
    expect(await now()).to.equal(503);
    expect(await now()).to.equal(200);
    expect(count).to.include({seen: 4, fired: 1});
    expect(simulator.faultCounts.map(({seen, fired}) => [seen, fired])).to.deep.equal([[4, 1]]);
  });

  it('meet a share of them, the same ones for the same seed', async () => {
    const sequence = async (seed: number): Promise<string> => {
      simulator.clearFaults();
      simulator.addFault({method: '*', methods: ['CurrentTime'], rate: 0.3, seed, do: 'http-500'});
      let text = '';
      for (let call = 0; call < 40; call++) text += (await now()) === 200 ? '.' : 'x';
      expect((await client.read('VirtualMachine:vm-1', 'name')).status).to.equal(200);
      return text;
    };
    const first = await sequence(7);
    expect(first).to.contain('x').and.to.contain('.');
    expect(await sequence(7)).to.equal(first);
    expect(await sequence(8)).not.to.equal(first);
  });
});
