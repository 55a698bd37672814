import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../../src/simulator/simulator.js';
import {manyVms, smallFixture} from '../small-fixture.js';
import {escapeXml, occurrences, returned, SoapClient, textOf} from '../soap-client.js';

const COLLECTOR = 'PropertyCollector:propertyCollector';

describe('simulator property collector', () => {
  let simulator: Simulator;
  let client: SoapClient;

  before(async () => {
    const vms = [
      ...manyVms(230),
      {id: 'vm-301', name: 'orphan', connectionState: 'orphaned', extraConfig: {a: 'b'}},
      {id: 'vm-302', name: 'away', connectionState: 'disconnected', extraConfig: {a: 'b'}},
      {id: 'vm-303', name: 'typed', vApp: 'C0/app', extraConfig: {n: {type: 'xsd:int', value: '5'}}},
    ] as const;
    simulator = await startSimulator({fixture: smallFixture(vms, {settings: {pageLimit: 150}})});
    client = new SoapClient(simulator);
    await client.login();
  });

  after(() => simulator.close());

  async function containerView(type = 'VirtualMachine', container = 'Folder:group-d1'): Promise<string> {
    const [containerType, id] = container.split(':');
    return returned(
      await client.call(
        'ViewManager:ViewManager',
        'CreateContainerView',
        `<container type="${containerType}">${id}</container><type>${type}</type><recursive>true</recursive>`,
      ),
    );
  }

  function viewSpec(view: string, type: string, ...paths: string[]): string {
    return (
      `<specSet><propSet><type>${type}</type>${paths.map((path) => `<pathSet>${escapeXml(path)}</pathSet>`).join('')}</propSet>` +
      `<objectSet><obj type="ContainerView">${view}</obj><skip>true</skip>` +
      '<selectSet i:type="TraversalSpec"><type>ContainerView</type><path>view</path><skip>false</skip></selectSet>' +
      '</objectSet></specSet>'
    );
  }

  it('gives 100 objects a page when the client names no number, and the first token is 0', async () => {
    const spec = viewSpec(await containerView(), 'VirtualMachine', 'name');
    let answer = await client.call(COLLECTOR, 'RetrievePropertiesEx', `${spec}<options/>`);
    const pages = [occurrences(answer.body, '<objects>')];
    expect(answer.body).to.contain('<token>0</token>');
    while (answer.body.includes('<token>')) {
      const token = textOf(answer.body, 'token');
      answer = await client.call(COLLECTOR, 'ContinueRetrievePropertiesEx', `<token>${token}</token>`);
      pages.push(occurrences(answer.body, '<objects>'));
    }
    expect(pages).to.deep.equal([100, 100, 33]);
    expect(simulator.openTokens).to.equal(0);
  });

  it('lowers a larger page to its own limit', async () => {
    const spec = viewSpec(await containerView(), 'VirtualMachine', 'name');
    const {body} = await client.call(
      COLLECTOR,
      'RetrievePropertiesEx',
      `${spec}<options><maxObjects>1000</maxObjects></options>`,
    );
    expect(occurrences(body, '<objects>')).to.equal(150);
    const token = `<token>${textOf(body, 'token')}</token>`;
    expect(simulator.openTokens).to.equal(1);
    expect((await client.call(COLLECTOR, 'CancelRetrievePropertiesEx', token)).status).to.equal(200);
    expect(simulator.openTokens).to.equal(0);
    const late = await client.call(COLLECTOR, 'ContinueRetrievePropertiesEx', token);
    expect(late.body).to.contain('<invalidProperty>token</invalidProperty>');
  });

  it('refuses a page of no objects', async () => {
    const spec = viewSpec(await containerView(), 'VirtualMachine', 'name');
    const {body} = await client.call(
      COLLECTOR,
      'RetrievePropertiesEx',
      `${spec}<options><maxObjects>0</maxObjects></options>`,
    );
    expect(body).to.contain('xsi:type="InvalidArgument"');
  });

  it('gives everything at once to RetrieveProperties', async () => {
    const spec = viewSpec(await containerView(), 'VirtualMachine', 'name');
    const {body} = await client.call(COLLECTOR, 'RetrieveProperties', spec);
    expect(occurrences(body, '<returnval>')).to.equal(233);
  });

  it('reads a key as an OptionValue, and leaves a missing key out without a word', async () => {
    const {body} = await client.read(
      'VirtualMachine:vm-7',
      'config.extraConfig["guestinfo.vice./common/name"]',
      'config.extraConfig["no such key"]',
      'config.extraConfig["guestinfo.vice./common/name"].value',
    );
    expect(body).to.contain(
      '<propSet><name>config.extraConfig["guestinfo.vice./common/name"]</name><val xsi:type="OptionValue">' +
        '<key>guestinfo.vice./common/name</key><value xsi:type="xsd:string">name 7</value></val></propSet>',
    );
    expect(body).to.contain(
      '["guestinfo.vice./common/name"].value</name><val xsi:type="xsd:string">name 7</val>',
    );
    expect(body).not.to.contain('no such key').and.not.to.contain('missingSet');
  });

  it('names the type of every value', async () => {
    const {body} = await client.read(
      'VirtualMachine:vm-303',
      'name',
      'config.extraConfig',
      'config.template',
      'runtime.powerState',
      'runtime',
      'datastore',
      'resourcePool',
      'parentVApp',
    );
    for (const piece of [
      '<val xsi:type="xsd:string">typed</val>',
      '<val xsi:type="ArrayOfOptionValue"><OptionValue xsi:type="OptionValue"><key>n</key><value xsi:type="xsd:int">5</value></OptionValue></val>',
      '<val xsi:type="xsd:boolean">false</val>',
      '<val xsi:type="VirtualMachinePowerState">poweredOff</val>',
      '<val xsi:type="VirtualMachineRuntimeInfo">',
      '<val xsi:type="ArrayOfManagedObjectReference"><ManagedObjectReference type="Datastore" xsi:type="ManagedObjectReference">',
      '<val type="VirtualApp" xsi:type="ManagedObjectReference">',
    ]) {
      expect(body).to.contain(piece);
    }
  });

  it('faults on a property that the type does not have, and is silent on one that is not set', async () => {
    for (const path of [
      'nonsense',
      'config.nonsense',
      'config.extraConfig[key]',
      'config.extraConfig.value',
    ]) {
      const {status, body} = await client.read('VirtualMachine:vm-1', 'name', path);
      expect(status, path).to.equal(500);
      expect(body).to.contain(`xsi:type="InvalidProperty"><name>${path}</name>`);
    }
    const unset = await client.read('VirtualMachine:vm-1', 'snapshot', 'config.tools', 'guest.net');
    expect(unset.status).to.equal(200);
    expect(unset.body).not.to.contain('propSet');
  });

  it('shows no config of an orphaned VM, but that of a disconnected one', async () => {
    const paths = ['config', 'config.changeVersion', 'config.extraConfig["a"]', 'runtime.connectionState'];
    const orphan = await client.read('VirtualMachine:vm-301', ...paths);
    expect(occurrences(orphan.body, '<propSet>')).to.equal(1);
    expect(orphan.body).to.contain('<val xsi:type="VirtualMachineConnectionState">orphaned</val>');
    const away = await client.read('VirtualMachine:vm-302', ...paths);
    expect(occurrences(away.body, '<propSet>')).to.equal(4);
  });

  it('puts what may not be read into missingSet, with the privilege', async () => {
    const blind = new SoapClient(simulator);
    await blind.login('half-blind@vsphere.local', 'blind');
    const hidden = await blind.read('VirtualMachine:vm-11', 'name', 'config.changeVersion');
    expect(hidden.body).to.contain('<propSet><name>name</name>');
    expect(hidden.body).to.contain(
      '<missingSet><path>config.changeVersion</path><fault><fault xsi:type="NoPermission">' +
        '<object type="VirtualMachine">vm-11</object><privilegeId>System.Read</privilegeId></fault>',
    );
    expect((await blind.read('VirtualMachine:vm-12', 'config.changeVersion')).body).not.to.contain(
      'missingSet',
    );
  });

  it('reports an object once that two ways lead to', async () => {
    const steps =
      '<selectSet i:type="TraversalSpec"><name>down</name><type>ResourcePool</type><path>resourcePool</path>' +
      '<selectSet i:type="SelectionSpec"><name>down</name></selectSet><selectSet i:type="SelectionSpec"><name>vms</name></selectSet></selectSet>' +
      '<selectSet i:type="TraversalSpec"><name>vms</name><type>ResourcePool</type><path>vm</path></selectSet>' +
      '<selectSet i:type="TraversalSpec"><name>again</name><type>ResourcePool</type><path>vm</path></selectSet>';
    const pool = textOf((await client.read('VirtualMachine:vm-1', 'resourcePool')).body, 'val');
    const {body} = await client.call(
      COLLECTOR,
      'RetrieveProperties',
      `<specSet><propSet><type>VirtualMachine</type><pathSet>name</pathSet></propSet>` +
        `<objectSet><obj type="ResourcePool">${pool}</obj>${steps}</objectSet></specSet>`,
    );
    expect(occurrences(body, '<returnval>')).to.equal(230);
  });

  it('views containers of every kind, by type or base type', async () => {
    const count = async (type: string, container?: string): Promise<number> => {
      const view = await containerView(type, container);
      return occurrences(
        (await client.read(`ContainerView:${view}`, 'view')).body,
        '<ManagedObjectReference ',
      );
    };
    const pool = textOf((await client.read('VirtualMachine:vm-1', 'resourcePool')).body, 'val');
    const vApp = textOf((await client.read('VirtualMachine:vm-303', 'parentVApp')).body, 'val');
    const folder = textOf((await client.read('VirtualMachine:vm-1', 'parent')).body, 'val');
    expect(await count('VirtualMachine')).to.equal(233);
    expect(await count('VirtualMachine', `ResourcePool:${pool}`)).to.equal(230);
    expect(await count('VirtualMachine', `VirtualApp:${vApp}`)).to.equal(1);
    expect(await count('VirtualMachine', `Folder:${folder}`)).to.equal(230);
    expect(await count('ComputeResource')).to.equal(1);
    expect(await count('ResourcePool')).to.equal(4);
    expect(await count('HostSystem')).to.equal(2);
  });

  it('finds VMs by UUID and by inventory path', async () => {
    const uuid = simulator.inventory.vm('vm-7').uuid;
    const byUuid = await client.call(
      'SearchIndex:SearchIndex',
      'FindByUuid',
      `<uuid>${uuid.toUpperCase()}</uuid><vmSearch>true</vmSearch>`,
    );
    const byPath = await client.call(
      'SearchIndex:SearchIndex',
      'FindByInventoryPath',
      '<inventoryPath>DC0/vm/vch1/ctr-7</inventoryPath>',
    );
    const nobody = await client.call(
      'SearchIndex:SearchIndex',
      'FindByInventoryPath',
      '<inventoryPath>DC0/vm/nobody</inventoryPath>',
    );
    expect(textOf(byUuid.body, 'returnval')).to.equal('vm-7');
    expect(textOf(byPath.body, 'returnval')).to.equal('vm-7');
    expect(nobody.body).not.to.contain('returnval');
  });
});
