import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {onSimulator, reportOf} from '../on-simulator.js';
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
  unlock,
  upgrade,
  withVch,
} from './small-upgrade.js';

const FLAGGED = {appliance: {extraConfig: {[FLAG]: 'true'}}};

// VIC's group 11-03. Its `inspect` is our `status`.
describe('an upgrade while UpdateInProgress is set by somebody else', () => {
  it('exits 4 with nothing written, and names the way out and its risk, in every place that refuses', async () => {
    await withVch(FLAGGED, async (_session, simulator) => {
      const before = configs(simulator);
      for (const [refused, ...args] of [
        [4, 'upgrade', '--data-only'],
        [4, 'rollback'],
        [4, 'resume'],
        [4, 'upgrade', '--data-only', '--dry-run'],
        [4, 'apply'],
        [4, 'undo'],
        [4, 'rename', 'job', 'task'],
        [4, 'unlock'],
        [1, 'check'],
        [0, 'status'],
      ] as const) {
        const {code, stdout, stderr} = await textOf(simulator, ...args);
        expect(code, args.join(' ')).to.equal(refused);
        expect((refused === 4 ? stderr : stdout).replace(/\s+/g, ' '), args.join(' '))
          .to.contain(`UpdateInProgress is set on vch1 (${APPLIANCE})`)
          .and.to.contain(`govc vm.change -vm VirtualMachine:${APPLIANCE} -e UpdateInProgress=false`)
          .and.to.contain('The risk:');
      }
      expect(configs(simulator)).to.deep.equal(before);
      expect(writesOf(simulator)).to.deep.equal([]);
    });
  });

  it('is refused as such, and is no failed check, where the flag comes after the first look', async () => {
    await withVch({vms: [{name: 'web'}]}, async (session, simulator) => {
      const flag = at('plan', () => simulator.inventory.vm(APPLIANCE).change({[FLAG]: 'true'}));
      expect((await rejection(upgrade(session, flag))).code).to.equal('VCH_ERR_LOCKED');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it('leaves the flag alone when asked to reset the progress: whether its owner lives cannot be known', async () => {
    await withVch(FLAGGED, async (_session, simulator) => {
      for (const args of [['upgrade', '--reset-progress'], ['unlock']]) {
        const {code, stderr} = await textOf(simulator, ...args);
        expect(code, args.join(' ')).to.equal(4);
        expect(stderr).to.contain('UpdateInProgress');
      }
      expect(applianceKeys(simulator)[FLAG]).to.equal('true');
      expect(writesOf(simulator)).to.deep.equal([]);
    });
  });

  it("takes any value of Go's for true, and what is no such value for set as well", async () => {
    for (const value of ['1', 't', 'T', 'TRUE', 'True', 'yes please']) {
      await withVch({vms: [], appliance: {extraConfig: {[FLAG]: value}}}, async (session) => {
        expect((await rejection(upgrade(session))).code, value).to.equal('VCH_ERR_LOCKED');
      });
    }
  });

  it('goes on where the flag says no in any of the ways it can, and gives it back as it was', async () => {
    for (const value of ['F', '<nil>']) {
      await withVch({vms: [], appliance: {extraConfig: {[FLAG]: value}}}, async (session, simulator) => {
        expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
        expect(applianceKeys(simulator)[FLAG]).to.equal('false');
        await rollback(session);
        expect(applianceKeys(simulator)[FLAG]).to.equal(value);
      });
    }
  });
});

describe('an upgrade as others see it', () => {
  it('shows as in progress with owner, phase and since; afterwards the flag is false', async () => {
    await withVch({}, async (session, simulator) => {
      let seen: ReturnType<typeof reportOf> | undefined;
      let text: ReturnType<typeof textOf> | undefined;
      const began = Date.now();
      const outcome = await upgrade(session, {
        ...at('ready', () => {
          seen = reportOf(simulator, 'status');
          text = textOf(simulator, 'status');
        }),
        // The services start when status has been answered.
        probeDocker: async () => {
          await Promise.all([seen, text]);
          return {status: 'running'};
        },
      });
      expect(outcome.upgrade.result).to.equal('upgraded');
      const lock = (await seen)?.report.vch.lock;
      if (lock?.held !== true) throw new Error('status shows no lock');
      expect(lock).to.include({by: 'vch-migrate', phase: 'ready', lockId: outcome.upgrade.lockId});
      expect(lock.owner).to.match(/^.+@.+$/);
      expect(Date.parse(lock.since ?? '')).to.be.within(began, Date.now());
      expect((await text)?.stdout)
        .to.contain('in progress')
        .and.to.contain('phase ready')
        .and.to.contain(lock.owner);
      expect(applianceKeys(simulator))
        .to.include({[FLAG]: 'false'})
        .and.not.to.have.property(LOCK);
      const after = await textOf(simulator, 'status');
      expect(after.stdout).to.contain('No upgrade in progress on vch1');
    });
  });

  it('refuses apply, undo, rename and a second upgrade, each with exit 4', async () => {
    await withVch({}, async (session, simulator) => {
      let others: Promise<(string | number)[]> | undefined;
      const commands = [
        ['apply'],
        ['undo'],
        ['rename', 'job', 'task'],
        ['upgrade', '--data-only'],
        ['rollback'],
        ['resume'],
        ['unlock'],
      ];
      const outcome = await upgrade(session, {
        // Whoever asks from this very process is not told by its pid, and watches for the next sign of life.
        lease: 3,
        ...at('ready', () => {
          others = Promise.all(commands.map(async (args) => (await textOf(simulator, ...args)).code));
        }),
        probeDocker: async () => {
          await others;
          return {status: 'running'};
        },
      });
      expect(outcome.upgrade.result).to.equal('upgraded');
      expect(await others).to.deep.equal(commands.map(() => 4));
    });
  });

  it('lets nobody resume or unlock where nothing is in progress', async () => {
    await withVch({}, async (session, simulator) => {
      const before = configs(simulator);
      expect((await rejection(resume(session))).code).to.equal('VCH_ERR_CONFLICT');
      expect((await rejection(rollback(session))).code).to.equal('VCH_ERR_CONFLICT');
      expect((await unlock(session)).upgrade.result).to.equal('unchanged');
      expect(configs(simulator)).to.deep.equal(before);
    });
  });
});

function textOf(simulator: Simulator, ...args: string[]) {
  const yes = args[0] === 'status' || args.includes('--dry-run') ? [] : ['--yes'];
  return onSimulator(simulator, ...args, ...yes, '--id', APPLIANCE);
}

function writesOf(simulator: Simulator): string[] {
  return simulator.requests.list.map(({method}) => method).filter((method) => method === 'ReconfigVM_Task');
}
