import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../../src/simulator/simulator.js';
import {manyVms, smallFixture} from '../small-fixture.js';
import {occurrences, type RawAnswer, returned, SoapClient, textOf} from '../soap-client.js';

const COLLECTOR = 'PropertyCollector:propertyCollector';

describe('simulator updates', () => {
  let simulator: Simulator;
  let client: SoapClient;

  beforeEach(async () => {
    simulator = await startSimulator({fixture: smallFixture(manyVms(120))});
    client = new SoapClient(simulator);
    await client.login();
  });

  afterEach(() => simulator.close());

  function filterOn(target: string, type: string, path: string, select = ''): Promise<RawAnswer> {
    const [objectType, id] = target.split(':');
    return client.call(
      COLLECTOR,
      'CreateFilter',
      `<spec><propSet><type>${type}</type><pathSet>${path}</pathSet></propSet>` +
        `<objectSet><obj type="${objectType}">${id}</obj>${select}</objectSet></spec><partialUpdates>true</partialUpdates>`,
    );
  }

  async function next(version: string, seconds: number): Promise<string> {
    const options = `<options><maxWaitSeconds>${seconds}</maxWaitSeconds></options>`;
    return (await client.call(COLLECTOR, 'WaitForUpdatesEx', `<version>${version}</version>${options}`)).body;
  }

  it('tells everything first, then changes only, and nothing when the wait is over', async () => {
    await filterOn('VirtualMachine:vm-1', 'VirtualMachine', 'name');
    const first = await next('', 0);
    expect(first).to.contain('<kind>enter</kind>').and.to.contain('<val xsi:type="xsd:string">ctr-1</val>');
    const version = textOf(first, 'version');
    expect(await next(version, 0)).not.to.contain('returnval');
    const waiting = next(version, 20);
    simulator.inventory.vm('vm-2').rename('not watched');
    simulator.inventory.vm('vm-1').rename('renamed');
    const second = await waiting;
    expect(second)
      .to.contain('<kind>modify</kind>')
      .and.to.contain('<val xsi:type="xsd:string">renamed</val>');
    expect(second).not.to.contain('not watched');
  });

  it('gives a lost answer once more, and refuses any other version', async () => {
    await filterOn('VirtualMachine:vm-1', 'VirtualMachine', 'name');
    const first = await next('', 0);
    simulator.inventory.vm('vm-1').rename('renamed');
    const second = await next(textOf(first, 'version'), 0);
    expect(await next(textOf(first, 'version'), 0)).to.equal(second);
    expect(await next('77', 0)).to.contain('xsi:type="InvalidCollectorVersion"');
  });

  it('cuts at 100 objects and says that there is more', async () => {
    const view = returned(
      await client.call(
        'ViewManager:ViewManager',
        'CreateContainerView',
        '<container type="Folder">group-d1</container><type>VirtualMachine</type><recursive>true</recursive>',
      ),
    );
    const select =
      '<skip>true</skip><selectSet i:type="TraversalSpec"><type>ContainerView</type><path>view</path></selectSet>';
    await filterOn(`ContainerView:${view}`, 'VirtualMachine', 'name', select);
    const first = await next('', 0);
    expect(occurrences(first, '<objectSet>')).to.equal(100);
    expect(first).to.contain('<truncated>true</truncated>');
    const second = await next(textOf(first, 'version'), 0);
    expect(occurrences(second, '<objectSet>')).to.equal(20);
    expect(second).not.to.contain('truncated');
    simulator.inventory.vm('vm-9').remove();
    const third = await next(textOf(second, 'version'), 0);
    expect(third).to.contain('<kind>leave</kind><obj type="VirtualMachine">vm-9</obj>');
  });

  it('follows a ListView as tasks are added, and names those it does not know', async () => {
    const view = returned(await client.call('ViewManager:ViewManager', 'CreateListView'));
    const select =
      '<skip>true</skip><selectSet i:type="TraversalSpec"><type>ListView</type><path>view</path></selectSet>';
    await filterOn(`ListView:${view}`, 'Task', 'info.state', select);
    const task = await client.reconfigure('vm-1', {a: 'b'});
    const {body} = await client.call(
      `ListView:${view}`,
      'ModifyListView',
      `<add type="Task">${task}</add><add type="Task">task-999</add>`,
    );
    expect(body).to.contain('<returnval type="Task">task-999</returnval>');
    let answer = '';
    for (let version = ''; !answer.includes('success'); version = textOf(answer, 'version')) {
      answer = await next(version, 20);
      expect(answer).to.contain(`<obj type="Task">${task}</obj>`);
    }
    await client.call(`ListView:${view}`, 'DestroyView');
    expect(simulator.views).to.equal(0);
  });

  it('ends a wait that is cancelled', async () => {
    await filterOn('VirtualMachine:vm-1', 'VirtualMachine', 'name');
    const version = textOf(await next('', 0), 'version');
    simulator.addFault({
      method: 'WaitForUpdatesEx',
      before: () => void client.call(COLLECTOR, 'CancelWaitForUpdates'),
    });
    expect(await next(version, 20)).to.contain('xsi:type="RequestCanceled"');
  });

  it('leaves no filter behind that was destroyed', async () => {
    const filter = returned(await filterOn('VirtualMachine:vm-1', 'VirtualMachine', 'name'));
    expect(simulator.filters).to.equal(1);
    await client.call(`PropertyFilter:${filter}`, 'DestroyPropertyFilter');
    expect(simulator.filters).to.equal(0);
  });
});
