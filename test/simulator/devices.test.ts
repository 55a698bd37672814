import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {applianceFixture} from './appliance-fixture.js';
import {pyvmomiOn} from './pyvmomi-script.js';
import {returned, SoapClient} from './soap-client.js';

const ISO = '[datastore1] vch-1/appliance.iso';

describeWithPeers('simulator devices as pyVmomi meets them', ['python'], ({python}) => {
  it('are part of a snapshot, and come back with it', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture()});
    const output = await pyvmomiOn(
      python,
      simulator,
      `
vm = vms['vch-1']
WaitForTask(vm.PowerOff())
WaitForTask(vm.CreateSnapshot_Task('before', 'why', False, False))
snapshot = vm.snapshot.currentSnapshot
drive = [d for d in vm.config.hardware.device if isinstance(d, vim.vm.device.VirtualCdrom)][0]
print(drive.key, drive.controllerKey, drive.unitNumber, drive.backing.datastore.name, drive.connectable.startConnected)
drive.backing.fileName = '[datastore1] vch-1/new.iso'
change = vim.vm.device.VirtualDeviceSpec(operation='edit', device=drive)
WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[change], alternateGuestName='Photon - VCH')))
print(vm.config.hardware.device[1].backing.fileName, vm.config.alternateGuestName)
print(snapshot.config.hardware.device[1].backing.fileName, snapshot.config.name, len(snapshot.config.extraConfig))
WaitForTask(snapshot.RevertToSnapshot_Task())
print(vm.config.hardware.device[1].backing.fileName, repr(vm.config.alternateGuestName))
`,
    );
    expect(output.split('\n')).to.deep.equal([
      '3000 200 0 datastore1 True',
      '[datastore1] vch-1/new.iso Photon - VCH',
      '[datastore1] vch-1/appliance.iso vch-1 8',
      "[datastore1] vch-1/appliance.iso ''",
    ]);
  });
});

describeWithPeers('simulator CD-ROM drives as pyVmomi meets them', ['python'], ({python}) => {
  it('are emptied, removed and added, and are on no other VM', async () => {
    await using simulator = await startSimulator({fixture: applianceFixture()});
    const output = await pyvmomiOn(
      python,
      simulator,
      `
device = vim.vm.device
vm = vms['vch-1']
def drives(vm):
    return [d for d in vm.config.hardware.device if isinstance(d, device.VirtualCdrom)]
def change(operation, drive):
    wanted = device.VirtualDeviceSpec(operation=operation, device=drive)
    return WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(deviceChange=[wanted])))
print(drives(vms['other']), [d.key for d in vms['other'].config.hardware.device])
WaitForTask(vm.PowerOff())
drive = drives(vm)[0]
drive.backing = device.VirtualCdrom.RemotePassthroughBackingInfo(deviceName='', exclusive=False)
change('edit', drive)
print(type(drives(vm)[0].backing).__name__)
change('remove', drive)
print(drives(vm))
backing = device.VirtualCdrom.IsoBackingInfo(fileName='[datastore1] vch-1/new.iso')
change('add', device.VirtualCdrom(key=-1, controllerKey=200, unitNumber=0, backing=backing))
print(drives(vm)[0].key, drives(vm)[0].backing.fileName)
`,
    );
    expect(output.split('\n')).to.deep.equal([
      '[] [200]',
      'vim.vm.device.VirtualCdrom.RemotePassthroughBackingInfo',
      '[]',
      '3000 [datastore1] vch-1/new.iso',
    ]);
  });
});

describe('simulator devices', () => {
  let simulator: Simulator;
  let client: SoapClient;

  async function started(role: string): Promise<void> {
    const privileges = ['System.View', 'System.Read', 'VirtualMachine.Config.Settings'];
    simulator = await startSimulator({
      fixture: applianceFixture(
        {cdrom: '[datastore1] vch-1/v0.9.0-appliance.iso'},
        {
          users: [{user: 'u', password: 'p', role}],
          roles: [{name: 'Settings', privileges}],
        },
      ),
    });
    client = new SoapClient(simulator);
    await client.login();
  }

  afterEach(() => simulator.close());

  const change = (operation: string, key: number, fileName: string, type = 'VirtualCdrom'): string =>
    `<spec><deviceChange><operation>${operation}</operation><device i:type="${type}"><key>${key}</key>` +
    `<backing i:type="VirtualCdromIsoBackingInfo"><fileName>${fileName}</fileName></backing>` +
    '<connectable><startConnected>true</startConnected><allowGuestControl>true</allowGuestControl>' +
    '<connected>true</connected></connectable></device></deviceChange></spec>';

  async function reconfigured(spec: string): Promise<string> {
    const {status, body} = await client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', spec);
    const ended = status === 200 ? await client.wait(returned({status, body, headers: {}})) : body;
    return (
      /xsi:type="(\w+)"><(?:reason|property|datastorePath|file|requestedState|object)|success/.exec(
        ended,
      )?.[1] ?? ended
    );
  }

  it('are changed or refused, and never ignored', async () => {
    await started('Admin');
    const {vm} = simulator.inventory;
    expect(vm('vch-1').cdrom?.fileName).to.equal('[datastore1] vch-1/v0.9.0-appliance.iso');
    expect(await reconfigured(change('edit', 3000, '[datastore1] vch-1/none.iso'))).to.equal('FileNotFound');
    expect(await reconfigured(change('edit', 3000, '[nowhere] x.iso'))).to.equal('InvalidDatastorePath');
    expect(await reconfigured(change('edit', 3001, ISO))).to.equal('InvalidDeviceSpec');
    expect(await reconfigured(change('remove', 3000, ISO))).to.equal('InvalidPowerState');
    expect(await reconfigured(change('edit', 2000, ISO, 'VirtualDisk'))).to.contain('NotSupported');
    expect(vm('vch-1').cdrom?.fileName).to.equal('[datastore1] vch-1/v0.9.0-appliance.iso');
    vm('vch-1').powerOff();
    expect(await reconfigured(change('add', -1, ISO))).to.contain('NotSupported');
  });

  it('need their own privileges', async () => {
    await started('Settings');
    const {body} = await client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', change('edit', 3000, ISO));
    expect(body).to.contain('<privilegeId>VirtualMachine.Config.EditDevice<');
    const removal = await client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', change('remove', 3000, ISO));
    expect(removal.body).to.contain('<privilegeId>VirtualMachine.Config.AddRemoveDevice<');
    const name = '<spec><alternateGuestName>x</alternateGuestName></spec>';
    await client.wait(returned(await client.call('VirtualMachine:vm-1', 'ReconfigVM_Task', name)));
    expect(simulator.inventory.vm('vch-1').alternateGuestName).to.equal('x');
  });

  it('are read one by one by their key', async () => {
    await started('Admin');
    const {body} = await client.read('VirtualMachine:vm-1', 'config.hardware.device[3000]');
    expect(body).to.contain('<val xsi:type="VirtualCdrom"><key>3000</key>');
  });
});
