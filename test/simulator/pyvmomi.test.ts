import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {pyvmomiOn} from './pyvmomi-script.js';
import {manyVms, smallFixture} from './small-fixture.js';

describeWithPeers('simulator as pyVmomi meets it', ['python'], ({python}) => {
  let simulator: Simulator;

  beforeEach(async () => {
    const special = {
      id: 'vm-500',
      name: 'running',
      powerState: 'poweredOn',
      extraConfig: {text: ' \t\r\n]]> <![CDATA[x]]> \u{1f600} ', number: {type: 'xsd:int', value: '5'}},
    } as const;
    const orphan = {id: 'vm-501', name: 'orphan', connectionState: 'orphaned'} as const;
    simulator = await startSimulator({fixture: smallFixture([...manyVms(130), special, orphan])});
  });

  afterEach(() => simulator.close());

  const script = (body: string): Promise<string> => pyvmomiOn(python, simulator, body);

  it('reads values of any text and type', async () => {
    expect(await script(`print(len(vms), ascii(sorted(config(vms['running']).items())))`)).to.equal(
      `132 [('number', 5), ('text', ' \\t\\r\\n]]> <![CDATA[x]]> \\U0001f600 ')]`,
    );
  });

  it('decodes every property of every object without a complaint', async () => {
    const all = `
P = vmodl.query.PropertyCollector
types = [vim.ManagedEntity]
every = content.viewManager.CreateContainerView(content.rootFolder, types, True)
step = P.TraversalSpec(name='view', type=vim.view.ContainerView, path='view', skip=False)
request = P.FilterSpec(objectSet=[P.ObjectSpec(obj=every, skip=True, selectSet=[step])],
                       propSet=[P.PropertySpec(type=vim.ManagedEntity, all=True)])
objects = content.propertyCollector.RetrieveContents([request])
print(len(objects), sorted({type(o.obj).__name__ for o in objects}))
every.Destroy()
`;
    const output = await script(all);
    expect(output)
      .to.contain('ClusterComputeResource')
      .and.to.contain('VirtualApp')
      .and.to.contain('HostSystem');
    expect(Number(output.split(' ')[0])).to.be.greaterThan(140);
  });

  it('is paged at 100 without maxObjects, and the token 0 leads on', async () => {
    const paging = `
P = vmodl.query.PropertyCollector
step = P.TraversalSpec(name='view', type=vim.view.ContainerView, path='view', skip=False)
request = P.FilterSpec(objectSet=[P.ObjectSpec(obj=view, skip=True, selectSet=[step])],
                       propSet=[P.PropertySpec(type=vim.VirtualMachine, pathSet=['config.extraConfig["guestinfo.vice./common/name"]'])])
first = content.propertyCollector.RetrievePropertiesEx([request], P.RetrieveOptions())
second = content.propertyCollector.ContinueRetrievePropertiesEx(first.token)
print(len(first.objects), repr(first.token), len(second.objects), second.token, first.objects[6].propSet[0].val.value)
`;
    expect(await script(paging)).to.equal("100 '0' 32 None name 7");
  });

  it('meets the changeVersion', async () => {
    const concurrent = `
vm = vms['ctr-7']
version = vm.config.changeVersion
print(WaitForTask(vm.ReconfigVM_Task(spec({'common/name': 'web'}, version))))
try:
    WaitForTask(vm.ReconfigVM_Task(spec({'common/name': 'late'}, version)))
except vim.fault.ConcurrentAccess:
    print('ConcurrentAccess', config(vm)['common/name'], vm.config.changeVersion != version)
`;
    expect(await script(concurrent)).to.equal('success\nConcurrentAccess web True');
  });

  it('meets the one name that a folder has for one VM', async () => {
    const duplicate = `
def named(name):
    return vms['ctr-7'].ReconfigVM_Task(vim.vm.ConfigSpec(name=name))
for task in [lambda: named('ctr-8'), lambda: vms['ctr-7'].Rename('ctr-8')]:
    try:
        WaitForTask(task())
    except vim.fault.DuplicateName as fault:
        print(fault.name, fault.object._moId)
print(WaitForTask(named('running')), vms['ctr-7'].name)
`;
    // A VM of another folder is no matter.
    expect(await script(duplicate)).to.equal('ctr-8 vm-8\nctr-8 vm-8\nsuccess running');
  });

  it('meets the volatility of guestinfo on a running VM', async () => {
    const volatile = `
vm = vms['running']
WaitForTask(vm.ReconfigVM_Task(spec({'guestinfo.x': '1', 'hidden': '1', 'text': ''})))
print(sorted(config(vm)))
WaitForTask(vm.PowerOff())
print(sorted(config(vm)), vm.runtime.powerState)
try:
    WaitForTask(vm.PowerOff())
except vim.fault.InvalidPowerState as fault:
    print(fault.existingState)
`;
    expect(await script(volatile)).to.equal(
      "['guestinfo.x', 'hidden', 'number']\n['hidden', 'number'] poweredOff\npoweredOff",
    );
  });

  it('makes a snapshot and reverts to it', async () => {
    const snapshots = `
vm = vms['ctr-7']
task = vm.CreateSnapshot_Task('before', 'why', False, False)
WaitForTask(task)
snapshot = task.info.result
WaitForTask(vm.ReconfigVM_Task(spec({'common/name': 'web'})))
print(snapshot == vm.snapshot.currentSnapshot, vm.snapshot.rootSnapshotList[0].name, 'common/name' in config(vm))
WaitForTask(snapshot.RevertToSnapshot_Task())
print('common/name' in config(vm), len(snapshot.config.extraConfig))
`;
    expect(await script(snapshots)).to.equal('True before True\nFalse 1');
  });

  it('shows no config of an orphaned VM, and faults on a property there is not', async () => {
    const absent = `
print(vms['orphan'].config, vms['orphan'].runtime.connectionState, vms['ctr-7'].snapshot)
P = vmodl.query.PropertyCollector
request = P.FilterSpec(objectSet=[P.ObjectSpec(obj=vms['ctr-7'])],
                       propSet=[P.PropertySpec(type=vim.VirtualMachine, pathSet=['config.nonsense'])])
try:
    content.propertyCollector.RetrieveContents([request])
except vmodl.query.InvalidProperty as fault:
    print(fault.name)
`;
    expect(await script(absent)).to.equal('None orphaned None\nconfig.nonsense');
  });
});
