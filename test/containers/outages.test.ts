import {expect} from 'chai';
import {applyMigration, type RunOutcome, type VmOutcome} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {type Outage, type OutageProxy, startOutageProxy} from '../outage-proxy.js';
import {loginTo, type SmallVm, smallVch, withSession, withSimulator} from '../small-vch.js';
import {vch} from './containers.js';

const MANY: readonly SmallVm[] = Array.from({length: 60}, (_, n) => ({name: `c${n}`}));

/** A VCH behind a proxy, and a session through it. */
async function behindProxy(
  use: (session: Session, proxy: OutageProxy, simulator: Simulator) => Promise<void>,
  {retryFor}: {readonly retryFor?: number} = {},
): Promise<void> {
  await withSimulator({fixture: smallVch(MANY)}, async (simulator, clock) => {
    await using proxy = await startOutageProxy(simulator, clock);
    const {server} = proxy;
    const tls = {thumbprint: server.thumbprint};
    const session = await connect({...loginTo(simulator), url: new URL(server.url), tls, clock, retryFor});
    try {
      await use(session, proxy, simulator);
    } finally {
      await session.close();
    }
  });
}

const statuses = (vms: readonly VmOutcome[]) =>
  Object.fromEntries(vms.map(({displayName, status}) => [displayName, status]));
const byStatus = ({vms}: RunOutcome, status: VmOutcome['status']) => vms.filter((vm) => vm.status === status);
const IN_THE_MIDDLE = {on: 'ReconfigVM_Task', nth: 20, when: 'before'} as const;

describe('containers: apply while vCenter is away', () => {
  for (const mode of ['503', 'refused', 'reset', 'hang', 'html'] as const) {
    it(`gets over 90 s of ${mode}, and starts nothing meanwhile`, async () => {
      await behindProxy(async (session, proxy, simulator) => {
        proxy.plan({...IN_THE_MIDDLE, mode, seconds: 90});
        const outcome = await applyMigration(session, {vch});
        expect(proxy.met).to.equal(true);
        expect(byStatus(outcome, 'changed')).to.have.length(MANY.length);
        for (const vm of simulator.inventory.vms().slice(1)) expect(vm.reconfigurations, vm.id).to.equal(1);
      });
    });
  }

  it('does not know of what was in flight when the connection broke, and has not attempted the rest', async () => {
    await behindProxy(async (session, proxy) => {
      proxy.plan({...IN_THE_MIDDLE, mode: 'reset', seconds: 900});
      const outcome = await applyMigration(session, {vch});
      expect(byStatus(outcome, 'unknown').length).to.be.within(1, 20 + 16);
      expect(byStatus(outcome, 'not-attempted').length).to.be.at.least(MANY.length - 20 - 16);
      expect(byStatus(outcome, 'failed')).to.deep.equal([]);
    });
  });

  it('has not attempted what a proxy says was never sent', async () => {
    await behindProxy(async (session, proxy, simulator) => {
      proxy.plan({on: 'ReconfigVM_Task', when: 'before', mode: '503', seconds: 900});
      const outcome = await applyMigration(session, {vch});
      expect(byStatus(outcome, 'not-attempted')).to.have.length(MANY.length);
      expect(outcome.vms[0]?.error?.message).to.match(/nothing was sent/);
      for (const vm of simulator.inventory.vms().slice(1)) expect(vm.reconfigurations, vm.id).to.equal(0);
    });
  });

  it('waits as long as it is told to', async () => {
    const outage: Outage = {...IN_THE_MIDDLE, mode: '503', seconds: 300};
    await behindProxy(
      async (session, proxy) => {
        proxy.plan(outage);
        expect(byStatus(await applyMigration(session, {vch}), 'changed')).to.have.length(MANY.length);
      },
      {retryFor: 400_000},
    );
  });

  it('says that vCenter is starting, and not to check the target', async () => {
    await behindProxy(async (session, proxy) => {
      for (const mode of ['503', 'html', 'refused'] as const) {
        proxy.plan({on: 'RetrievePropertiesEx', when: 'before', mode, seconds: 200});
        const message = await applyMigration(session, {vch}).catch((error: Error) => error.message);
        expect(message)
          .to.match(/starting/)
          .and.not.match(/--target/);
        await session.clock.sleep(200_000);
      }
    });
  });
});

describe('containers: a VM that answers leave out', () => {
  const two = smallVch([{name: 'web'}, {name: 'db'}]);

  it('is not taken for removed: once written it is unknown', async () => {
    await withSession({fixture: two}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: 'vm-101',
        before: () => {
          simulator.addFault({method: 'RetrievePropertiesEx', do: {leaveOut: 'vm-101'}});
        },
      });
      const {vms} = await applyMigration(session, {vch});
      expect(statuses(vms)).to.deep.equal({web: 'unknown', db: 'changed'});
      expect(vms.find(({id}) => id === 'vm-101')?.error?.message).to.match(/leaves it out/);
    });
  });

  it('is not taken for removed where the write failed and it is to be looked at', async () => {
    await withSession({fixture: two}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: 'vm-101',
        do: 'drop-after',
        before: () => {
          simulator.addFault({method: 'RetrievePropertiesEx', do: {leaveOut: 'vm-101'}});
        },
      });
      const {vms} = await applyMigration(session, {vch});
      expect(statuses(vms)).to.deep.equal({web: 'unknown', db: 'changed'});
    });
  });

  it('is read once more where one answer leaves it out', async () => {
    await withSession({fixture: two}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: 'vm-101',
        before: () => {
          simulator.addFault({method: 'RetrievePropertiesEx', times: 3, do: {leaveOut: 'vm-101'}});
        },
      });
      const {vms} = await applyMigration(session, {vch});
      expect(vms.map(({status}) => status)).to.not.include('skipped');
    });
  });
});
