import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {reportOf} from '../on-simulator.js';
import {rejection} from '../rejection.js';
import {
  APPLIANCE,
  applianceKeys,
  at,
  configs,
  FLAG,
  LOCK,
  resume,
  rollback,
  snapshotsOf,
  upgrade,
  withVch,
} from './small-upgrade.js';

/** What vic-machine does with its flag when its own upgrade or configure ends. */
function clearsFlag(simulator: Simulator): void {
  simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'false'});
}

// It reads the flag, sets it, and clears it in the end, in calls of their own and without looking at anything else. So one
// that has read just before us sets what is set already, and its end is the first that shows.
describe("vic-machine's own upgrade beside ours", () => {
  for (const [step, snapshots] of [
    ['lock', 0],
    ['commit', 0],
    ['snapshot', 0],
    ['ready', 1],
    ['verify-appliance', 1],
  ] as const) {
    it(`is noticed when it clears the flag at the step ${step}: stopped safely, resumable`, async () => {
      await withVch({}, async (session, simulator) => {
        const before = configs(simulator);
        const outcome = await upgrade(session, underLock(step, simulator));
        expect(outcome.upgrade.result).to.equal('resumable');
        expect(outcome.upgrade.error?.code).to.equal('VCH_ERR_LOCK_LOST');
        expect(outcome.upgrade.error?.message)
          .to.contain('UpdateInProgress')
          .and.to.contain('vic-machine')
          .and.to.contain('Stopped at a safe point');
        expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
        expect(snapshotsOf(simulator)).to.have.lengthOf(snapshots);
        // What vic-machine has written is not written over.
        expect(applianceKeys(simulator)[FLAG]).to.equal('false');
        // The next time that it is set it is vic-machine's: the record alone stays.
        expect(applianceKeys(simulator)).not.to.have.property(LOCK);
        expect(applianceKeys(simulator)).to.have.property('vch-migrate/upgrade');

        const back = await rollback(session);
        expect(back.upgrade.result).to.equal('rolled-back');
        // The flag as it was when the upgrade began.
        expect(configs(simulator)).to.deep.equal(before);
      });
    });
  }

  it('is noticed before the power is touched', async () => {
    await withVch({}, async (session, simulator) => {
      const outcome = await upgrade(session, underLock('power-off', simulator));
      expect(outcome.upgrade).to.include({result: 'resumable'});
      expect(outcome.upgrade.error?.code).to.equal('VCH_ERR_LOCK_LOST');
      expect(simulator.requests.counts).not.to.have.any.keys('ShutdownGuest', 'PowerOffVM_Task');
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
    });
  });

  it("stops its upgrade's resume while it is at work itself", async () => {
    await withVch({}, async (session, simulator) => {
      await upgrade(session, underLock('snapshot', simulator));
      simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'true'});
      const before = configs(simulator);
      for (const command of [resume, rollback])
        expect(await rejection(command(session))).to.include({code: 'VCH_ERR_LOCKED'});
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('stops with the VCH down, and asks for a person, when that is noticed once it is off', async () => {
    await withVch({}, async (session, simulator) => {
      const before = configs(simulator);
      const outcome = await upgrade(session, underLock('appliance', simulator));
      expect(outcome.upgrade.result).to.equal('needs-person');
      expect(outcome.upgrade.error?.code).to.equal('VCH_ERR_LOCK_LOST');
      expect(outcome.upgrade.card.join('\n'))
        .to.contain('govc snapshot.revert')
        .and.to.contain('govc vm.power -on');
      // It reverts nothing and powers nothing under somebody else's hands.
      expect(simulator.requests.counts).not.to.have.any.keys('RevertToSnapshot_Task', 'PowerOnVM_Task');
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOff');
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(before);
    });
  });

  it('is gone on after with resume', async () => {
    await withVch({}, async (session, simulator) => {
      const {upgrade: first} = await upgrade(session, underLock('ready', simulator));
      const {upgrade: second} = await resume(session);
      expect(second).to.include({result: 'upgraded', run: first.run, snapshot: first.snapshot});
      expect(applianceKeys(simulator))
        .to.include({[FLAG]: 'false'})
        .and.not.to.have.property(LOCK);
      expect(snapshotsOf(simulator)).to.have.lengthOf(1);
    });
  });

  it('is told to people by exit code, report and next command', async () => {
    await withVch({settings: {shutdownTime: 0}}, async (_session, simulator) => {
      simulator.addFault({method: 'CreateSnapshot_Task', before: () => clearsFlag(simulator)});
      const {code, report, stderr} = await reportOf(simulator, 'upgrade', '--data-only', '--yes');
      expect(code).to.equal(1);
      expect(report.upgrade?.error).to.include({code: 'VCH_ERR_LOCK_LOST'});
      expect(report.next).to.contain('resume').and.to.contain('rollback');
      expect(stderr).not.to.contain('VCH_ERR_INTERNAL');
    });
  });
});

/** Clears the flag as soon as the upgrade under its lock has come to that step. */
function underLock(step: string, simulator: Simulator) {
  if (step === 'lock') {
    // Right after the write that takes the lock.
    const rule = {method: 'LogUserEvent', nth: 1, before: () => clearsFlag(simulator)};
    simulator.addFault(rule);
    return {};
  }
  let locked = false;
  const then = at(step, () => clearsFlag(simulator));
  return {
    onProgress: (event: Parameters<typeof then.onProgress>[0]) => {
      if (event.type === 'phase' && event.phase === 'lock') locked = true;
      if (locked) then.onProgress(event);
    },
  };
}
