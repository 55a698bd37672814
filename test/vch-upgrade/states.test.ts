import {expect} from 'chai';
import type {ProgressEvent} from '../../src/containers/outcome.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {revertToSnapshot} from '../../src/vim25/snapshot.js';
import {TaskWaiter} from '../../src/vim25/tasks.js';
import {rejection} from '../rejection.js';
import {
  APPLIANCE,
  applianceKeys,
  at,
  configs,
  DATA_VERSION,
  FLAG,
  LOCK,
  RECORD,
  resume,
  rollback,
  snapshotsOf,
  stoppedAt,
  unlock,
  upgrade,
  withVch,
} from './small-upgrade.js';

const appliance = (simulator: Simulator) => simulator.inventory.vm(APPLIANCE);

describe('an upgrade that is gone on with', () => {
  it('powers the VCH on again when somebody has powered it off, before it is called ready', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await stoppedAt(session, 'ready');
      appliance(simulator).powerOff();
      const outcome = await resume(session);
      expect(outcome.upgrade.result).to.equal('upgraded');
      expect(appliance(simulator).powerState).to.equal('poweredOn');
      expect(outcome.vms[0]).to.include({id: APPLIANCE, powerState: 'poweredOn', dataVersion: 10});
    });
  });

  it('is down only from its power-off, and says each thing that it waits for once', async () => {
    const settings = {bootTime: 100};
    await withVch({vms: [], settings}, async (session) => {
      await stoppedAt(session, 'snapshot');
      const told: string[] = [];
      const onProgress = (event: ProgressEvent) => {
        if (event.type === 'outage') told.push(event.to === null ? 'down' : 'up');
        if (event.type === 'waiting') told.push(event.reason);
        if (event.type === 'phase') told.push(event.phase);
      };
      expect((await resume(session, {onProgress})).upgrade.result).to.equal('upgraded');
      expect(told.filter((one) => one === 'down' || one === 'up')).to.deep.equal(['down', 'up']);
      expect(told).to.include.members(['power-off', 'ready']);
      expect(told.indexOf('down')).to.be.greaterThan(told.indexOf('power-off'));
      expect(told.indexOf('up')).to.be.greaterThan(told.indexOf('ready'));
      expect(told).to.include('the start of docker-personality, port-layer, vicadmin');
      expect(told.filter((one, n) => one === told[n - 1])).to.deep.equal([]);
    });
  });

  it('looks at the containerVMs again, as long as the VCH is up', async () => {
    await withVch({vms: [{name: 'web'}]}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      simulator.inventory.vm('vm-101').change({'common/rename-disabled': null, 'vch-migrate/ledger': null});
      const outcome = await resume(session);
      expect(outcome.upgrade.result).to.equal('upgraded');
      expect(simulator.inventory.vm('vm-101').extraConfig()).to.include({'common/rename-disabled': 'true'});
      expect(outcome.vms.filter(({status}) => status === 'pending')).to.deep.equal([]);
    });
  });

  it('needs the plugins that it began with', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      const record = JSON.parse(applianceKeys(simulator)[RECORD] ?? '');
      appliance(simulator).change({[RECORD]: JSON.stringify({...record, plugins: ['1000-mine revision 1']})});
      const before = configs(simulator);
      const refused = await rejection(resume(session));
      expect(refused.code).to.equal('VCH_ERR_CONFLICT');
      expect(refused.message).to.contain('1000-mine revision 1').and.to.contain('--plugins');
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('is not gone on with when a revert was under way: the record of the time of the snapshot is back', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await upgrade(session);
      const snapshot = {type: 'VirtualMachineSnapshot', value: appliance(simulator).snapshots[0]?.id ?? ''};
      await new TaskWaiter(session).wait(await revertToSnapshot(session, snapshot), 'reverting');
      expect(appliance(simulator).powerState).to.equal('poweredOff');
      expect((await rejection(resume(session))).message).to.contain('was being rolled back');
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(appliance(simulator).powerState).to.equal('poweredOn');
    });
  });
});

