import {expect} from 'chai';
import {readIsoInfo, rollbackVch, upgradeVch, verifyMigration} from '../../src/index.js';
import {
  applianceAsVic,
  containerAsVic,
  containerBiosUuid,
  containerIdOf,
  dockerCreate,
  type Fixture,
  QUICK_WAITS,
  startSimulator,
  vchFixture,
  vicList,
  vicValue,
  withSimulator,
  writeVicIso,
} from '../../src/testing/testing.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';

const vch = {name: 'vch1'};

describe('vchFixture', () => {
  it('makes a VCH whose VMs have the keys that VIC wrote, each at its data version', async () => {
    const fixture = vchFixture({
      dataVersion: 5,
      containers: [
        'web',
        {name: 'old', dataVersion: 0, powerState: 'poweredOff'},
        {name: 'x', extends: 'v0.9.0-container-stopped'},
      ],
    });
    await withSimulator(fixture, async ({simulator, session}) => {
      const [appliance, web, old, x] = simulator.inventory.vms();
      expect(applianceAsVic(appliance?.extraConfig() ?? {})).to.include({name: 'vch1', dataVersion: 5});
      expect(containerAsVic(web?.extraConfig() ?? {})).to.include({name: 'web', dataVersion: 5});
      expect(web?.name).to.equal(`web-${containerIdOf('web').slice(0, 12)}`);
      expect(web?.uuid).to.equal(containerBiosUuid(appliance?.uuid ?? '', containerIdOf('web')));
      expect(old?.powerState).to.equal('poweredOff');
      expect(containerAsVic(old?.extraConfig() ?? {})).to.include({
        hiddenName: null,
        visibleName: 'old',
        dataVersion: 0,
      });
      expect(containerAsVic(x?.extraConfig() ?? {})).to.include({id: containerIdOf('x'), name: 'x'});
      const {vms} = await verifyMigration(await session(), {vch});
      expect(vms.map(({status}) => status)).to.have.length(3);
    });
  });

  it('takes another name, an appliance of your own, and members of the document', async () => {
    const fixture = vchFixture({
      name: 'blue',
      appliance: {powerState: 'poweredOff', extends: 'v0.9.0-appliance-esx'},
      more: {users: [{user: 'ann', password: 'pw', role: 'Admin'}]},
    });
    await withSimulator(fixture, ({simulator, user}) => {
      expect(user).to.equal('ann');
      const appliance = simulator.inventory.vm('blue');
      expect(appliance.powerState).to.equal('poweredOff');
      expect(applianceAsVic(appliance.extraConfig())).to.include({name: 'blue', version: 'v0.9.0'});
    });
  });

  it('is a document like any other: a folder or a pool may be a name alone', () => {
    const document: Fixture = {
      schema: 'vch-migrate/fixture/v1',
      datacenters: [
        {
          name: 'dc1',
          folders: ['vch1', {name: 'more', folders: ['inner']}],
          clusters: [{name: 'c', resourcePools: ['p']}],
        },
      ],
    };
    return withSimulator(document, ({simulator}) => expect(simulator.inventory.vms()).to.deep.equal([]));
  });
});

describe('dockerCreate', () => {
  it('makes a container as a newer VCH does: at its goal, and supporting rename', async () => {
    await withSimulator(vchFixture(), async ({simulator, session}) => {
      const made = dockerCreate(simulator, {name: 'shop', extraConfig: {mine: 'x'}});
      expect(made.powerState).to.equal('poweredOff');
      const config = made.extraConfig();
      expect(containerAsVic(config)).to.include({id: containerIdOf('shop'), name: 'shop', dataVersion: 10});
      expect(containerAsVic(config).rename.supported).to.equal(true);
      expect([vicValue(config, 'mine'), vicValue(config, 'none')]).to.deep.equal(['x', null]);
      const {vms} = await verifyMigration(await session(), {vch});
      expect(vms.map(({id, status}) => [id, status])).to.deep.equal([[made.id, 'unchanged']]);
    });
  });

  it('refuses a map that VIC has not', async () => {
    await withSimulator(vchFixture(), ({simulator}) =>
      expect(() => dockerCreate(simulator, {name: 'x', extends: 'container-pv99'})).to.throw(
        /no map container-pv99, only .*container-pv10/,
      ),
    );
  });
});

describe('an ExtraConfig as VIC reads it', () => {
  it('has no <nil>, prefers the hidden name, and lists entries', () => {
    const config = {
      'common/name': '<nil>',
      'guestinfo.vice./common/name': 'web',
      list: 'a|b',
      empty: '<nil>',
    };
    expect(containerAsVic(config)).to.include({name: 'web', hiddenName: null, dataVersion: 0});
    expect(vicValue(config, 'empty')).to.equal('');
    expect([vicList(config, 'list'), vicList(config, 'empty'), vicList(config, 'none')]).to.deep.equal([
      ['a', 'b'],
      [],
      [],
    ]);
  });
});

describe('startSimulator of the testing module', () => {
  it('runs an upgrade and its rollback without long waits, and stops when it is closed', async () => {
    await withDirectory({}, async (directory) => {
      const started = await startSimulator(vchFixture({containers: ['web']}));
      const session = await started.session();
      const isoOf = async (name: string) =>
        readIsoInfo(await writeVicIso(`${directory}/${name}`, {version: 'v1.5.6', build: 20_000}));
      const isos = {applianceIso: await isoOf('appliance.iso'), bootstrapIso: await isoOf('bootstrap.iso')};
      const {upgrade} = await upgradeVch(session, {vch, ...isos, ...QUICK_WAITS});
      expect(upgrade.result).to.equal('upgraded');
      const {sessions, ...appliance} = applianceAsVic(started.simulator.inventory.vm('vch1').extraConfig());
      expect(appliance).to.include({
        version: 'v1.5.6',
        build: '20000',
        dataVersion: 10,
        updateInProgress: false,
      });
      expect(sessions.every(({isActive, isStarted}) => isActive && isStarted)).to.equal(true);
      const back = await rollbackVch(session, {vch, ...QUICK_WAITS});
      expect(back.upgrade.result).to.equal('rolled-back');
      await started.close();
      expect((await rejection(started.session())).code).to.equal('VCH_ERR_TRANSPORT');
    });
  });

  it('fails the hook that closes it if something was left behind, and stops all the same', async () => {
    const started = await startSimulator(vchFixture());
    started.simulator.inventory.vm('vch1').change({UpdateInProgress: 'true'});
    const error = await rejection(started.close());
    expect(error.message).to.match(/left behind on the simulator: UpdateInProgress = true/);
    expect((await rejection(started.session())).code).to.equal('VCH_ERR_TRANSPORT');
  });
});
