import {expect} from 'chai';
import {commonExit} from '../../src/cli/exit.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {UpgradeOutcome} from '../../src/vch-upgrade/outcome.js';
import {type Started, startProcess, variablesFor} from '../on-simulator.js';
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
  upgrade,
  withVch,
} from './small-upgrade.js';

/** Where the first signal comes, in which phase the upgrade then stands, and what it has done by then. */
const STOPS = [
  ['lock', 'locked', {snapshots: 0}],
  ['commit', 'containers', {snapshots: 0}],
  ['snapshot', 'snapshot', {snapshots: 1}],
  ['power-off', 'power-on', {snapshots: 1}],
  ['ready', 'ready', {snapshots: 1}],
] as const;

describe('an upgrade that is stopped by a first signal', function () {
  this.timeout(60_000);

  for (const [step, phase, {snapshots}] of STOPS) {
    for (const goOn of ['resume', 'rollback'] as const) {
      it(`at the step ${step} stops in the phase ${phase}, the VCH up, and is ended by ${goOn}`, async () => {
        await withVch({settings: step === 'ready' ? {bootTime: 300} : {}}, async (session, simulator) => {
          const before = configs(simulator);
          const stop = new AbortController();
          const outcome = await upgrade(session, {...at(step, () => stop.abort()), signal: stop.signal});

          expectStopped(outcome, phase);
          expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
          expect(outcome.findings.map(({code}) => code)).not.to.include('vch-down');
          expect(snapshotsOf(simulator)).to.have.lengthOf(snapshots);
          expect(applianceKeys(simulator)[FLAG]).to.equal('true');
          expect(JSON.parse(applianceKeys(simulator)[LOCK] ?? '')).to.include({stopped: true, phase});
          expect(JSON.parse(applianceKeys(simulator)[RECORD] ?? '')).to.include({phase});

          if (goOn === 'resume') {
            const {upgrade: resumed} = await resume(session);
            expect(resumed).to.include({result: 'upgraded', run: outcome.upgrade.run});
            expect(applianceKeys(simulator)).to.include({[DATA_VERSION]: '10', [FLAG]: 'false'});
            expect(applianceKeys(simulator)).not.to.have.property(LOCK);
            expect(snapshotsOf(simulator)).to.have.lengthOf(1);
          } else {
            expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
            expect(configs(simulator)).to.deep.equal(before);
            expect(snapshotsOf(simulator)).to.deep.equal([]);
          }
        });
      });
    }
  }

  it('says that a VCH which another user powered off in the meantime is off', async () => {
    await withVch({settings: {bootTime: 300}}, async (session, simulator) => {
      const stop = new AbortController();
      const outcome = await upgrade(session, {
        ...at('ready', () => {
          simulator.inventory.vm(APPLIANCE).powerOff();
          stop.abort();
        }),
        signal: stop.signal,
      });
      expect(outcome.upgrade.result).to.equal('resumable');
      const down = outcome.findings.find(({code}) => code === 'vch-down');
      expect(down?.message).to.include('is poweredOff');
    });
  });

  it('before it has the lock writes nothing', async () => {
    await withVch({}, async (session, simulator) => {
      const stop = new AbortController();
      const outcome = await upgrade(session, {
        signal: stop.signal,
        confirm: async () => {
          stop.abort();
          return true;
        },
      });
      expect(outcome).to.include({interrupted: true});
      expect(outcome.upgrade.result).to.equal('not-started');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('after its last safe point ends upgraded', async () => {
    await withVch({}, async (session, simulator) => {
      const stop = new AbortController();
      const outcome = await upgrade(session, {
        ...at('verify-appliance', () => stop.abort()),
        signal: stop.signal,
      });
      expect(outcome.upgrade.result).to.equal('upgraded');
      expect(applianceKeys(simulator)).not.to.have.property(LOCK);
    });
  });
});

describe('a rollback that is stopped by a first signal', () => {
  it('has put the appliance back, and goes on when it is run again', async () => {
    await withVch({}, async (session, simulator) => {
      const before = configs(simulator);
      await upgrade(session);
      const stop = new AbortController();
      const outcome = await rollback(session, {...at('revert', () => stop.abort()), signal: stop.signal});
      expect(outcome).to.include({interrupted: true});
      expect(outcome.upgrade.error?.message).to.contain('Continue with vch-migrate rollback');
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
      expect(applianceKeys(simulator)[DATA_VERSION]).to.equal('0');
      expect(JSON.parse(applianceKeys(simulator)[RECORD] ?? '')).to.include({phase: 'rollback-containers'});
      simulator.requests.reset();
      expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
      expect(configs(simulator)).to.deep.equal(before);
      expect(simulator.requests.counts).not.to.have.any.keys('RevertToSnapshot_Task', 'ShutdownGuest');
    });
  });
});

describe('an upgrade as a process that gets signals', function () {
  this.timeout(60_000);

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGHUP', 129],
  ] as const) {
    it(`finishes what is in flight on ${signal}, says how to go on, and exits ${exitCode}`, async () => {
      await withVch({settings: {shutdownTime: 0}}, async (session, simulator) => {
        const {child, ended} = start(simulator);
        simulator.addFault({method: 'PowerOnVM_Task', before: () => void child.kill(signal)});
        const {code, stdout} = await ended;
        expect(code).to.equal(exitCode);
        expect(stdout.replaceAll(/\s+/g, ' ')).to.match(
          /Continue the upgrade vch-migrate resume .* Or take it back vch-migrate rollback/,
        );
        expect(simulator.sessions).to.equal(1);
        expect((await resume(session)).upgrade.result).to.equal('upgraded');
      });
    });
  }

  it('exits at once on the second one, and is gone on with as soon as its process is gone', async () => {
    await withVch({settings: {shutdownTime: 0}}, async (session, simulator) => {
      const {child, ended} = start(simulator);
      child.stderr?.on('data', (chunk) => {
        if (String(chunk).includes('second signal')) child.kill('SIGINT');
      });
      simulator.addFault({
        method: 'CreateSnapshot_Task',
        times: 1,
        do: 'hang',
        before: () => void child.kill('SIGINT'),
      });
      expect((await ended).code).to.equal(130);
      expect(JSON.parse(applianceKeys(simulator)[LOCK] ?? '')).to.include({stopped: false, pid: child.pid});
      expect((await resume(session)).upgrade.result).to.equal('upgraded');
    });
  });
});

function expectStopped(outcome: UpgradeOutcome, phase: string): void {
  expect(outcome.upgrade).to.include({result: 'resumable', phase});
  expect(outcome.upgrade.error?.code).to.equal('VCH_ERR_INTERRUPTED');
  expect(outcome.interrupted).to.equal(true);
  expect(commonExit({interrupted: outcome.interrupted}, false, 'SIGINT')).to.equal(130);
}

function start(simulator: Simulator): Started {
  return startProcess(['upgrade', '--data-only', '--name', 'vch1', '--yes'], variablesFor(simulator));
}
