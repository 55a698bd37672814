import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {rejection} from '../rejection.js';
import {
  APPLIANCE,
  applianceKeys,
  at,
  configs,
  DATA_VERSION,
  FLAG,
  LEDGER,
  LOCK,
  RECORD,
  resume,
  rollback,
  snapshotsOf,
  stoppedAt,
  upgrade,
  withVch,
} from './small-upgrade.js';

const BUILD = 'guestinfo.vice./init/version/BuildNumber';
const WEB = [{name: 'web'}];

const appliance = (simulator: Simulator) => simulator.inventory.vm(APPLIANCE);

/** Where a stop could not be noted in the lock: this process lives on, and another one would be gone. */
function ownerIsGone(simulator: Simulator): void {
  const lock = JSON.parse(applianceKeys(simulator)[LOCK] ?? '');
  appliance(simulator).change({[LOCK]: JSON.stringify({...lock, pid: 2 ** 22 + 1})});
}

/** A containerVM that the newer version makes while it is up. */
function madeByNewer(simulator: Simulator): void {
  simulator.inventory.addBeside('web', {
    name: 'newer',
    uuid: '42000000-0000-4000-8000-0000000000aa',
    datastoreFolder: 'newer',
    extraConfig: {
      'guestinfo.vice./common/id': 'ab'.repeat(32),
      'common/name': 'newer',
      'guestinfo.vice./version/PluginVersion': '10',
    },
  });
}

