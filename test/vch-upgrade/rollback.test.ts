import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {removeSnapshot} from '../../src/vim25/snapshot.js';
import {startTask, TaskWaiter} from '../../src/vim25/tasks.js';
import {xmlText} from '../../src/vim25/xml.js';
import {dockerCreate} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {
  APPLIANCE,
  applianceKeys,
  configs,
  DATA_VERSION,
  LEDGER,
  rollback,
  snapshotsOf,
  upgrade,
  withVch,
} from './small-upgrade.js';

const ENV = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';
const QUOTA = 'guestinfo.vice./storage/storage_quota';
const VERSION = 'guestinfo.vice./version/PluginVersion';
const BUILD = 'guestinfo.vice./version/BuildNumber';

// VIC's group 11-05. Left out: booting Photon and what docker does on it.
describe('a rollback after the newer version has made containers', () => {
  it('stops with a list of them and nothing written; without them it ends, and the VCH upgrades again', async () => {
    await withVch({}, async (session, simulator) => {
      const original = configs(simulator);
      await upgrade(session);
      const made = ['new-api', 'new-db'].map((name) => dockerCreate(simulator, name, name));
      const before = configs(simulator);
      const refused = await rejection(rollback(session));
      expect(refused.code).to.equal('VCH_ERR_CONFLICT');
      expect(refused.message)
        .to.contain('2 containerVMs')
        .and.to.contain('Nothing was written')
        .and.to.contain('docker rm');
      for (const {id, name} of made) expect(refused.message).to.contain(`${name} (${id})`);
      expect(configs(simulator)).to.deep.equal(before);
      expect(simulator.requests.count('RevertToSnapshot_Task')).to.equal(0);

      for (const vm of made) vm.remove();
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(original);
      expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
      expect(applianceKeys(simulator)[DATA_VERSION]).to.equal('10');
    });
  });

  it('knows them by their build where the data version tells nothing', async () => {
    await withVch({appliance: {extends: 'appliance-pv9'}}, async (session, simulator) => {
      await upgrade(session);
      const made = dockerCreate(simulator, 'new-api', 'new-api');
      made.change({[VERSION]: '9', [BUILD]: '8001'});
      expect((await rejection(rollback(session))).message).to.contain(`${made.name} (${made.id})`);
      // A patch of an older version can have the higher build number.
      made.change({[VERSION]: '9', [BUILD]: '8001', 'guestinfo.vice./version/Version': 'v0.8.1'});
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
    });
  });

  it('goes on where nothing of one can be seen, and names it', async () => {
    await withVch({}, async (session, simulator) => {
      await upgrade(session);
      const away = dockerCreate(simulator, 'away', 'away');
      away.setConnectionState('inaccessible');
      const {upgrade: ended, findings} = await rollback(session);
      expect(ended.result).to.equal('rolled-back');
      const unseen = findings.filter(({code}) => code === 'containers-unseen');
      expect(unseen.map(({message}) => message).join()).to.contain(`${away.name} (${away.id})`);
    });
  });

  it('does not mind one that looked newer before, and one that is gone', async () => {
    // A container of data version 10, as one that was made before a rollback.
    await withVch({}, async (session, simulator) => {
      await upgrade(session);
      simulator.inventory.vm('vm-102').remove();
      const outcome = await rollback(session);
      expect(outcome.upgrade.result).to.equal('rolled-back');
      expect(outcome.vms.map(({id}) => id)).not.to.include('vm-102');
    });
  });
});

describe('the appliance that a rollback has powered on', () => {
  const STARTED = 'guestinfo.vice..init.sessions|docker-personality.started';

  it('is waited for until its services have started again, whatever its snapshot says of them', () =>
    withVch({settings: {bootTime: 300}}, async (session, simulator) => {
      expect(applianceKeys(simulator)[STARTED]).to.equal('true');
      await upgrade(session);
      const {findings} = await rollback(session);
      expect(applianceKeys(simulator)[STARTED]).to.equal('true');
      expect(findings.map(({code}) => code)).not.to.include('not-ready-after-rollback');

      await upgrade(session);
      const vm = simulator.inventory.vm(APPLIANCE);
      vm.setGuest({never: true});
      const slow = await rollback(session, {timeout: 50});
      expect(slow.upgrade.result).to.equal('rolled-back');
      expect(slow.findings.map(({code}) => code)).to.include('not-ready-after-rollback');
      expect(vm.extraConfig()[STARTED]).to.equal('<nil>');
    }));

  it('says of its services what it said before, if it was off', () =>
    withVch(
      {appliance: {powerState: 'poweredOff', extraConfig: {[STARTED]: 'true'}}},
      async (session, simulator) => {
        await upgrade(session);
        expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
        expect(applianceKeys(simulator)[STARTED]).to.equal('true');
      },
    ));
});

// VIC's group 11-04: vic-machine configure refuses a VCH whose data version is not its own. Left out: configure itself.
describe("an appliance's data version, by which vic-machine configure refuses an old VCH", () => {
  it('is the old one until everything else is written, and the old one again after a rollback', async () => {
    await withVch({}, async (session, simulator) => {
      const seen: {version: string | undefined; migrated: boolean}[] = [];
      const look = () => {
        const keys = applianceKeys(simulator);
        seen.push({version: keys[DATA_VERSION], migrated: LEDGER in keys});
      };
      simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, before: look});
      simulator.addFault({method: 'PowerOnVM_Task', object: APPLIANCE, before: look});
      await upgrade(session);
      const first = seen.findIndex(({version}) => version === '10');
      expect(seen.slice(0, first).every(({version}) => version === '0')).to.equal(true);
      expect(seen[first - 1]).to.deep.equal({version: '0', migrated: true});
      expect(seen.slice(first).every(({version}) => version === '10')).to.equal(true);
      await rollback(session);
      expect(applianceKeys(simulator)[DATA_VERSION]).to.equal('0');
    });
  });
});

