import {expect} from 'chai';
import {rejection} from '../rejection.js';
import {APPLIANCE, at, resume, rollback, upgrade, withVch} from './small-upgrade.js';

const RUN = {runId: 'run-1', changeId: 'CHG-4711', user: 'ops@vsphere.local'};

describe("the appliance's events", () => {
  it('tell begin and end of an upgrade and of its rollback, with user, run, change and outcome', async () => {
    await withVch({}, async (session, simulator) => {
      await upgrade(session, RUN);
      await rollback(session, {runId: 'run-2', user: RUN.user});
      expect(simulator.events.map(({message}) => message)).to.deep.equal([
        'vch-migrate: upgrade begins; run run-1, change CHG-4711, by ops@vsphere.local',
        'vch-migrate: upgrade ends: upgraded; run run-1, change CHG-4711, by ops@vsphere.local',
        'vch-migrate: rollback begins; run run-1, change CHG-4711, by ops@vsphere.local',
        'vch-migrate: rollback ends: rolled back; run run-1, change CHG-4711, by ops@vsphere.local',
      ]);
      expect(new Set(simulator.events.map(({entity}) => entity.id))).to.deep.equal(new Set([APPLIANCE]));
    });
  });

  it('tell why an upgrade was taken back', async () => {
    await withVch({appliance: {guest: {fails: 'port-layer'}}}, async (session, simulator) => {
      await upgrade(session, {...RUN, timeout: 100});
      expect(simulator.events.at(-1)?.message).to.equal(
        'vch-migrate: upgrade ends: as-before, VCH_ERR_TIMEOUT; run run-1, change CHG-4711, by ops@vsphere.local',
      );
    });
  });

  it('tell where it was stopped, and that it went on', async () => {
    await withVch({}, async (session, simulator) => {
      const stop = new AbortController();
      await upgrade(session, {...RUN, ...at('snapshot', () => stop.abort()), signal: stop.signal});
      expect(simulator.events.at(-1)?.message).to.contain('ends: resumable, VCH_ERR_INTERRUPTED; run run-1');
      await resume(session, {user: 'other@vsphere.local'});
      expect(simulator.events.at(-1)?.message).to.contain(
        'upgraded; run run-1, change CHG-4711, by other@vsphere.local',
      );
    });
  });

  it('are missed with a finding by who may not log events, and by nothing else', async () => {
    for (const fault of ['NoPermission', 'NotSupported']) {
      await withVch({vms: []}, async (session, simulator) => {
        simulator.addFault({method: 'LogUserEvent', do: {fault}});
        const {upgrade: ended, findings} = await upgrade(session);
        expect(ended.result).to.equal('upgraded');
        expect(findings.some(({code}) => code === 'event-not-logged')).to.equal(fault === 'NoPermission');
      });
    }
  });

  it('say nothing of an upgrade that never began', async () => {
    await withVch({appliance: {extraConfig: {UpdateInProgress: 'true'}}}, async (session, simulator) => {
      await rejection(upgrade(session));
      expect(simulator.events).to.deep.equal([]);
    });
  });
});
