import {expect} from 'chai';
import type {AnyOutcome} from '../../src/containers/outcome.js';
import {
  APPLIANCE,
  applianceKeys,
  at,
  LOCK,
  RECORD,
  rollback,
  stoppedAt,
  unlock,
  upgrade,
  withVch,
} from './small-upgrade.js';

const WEB = [{name: 'web'}];

const statuses = ({vms}: AnyOutcome) => vms.map(({status}) => status);
const codes = ({findings}: AnyOutcome) => findings.map(({code}) => code);

describe('what an upgrade says it has come to', () => {
  it('shows the plan to whoever confirms it, with nothing attempted if the answer is no', async () => {
    await withVch({vms: WEB}, async (session) => {
      let asked: AnyOutcome | undefined;
      const outcome = await upgrade(session, {
        confirm: async (planned) => {
          asked = planned;
          return false;
        },
      });
      expect(asked && statuses(asked)).to.deep.equal(['pending', 'pending']);
      expect(asked?.vms[0]?.changes).not.to.deep.equal([]);
      expect(asked?.vms[0]?.applied).not.to.deep.equal([]);
      expect(statuses(outcome)).to.deep.equal(['not-attempted', 'not-attempted']);
    });
  });

  it('lists what was written to the appliance only where the upgrade got through', async () => {
    await withVch({vms: WEB}, async (session) => {
      const [appliance] = (await upgrade(session)).vms;
      expect(appliance).to.include({kind: 'appliance', status: 'changed'});
      expect(appliance?.applied).not.to.deep.equal([]);
      expect(appliance?.changes).not.to.deep.equal([]);
    });
    await withVch({vms: WEB, appliance: {guest: {fails: 'port-layer'}}}, async (session) => {
      const outcome = await upgrade(session, {timeout: 200});
      expect(outcome.upgrade.result).to.equal('as-before');
      expect(outcome.vms[0]).to.deep.include({status: 'failed', applied: [], changes: []});
      const kept = outcome.findings.find(({code}) => code === 'containers-keep-keys');
      expect(kept?.message).to.match(/^1 containerVM keeps the hidden keys/);
    });
  });

  it('says nothing of kept keys where no containerVM was changed', async () => {
    await withVch({vms: [], appliance: {guest: {fails: 'port-layer'}}}, async (session) => {
      const outcome = await upgrade(session, {timeout: 200});
      expect(outcome.upgrade.result).to.equal('as-before');
      expect(codes(outcome)).not.to.include('containers-keep-keys');
    });
  });

  it('attempts no containerVM after a stop under the lock', async () => {
    await withVch({vms: WEB}, async (session) => {
      const stop = new AbortController();
      const outcome = await upgrade(session, {...at('lock', () => stop.abort()), signal: stop.signal});
      expect(statuses(outcome)).to.deep.equal(['failed', 'not-attempted']);
    });
  });

  it('claims nothing of an appliance that can no longer be read', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      const {
        vch,
        vms,
        upgrade: ended,
      } = await upgrade(session, {
        ...at('unlock', () => {
          simulator.addFault({method: 'RetrievePropertiesEx', do: {fault: 'NoPermission'}});
        }),
      });
      simulator.clearFaults();
      expect(vch).to.include({powerState: null, version: null, build: null, dataVersion: null});
      expect(vch.lock).to.include({held: true, lockId: ended.lockId, state: 'unknown'});
      expect(vms[0]).to.include({powerState: null, dataVersion: null});
    });
  });
});

describe('an unlock', () => {
  it('tells of the upgrade that it leaves unfinished', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      const {run} = JSON.parse(applianceKeys(simulator)[RECORD] ?? '');
      const unfinished = await unlock(session);
      expect(unfinished.upgrade.result).to.equal('unlocked');
      expect(applianceKeys(simulator)).not.to.have.property(LOCK);
      const [finding] = unfinished.findings.filter(({code}) => code === 'upgrade-unfinished');
      expect(finding?.message).to.include(run).and.to.include('in the phase snapshot');
      expect(codes(unfinished)).not.to.include('record-unreadable');
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
    });
  });

  it('tells of none that has ended', async () => {
    await withVch({vms: WEB}, async (session, simulator) => {
      await stoppedAt(session, 'snapshot');
      const lock = applianceKeys(simulator)[LOCK] ?? null;
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      await upgrade(session);
      simulator.inventory.vm(APPLIANCE).change({[LOCK]: lock});
      const ended = await unlock(session);
      expect(ended.upgrade.result).to.equal('unlocked');
      expect(codes(ended)).not.to.include('upgrade-unfinished');
    });
  });
});
