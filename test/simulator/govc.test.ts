import {expect} from 'chai';
import {type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {describeWithPeers} from '../peers.js';
import {govcOn} from './govc-cli.js';
import {manyVms, smallFixture} from './small-fixture.js';

describeWithPeers('simulator as govc meets it', ['govc'], ({govc}) => {
  let simulator: Simulator;

  beforeEach(async () => {
    const vms = manyVms(130);
    const running = {id: 'vm-500', name: 'running', powerState: 'poweredOn', extraConfig: {a: 'b'}} as const;
    simulator = await startSimulator({fixture: smallFixture([...vms, running])});
  });

  afterEach(() => simulator.close());

  const cli = (...args: string[]): Promise<string> => govcOn(govc, simulator, ...args);

  it('is a vCenter', async () => {
    expect(await cli('about')).to.match(/API type: +VirtualCenter/);
  });

  it('lists the inventory', async () => {
    expect(await cli('ls', '/')).to.equal('/DC0');
    expect((await cli('ls', '/DC0/vm')).split('\n')).to.have.members(['/DC0/vm/vch1', '/DC0/vm/running']);
    expect((await cli('find', '/', '-type', 'm')).split('\n')).to.have.length(131);
    expect(await cli('find', '/', '-type', 'p')).to.contain('/DC0/host/C0/Resources/vch1/sub');
  });

  it('shows ExtraConfig, whole and by key', async () => {
    expect(await cli('vm.info', '-e', 'ctr-7')).to.match(/guestinfo\.vice\.\/common\/name: +name 7/);
    const key = 'config.extraConfig["guestinfo.vice./common/name"]';
    expect(await cli('object.collect', '-s', 'vm/vch1/ctr-7', key)).to.contain('name 7');
  });

  it('changes ExtraConfig and waits for the task', async () => {
    await cli('vm.change', '-vm', 'ctr-7', '-e', 'common/name=<web> & "co"', '-e', 'other= x ');
    expect(simulator.inventory.vm('ctr-7').extraConfig()).to.include({
      'common/name': '<web> & "co"',
      other: ' x ',
    });
    await cli('vm.change', '-vm', 'ctr-7', '-e', 'common/name=');
    expect(simulator.inventory.vm('ctr-7').extraConfig()).not.to.have.property('common/name');
  });

  it('meets the volatility of guestinfo on a running VM', async () => {
    await cli('vm.change', '-vm', 'running', '-e', 'guestinfo.x=1', '-e', 'hidden=1');
    expect(await cli('vm.info', '-e', 'running')).to.contain('guestinfo.x');
    await cli('vm.power', '-off', 'running');
    expect(simulator.inventory.vm('running').extraConfig()).to.deep.equal({a: 'b', hidden: '1'});
  });

  it('makes, shows, reverts to and removes snapshots', async () => {
    await cli('snapshot.create', '-vm', 'ctr-7', '-m=false', '-d', 'why', 'before');
    expect(await cli('snapshot.tree', '-vm', 'ctr-7', '-d'))
      .to.contain('before')
      .and.to.contain('why');
    const before = simulator.inventory.vm('ctr-7').extraConfig();
    await cli('vm.change', '-vm', 'ctr-7', '-e', 'common/name=other');
    await cli('snapshot.revert', '-vm', 'ctr-7', 'before');
    expect(simulator.inventory.vm('ctr-7').extraConfig()).to.deep.equal(before);
    await cli('snapshot.remove', '-vm', 'ctr-7', 'before');
    expect(await cli('snapshot.tree', '-vm', 'ctr-7')).to.equal('');
  });

  it('logs out and leaves nothing behind', async () => {
    await cli('vm.change', '-vm', 'ctr-7', '-e', 'a=b');
    expect([simulator.sessions, simulator.views, simulator.openTokens]).to.deep.equal([0, 0, 0]);
  });
});