describe('a failure', () => {
  it('after everything is proved takes nothing back, and is put right by resume', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      const first = await upgrade(session);
      appliance(simulator).powerOff();
      appliance(simulator).change({[DATA_VERSION]: '0'});
      appliance(simulator).powerOn();
      appliance(simulator).startGuest();
      const {upgrade: second} = await upgrade(session, {
        runId: 'second',
        ...at('unlock', () => {
          simulator.addFault({method: 'ReconfigVM_Task', object: APPLIANCE, do: {fault: 'NoPermission'}});
        }),
      });
      simulator.clearFaults();
      expect(second).to.include({result: 'resumable'});
      expect(simulator.requests.counts).not.to.have.any.keys('RevertToSnapshot_Task');
      expect(snapshotsOf(simulator).map(({id}) => id)).to.not.include(first.upgrade.snapshot);
    });
  });

  it('to read back the release of the lock does not undo what is done, and is a finding', async () => {
    await withVch(
      {vms: []},
      async (session, simulator) => {
        const blind = () =>
          at('unlock', () => {
            simulator.addFault({
              method: 'ReconfigVM_Task',
              object: APPLIANCE,
              times: 1,
              // Its task is read first, then the appliance.
              before: () => {
                simulator.addFault({method: 'RetrievePropertiesEx', nth: 2, do: {fault: 'NoPermission'}});
              },
            });
          });
        for (const [run, result] of [
          [upgrade, 'upgraded'],
          [rollback, 'rolled-back'],
        ] as const) {
          const outcome = await run(session, blind());
          simulator.clearFaults();
          expect(outcome.upgrade).to.include({result, error: null});
          expect(outcome.findings.map(({code}) => code)).to.include('end-not-seen');
          expect(applianceKeys(simulator)).not.to.have.property(LOCK);
        }
      },
      {taskDuration: [0, 0]},
    );
  });

  it('for want of the power privilege leaves the VCH up, and needs no person', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      const before = configs(simulator);
      for (const method of ['ShutdownGuest', 'PowerOffVM_Task'])
        simulator.addFault({method, do: {fault: 'NoPermission'}});
      const {upgrade: ended} = await upgrade(session);
      expect(ended.result).to.equal('as-before');
      expect(simulator.requests.counts).not.to.have.any.keys('RevertToSnapshot_Task', 'PowerOnVM_Task');
      expect(configs(simulator)).to.deep.equal(before);
      expect(snapshotsOf(simulator)).to.deep.equal([]);
    });
  });
});

describe('a rollback', () => {
  it('has nothing to revert where the user powered the VCH off before its snapshot', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      const before = configs(simulator);
      await stoppedAt(session, 'snapshot');
      expect(snapshotsOf(simulator)).to.have.lengthOf(1);
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(before);
      await stoppedAt(session, 'lock');
      appliance(simulator).powerOff();
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(appliance(simulator).powerState).to.equal('poweredOff');
    });
  });

  it('says of the appliance what it is at the end', async () => {
    await withVch({vms: []}, async (session) => {
      await upgrade(session);
      const back = await rollback(session);
      expect(back.vms[0]).to.include({powerState: 'poweredOn', dataVersion: 0});
    });
  });
});

describe('a rollback record that cannot be read', () => {
  it('keeps no dead lock in its place', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      appliance(simulator).change({[RECORD]: '{"schema":2}'});
      expect((await rejection(resume(session))).code).to.equal('VCH_ERR_LEDGER_INVALID');
      const {upgrade: ended, findings} = await unlock(session);
      expect(ended.result).to.equal('unlocked');
      expect(findings.map(({code}) => code)).to.include('record-unreadable');
      expect(applianceKeys(simulator)).to.include({[FLAG]: 'false', [RECORD]: '{"schema":2}'});
      expect(applianceKeys(simulator)).not.to.have.property(LOCK);
    });
  });
});

describe('an appliance with more registries than a ledger has room for', () => {
  it('is upgraded, and back as it was after a rollback', async () => {
    const list = 'guestinfo.vice./registry/insecure_registries';
    const registries = Object.fromEntries(
      Array.from({length: 40}, (_, n) => [
        [`${list}|${n}/Host`, '<nil>'],
        [`${list}|${n}/Path`, `registry-${n}.example:5000/team`],
      ]).flat(),
    );
    await withVch(
      {vms: [], appliance: {extraConfig: {[list]: '39', ...registries}}},
      async (session, simulator) => {
        const before = configs(simulator);
        expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
        expect(applianceKeys(simulator)[`${list}~`]?.split('|')).to.have.lengthOf(40);
        expect(applianceKeys(simulator)['vch-migrate/ledger']?.length).to.be.at.most(4096);
        expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
        expect(configs(simulator)).to.deep.equal(before);
      },
    );
  });
});