describe('the way back of an upgrade', () => {
  it('is there before a resumed one touches a VCH that was powered off meanwhile', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      const before = configs(simulator);
      await stoppedAt(session, 'lock');
      const record = JSON.parse(applianceKeys(simulator)[RECORD] ?? '');
      appliance(simulator).change({[RECORD]: JSON.stringify({...record, phase: 'snapshot'})});
      appliance(simulator).powerOff();
      expect((await resume(session)).upgrade.result).to.equal('upgraded');
      expect(snapshotsOf(simulator)).to.have.lengthOf(1);
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('is of the day that the upgrade is gone on with, not of the day that it was stopped', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      const [stale] = snapshotsOf(simulator);
      appliance(simulator).change({'vic-machine/configured': 'since'});
      expect((await resume(session)).upgrade.result).to.equal('upgraded');
      expect(snapshotsOf(simulator)).to.have.lengthOf(1);
      expect(snapshotsOf(simulator)[0]?.id).not.to.equal(stale?.id);
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(applianceKeys(simulator)).to.include({'vic-machine/configured': 'since'});
    });
  });

  it('leaves alone what vic-machine has upgraded meanwhile, and resume does not go on with it', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      let asked = 0;
      const confirm = async () => {
        asked += 1;
        appliance(simulator).change({[BUILD]: '30000'});
        return true;
      };
      // While the user is asked, and then before.
      for (let times = 0; times < 2; times += 1) {
        const refused = await rejection(resume(session, {confirm}));
        expect(refused.code).to.equal('VCH_ERR_CONFLICT');
        expect(refused.message).to.contain('30000').and.to.contain('rollback');
        expect(asked).to.equal(1);
      }
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(applianceKeys(simulator)).to.include({[BUILD]: '30000'});
      expect(simulator.requests.counts).not.to.have.any.keys('RevertToSnapshot_Task');
    });
  });

  it('is gone to the end once the VCH is down, whatever the newer version has made', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      const {upgrade: failed} = await upgrade(session, {
        ...at('verify-appliance', () => {
          madeByNewer(simulator);
          simulator.addFault({method: 'PowerOnVM_Task', do: {fault: 'NoPermission'}});
          appliance(simulator).change({[DATA_VERSION]: '0'});
        }),
      });
      expect(failed.result).to.equal('needs-person');
      expect(appliance(simulator).powerState).to.equal('poweredOff');
      simulator.clearFaults();
      const back = await rollback(session);
      expect(back.upgrade.result).to.equal('rolled-back');
      expect(back.findings.map(({code}) => code)).to.include('containers-of-newer-version');
      expect(appliance(simulator).powerState).to.equal('poweredOn');
    });
  });

  it('is open although it cannot be seen what the newer version has made', async () => {
    await withVch({vms: WEB, appliance: {guest: {fails: 'port-layer'}}}, async (session, simulator) => {
      const {upgrade: ended, findings} = await upgrade(session, {
        timeout: 200,
        // What the rollback reads first are the containerVMs.
        ...at('revert', () => {
          simulator.addFault({method: 'RetrievePropertiesEx', times: 1, do: {fault: 'NoPermission'}});
        }),
      });
      simulator.clearFaults();
      expect(ended.result).to.equal('as-before');
      expect(findings.map(({code}) => code)).to.include('containers-unseen');
    });
  });

  it('takes the containerVMs along where a rollback by itself got no further than its tidying', async () => {
    await withVch({vms: WEB, appliance: {guest: {fails: 'port-layer'}}}, async (session, simulator) => {
      const before = configs(simulator);
      const {upgrade: failed} = await upgrade(session, {
        timeout: 200,
        ...at('unlock', () => {
          simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, do: {fault: 'NoPermission'}});
        }),
      });
      simulator.clearFaults();
      // The VCH is up and back: lock and record are all that is left of it.
      expect(failed.result).to.equal('resumable');
      expect(appliance(simulator).powerState).to.equal('poweredOn');
      appliance(simulator).setGuest({});
      ownerIsGone(simulator);
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)['vm-101']).to.deep.equal(before['vm-101']);
    });
  });

  it('costs one outage, also when it was cut off right after the VCH was back', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      const before = configs(simulator);
      await upgrade(session);
      const {upgrade: cut} = await rollback(session, {
        ...at('ready', () => {
          simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, do: {fault: 'NoPermission'}});
        }),
      });
      simulator.clearFaults();
      expect(cut.result).to.equal('resumable');
      expect(cut.error?.code).to.equal('VCH_ERR_PRIVILEGE');
      expect(JSON.parse(applianceKeys(simulator)[RECORD] ?? '')).to.include({phase: 'rollback'});
      ownerIsGone(simulator);
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(simulator.requests.counts).to.include({RevertToSnapshot_Task: 1, PowerOnVM_Task: 2});
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('tidies up again where vCenter fails for longer than one read is tried', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      await upgrade(session);
      const {upgrade: ended} = await rollback(session, {
        ...at('cleanup', () => {
          simulator.addFault({method: 'RetrievePropertiesEx', times: 8, do: {fault: 'HostCommunication'}});
        }),
      });
      expect(ended.result).to.equal('rolled-back');
      expect(snapshotsOf(simulator)).to.deep.equal([]);
    });
  });

  it('is given back unused where it is refused after the question', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      await upgrade(session);
      const before = applianceKeys(simulator);
      const refused = await rejection(
        rollback(session, {
          confirm: async () => {
            madeByNewer(simulator);
            return true;
          },
        }),
      );
      expect(refused.code).to.equal('VCH_ERR_CONFLICT');
      expect(refused.message).to.contain('newer');
      expect(applianceKeys(simulator)).to.deep.equal(before);
      expect(applianceKeys(simulator))
        .to.include({[FLAG]: 'false'})
        .and.not.to.have.property(LOCK);
    });
  });

  it('is told by hand so that the last upgrade can still be taken back', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await upgrade(session);
      const first = applianceKeys(simulator)[RECORD] ?? '';
      appliance(simulator).powerOff();
      appliance(simulator).change({[DATA_VERSION]: '0', [LEDGER]: null});
      appliance(simulator).powerOn();
      appliance(simulator).startGuest();
      const stop = new AbortController();
      const {upgrade: second} = await upgrade(session, {
        ...at('snapshot', () => stop.abort()),
        signal: stop.signal,
      });
      const change = second.card.find((line) => line.includes('govc vm.change'));
      expect(change).to.contain(`'vch-migrate/upgrade=${first}'`).and.to.contain('vch-migrate/lock=');
    });
  });
});