// VIC's group 11-06: configure, configure --rollback, upgrade --rollback. Left out: what the quota does to docker pull.
describe("a rollback after vic-machine's configure", () => {
  it('goes back without a question once configure was taken back', async () => {
    await withVch({}, async (session, simulator) => {
      const original = configs(simulator);
      await upgrade(session);
      configure(simulator, {[QUOTA]: '15000000000'});
      // VIC's zero value is the same as no key.
      configure(simulator, {[QUOTA]: '0'});
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(original);
      expect(snapshotsOf(simulator)).to.deep.equal([]);
    });
  });

  it('lists what would be lost, writes nothing with nobody to ask, and goes on with discardChanges', async () => {
    await withVch({}, async (session, simulator) => {
      const original = configs(simulator);
      await upgrade(session);
      configure(simulator, {
        [QUOTA]: '15000000000',
        [ENV]: 'PATH=/bin|HTTP_PROXY=http://u:p4ss@new.example',
        'guestinfo.vice..init.networks|client.assigned.IP': 'wAACCw==',
        'vmware.tools.internalversion': '12345',
      });
      const vm = {type: 'VirtualMachine', value: APPLIANCE};
      const noted = {spec: {annotation: xmlText('ask ann first')}};
      await new TaskWaiter(session).wait(await startTask(session, 'ReconfigVM_Task', vm, noted), 'noting');
      const before = configs(simulator);
      const refused = await rejection(rollback(session));
      expect(refused.code).to.equal('VCH_ERR_CONFLICT');
      expect(refused.message)
        .to.contain(`${QUOTA} is "15000000000" now, and was absent`)
        .and.to.contain(`${ENV} is "PATH=(sensitive)|HTTP_PROXY=(sensitive)" now`)
        .and.to.contain('the text of its notes is "ask ann first" now, and was ""')
        .and.to.contain('Nothing was written')
        .and.to.contain('--discard-changes')
        .and.not.to.match(/tools|assigned|p4ss/);
      expect(configs(simulator)).to.deep.equal(before);
      const {upgrade: ended, findings} = await rollback(session, {discardChanges: true});
      expect(ended.result).to.equal('rolled-back');
      expect(findings.filter(({code}) => code === 'changed-since-upgrade')).to.have.lengthOf(3);
      expect(configs(simulator)).to.deep.equal(original);
    });
  });

  it('asks with the list, and refuses what is changed while it asks', async () => {
    await withVch({}, async (session, simulator) => {
      await upgrade(session);
      configure(simulator, {[QUOTA]: '15000000000'});
      const asked: string[] = [];
      const during = await rejection(
        rollback(session, {
          confirm: async ({findings}) => {
            asked.push(...findings.map(({message}) => message));
            configure(simulator, {[QUOTA]: '16000000000'});
            return true;
          },
        }),
      );
      expect(asked.join()).to.contain('"15000000000" now');
      expect(during.message).to.contain('"16000000000" now').and.to.contain('was not rolled back');
      expect(applianceKeys(simulator)).to.include({[QUOTA]: '16000000000', [DATA_VERSION]: '10'});
      const {upgrade: ended} = await rollback(session, {confirm: async () => true});
      expect(ended.result).to.equal('rolled-back');
    });
  });

  it('does not leave a VCH down for it', async () => {
    await withVch({}, async (session, simulator) => {
      await upgrade(session);
      const vm = simulator.inventory.vm(APPLIANCE);
      vm.powerOff();
      vm.change({[QUOTA]: '15000000000'});
      const {upgrade: ended, findings} = await rollback(session);
      expect(ended.result).to.equal('rolled-back');
      expect(findings.map(({code}) => code)).to.include('changed-since-upgrade');
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
    });
  });

  it('is refused with nothing written when configure removed the snapshot, as it does with that of an upgrade', async () => {
    await withVch({}, async (session, simulator) => {
      const {upgrade: ended} = await upgrade(session);
      const snapshot = {type: 'VirtualMachineSnapshot', value: ended.snapshot ?? ''};
      await new TaskWaiter(session).wait(await removeSnapshot(session, snapshot), 'removing it');
      configure(simulator, {[QUOTA]: '15000000000'});
      const before = configs(simulator);
      const refused = await rejection(rollback(session));
      expect(refused.code).to.equal('VCH_ERR_CONFLICT');
      expect(refused.message).to.contain(ended.snapshot).and.to.contain('Nothing was written');
      expect(configs(simulator)).to.deep.equal(before);
    });
  });
});

/** What vic-machine configure does to the data: the VCH powered off, keys written, powered on. */
function configure(simulator: Simulator, keys: Readonly<Record<string, string>>): void {
  const vm = simulator.inventory.vm(APPLIANCE);
  vm.powerOff();
  vm.change(keys);
  vm.powerOn();
  vm.startGuest();
}
