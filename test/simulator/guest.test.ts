import {expect} from 'chai';
import type {FixtureVm} from '../../src/simulator/fixture/fixture.js';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {isoFile} from '../iso-file.js';
import {describeWithPeers} from '../peers.js';
import {
  applianceFixture,
  CLIENT_IP,
  PORT_LAYER_ACTIVE,
  PORT_LAYER_STARTED,
  VICADMIN_ACTIVE,
  VICADMIN_STARTED,
} from './appliance-fixture.js';
import {govcOn} from './govc-cli.js';
import {returned, SoapClient} from './soap-client.js';

describe('simulator guest of an appliance', () => {
  let simulator: Simulator;
  let client: SoapClient;

  async function start(
    vm: Partial<FixtureVm> = {},
    options: {bootTime?: number; shutdownTime?: number} = {},
  ) {
    simulator = await startSimulator({fixture: applianceFixture(vm), ...options});
    client = new SoapClient(simulator);
    await client.login();
  }

  const task = async (method: string, args = '', target = 'VirtualMachine:vm-1'): Promise<string> =>
    client.wait(returned(await client.call(target, method, args)));
  const keyed = (key: string): string => `config.extraConfig["${key}"]`;
  const started = (value: string) => (body: string) => body.includes(`>${value}</value>`);
  const config = (): Record<string, string> => simulator.inventory.vm('vch-1').extraConfig();

  afterEach(() => simulator.close());

  it('has its address and its services from the start where it runs from the start', async () => {
    await start({guest: {ip: '198.51.100.7', never: true}});
    expect(config()).to.include({
      [CLIENT_IP]: 'xjNkBw==',
      [PORT_LAYER_STARTED]: 'true',
      [VICADMIN_STARTED]: 'true',
    });
    const {body} = await client.read('VirtualMachine:vm-1', 'guest.ipAddress', 'summary.guest.ipAddress');
    expect(body.split('>198.51.100.7<')).to.have.length(3);
  });

  it('comes up some time after power-on, and writes without a reconfigure', async () => {
    await start({powerState: 'poweredOff'});
    const vm = simulator.inventory.vm('vch-1');
    expect(config())
      .to.include({[PORT_LAYER_STARTED]: '<nil>'})
      .and.not.to.have.property(CLIENT_IP);
    await task('PowerOnVM_Task');
    const poweredOn = vm.changeVersion;
    await client.until('VirtualMachine:vm-1', [keyed(PORT_LAYER_STARTED)], started('true'));
    expect(config()).to.include({[CLIENT_IP]: 'wAACCg==', [VICADMIN_STARTED]: 'true'});
    expect([vm.ipAddress, vm.changeVersion, vm.reconfigurations]).to.deep.equal(['192.0.2.10', poweredOn, 0]);
    await task('PowerOffVM_Task');
    expect(config()).to.include({[CLIENT_IP]: 'wAACCg==', [PORT_LAYER_STARTED]: 'true'});
    expect(vm.ipAddress).to.equal(undefined);
  });

  it('keeps its time, which the options say over the fixture, and can be hurried', async () => {
    await start({powerState: 'poweredOff'}, {bootTime: 3_600_000});
    const vm = simulator.inventory.vm('vch-1');
    await task('PowerOnVM_Task');
    expect(vm.ipAddress).to.equal(undefined);
    vm.startGuest();
    expect(vm.ipAddress).to.equal('192.0.2.10');
    expect(config()).to.include({[PORT_LAYER_STARTED]: 'true'});
  });

  it('loses what it wrote when the VM is put back', async () => {
    await start({powerState: 'poweredOff'});
    const snapshot = '<name>s</name><memory>false</memory><quiesce>false</quiesce>';
    await task('CreateSnapshot_Task', snapshot);
    await task('PowerOnVM_Task');
    await client.until('VirtualMachine:vm-1', [keyed(PORT_LAYER_STARTED)], started('true'));
    await task('RevertToCurrentSnapshot_Task');
    expect(config())
      .to.include({[PORT_LAYER_STARTED]: '<nil>'})
      .and.not.to.have.property(CLIENT_IP);
    expect(simulator.inventory.vm('vch-1').snapshots).to.deep.include.members([]);
    expect(simulator.inventory.vm('vch-1').snapshots[0]).to.include({name: 's', isCurrent: true});
  });

  it('tells why a service did not start', async () => {
    await start({powerState: 'poweredOff', guest: {fails: 'port-layer'}});
    await task('PowerOnVM_Task');
    await client.until(
      'VirtualMachine:vm-1',
      [keyed(PORT_LAYER_STARTED)],
      started('port-layer exited: exec format error'),
    );
    expect(config()).to.include({[VICADMIN_STARTED]: 'true'});
  });

  for (const [version, all] of [
    ['v0.9.0', true],
    ['V0.8.0-7315-C8AC999', true],
    ['v1.0.0-9000', true],
    ['v1.1.0-rc3-10000-0123456', false],
    ['v1.5.6-21123', false],
    ['v2.0', false],
  ] as const) {
    it(`starts ${all ? 'every session' : 'only active sessions'} from an ISO of ${version}`, async () => {
      await start({
        powerState: 'poweredOff',
        extraConfig: {
          'guestinfo.vice./init/version/Version': version,
          [PORT_LAYER_ACTIVE]: null,
          [VICADMIN_ACTIVE]: '1',
        },
      });
      await task('PowerOnVM_Task');
      simulator.inventory.vm('vch-1').startGuest();
      expect(config()).to.include({
        [VICADMIN_STARTED]: 'true',
        [PORT_LAYER_STARTED]: all ? 'true' : '<nil>',
      });
    });
  }

  it('goes by the stamp of an ISO file that is too large to be kept', async () => {
    await start({powerState: 'poweredOff', extraConfig: {[PORT_LAYER_ACTIVE]: 'false'}});
    const image = `${isoFile().toString('latin1')}${' '.repeat(9 * 1024 * 1024)}`;
    await client.send('PUT', '/folder/vch-1/large.iso?dcPath=DC0&dsName=datastore1', image);
    const device =
      '<spec><deviceChange><operation>edit</operation><device i:type="VirtualCdrom"><key>3000</key>' +
      '<backing i:type="VirtualCdromIsoBackingInfo"><fileName>[datastore1] vch-1/large.iso</fileName></backing>' +
      '</device></deviceChange></spec>';
    await task('ReconfigVM_Task', device);
    await task('PowerOnVM_Task');
    simulator.inventory.vm('vch-1').startGuest();
    expect(config()).to.include({[VICADMIN_STARTED]: 'true', [PORT_LAYER_STARTED]: '<nil>'});
  });

  it('never starts services where it is told so, or has nothing to boot from', async () => {
    await start({powerState: 'poweredOff', guest: {never: true}});
    const vm = simulator.inventory.vm('vch-1');
    await task('PowerOnVM_Task');
    vm.startGuest();
    expect(config()).to.include({[CLIENT_IP]: 'wAACCg==', [PORT_LAYER_STARTED]: '<nil>'});
    await task('PowerOffVM_Task');
    vm.setGuest({});
    const device =
      '<spec><deviceChange><operation>edit</operation><device i:type="VirtualCdrom"><key>3000</key>' +
      '<backing i:type="VirtualCdromIsoBackingInfo"><fileName>[datastore1] none.iso</fileName></backing>' +
      '</device></deviceChange></spec>';
    await task('ReconfigVM_Task', device);
    await task('PowerOnVM_Task');
    expect(vm.cdrom).to.deep.equal({
      fileName: '[datastore1] none.iso',
      startConnected: true,
      connected: false,
    });
    const {body} = await client.call('VirtualMachine:vm-1', 'ShutdownGuest');
    expect(body).to.contain('ToolsUnavailable');
  });

  it('shuts down when told to, unless it ignores that', async () => {
    await start({guest: {ignoresShutdown: true}});
    const vm = simulator.inventory.vm('vch-1');
    expect((await client.call('VirtualMachine:vm-1', 'ShutdownGuest')).status).to.equal(200);
    vm.setGuest({});
    expect(vm.powerState).to.equal('poweredOn');
    await client.call('VirtualMachine:vm-1', 'ShutdownGuest');
    await client.until('VirtualMachine:vm-1', ['runtime.powerState'], (body) =>
      body.includes('>poweredOff<'),
    );
    const {body} = await client.call('VirtualMachine:vm-1', 'ShutdownGuest');
    expect(body).to.contain('InvalidPowerState');
  });
});

describeWithPeers('simulator guest as govc meets it', ['govc'], ({govc}) => {
  it('has an IP once it is up, and shuts down', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture({powerState: 'poweredOff'})});
    await govcOn(govc, simulator, 'vm.power', '-on', 'vch-1');
    expect(await govcOn(govc, simulator, 'vm.ip', '-wait', '20s', 'vch-1')).to.equal('192.0.2.10');
    await govcOn(govc, simulator, 'vm.power', '-s', 'vch-1');
    expect(
      await govcOn(
        govc,
        simulator,
        'object.collect',
        '-s',
        '/DC0/vm/vch-1',
        '-runtime.powerState',
        'poweredOff',
      ),
    ).to.equal('poweredOff');
  });
});
