import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {
  APPLIANCE,
  applianceKeys,
  configs,
  DATA_VERSION,
  rollback,
  upgrade,
  withVch,
} from './small-upgrade.js';

describe('the power of a VCH through an upgrade', () => {
  it('is off afterwards where it was off before, also after a rollback, and the report says that nothing was seen', async () => {
    await withVch({appliance: {powerState: 'poweredOff'}}, async (session, simulator) => {
      const before = configs(simulator);
      const outcome = await upgrade(session);
      expect(outcome.upgrade.result).to.equal('upgraded');
      expect(outcome.findings.map(({code}) => code)).to.include('left-off');
      expect(applianceKeys(simulator)[DATA_VERSION]).to.equal('10');
      const back = await rollback(session);
      expect(back.upgrade.result).to.equal('rolled-back');
      expect(back.findings.map(({code}) => code)).not.to.include('left-off');
      expect(configs(simulator)).to.deep.equal(before);
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOff');
      expect(powerCalls(simulator)).to.deep.equal([]);
    });
  });

  it('is off again after a rollback, which says so, where it was off before and has been switched on since', async () => {
    await withVch({vms: [], appliance: {powerState: 'poweredOff'}}, async (session, simulator) => {
      await upgrade(session);
      simulator.inventory.vm(APPLIANCE).powerOn();
      simulator.inventory.vm(APPLIANCE).startGuest();
      const back = await rollback(session);
      expect(back.upgrade.result).to.equal('rolled-back');
      expect(back.findings.map(({code}) => code)).to.include('left-off');
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOff');
    });
  });

  it('is missing after a rollback that may not give it back, which needs a person and says why', async () => {
    await withVch({vms: []}, async (session, simulator) => {
      await upgrade(session);
      simulator.addFault({method: 'PowerOnVM_Task', do: {fault: 'NoPermission'}});
      const {upgrade: ended} = await rollback(session);
      expect(ended.result).to.equal('needs-person');
      expect(ended.error).to.include({code: 'VCH_ERR_ROLLBACK_FAILED', fault: 'NoPermission'});
      expect(ended.error?.message).to.match(/^the rollback failed: /);
    });
  });

  it('is asked of the guest, and then given back', async () => {
    await withVch({}, async (session, simulator) => {
      await upgrade(session);
      expect(powerCalls(simulator)).to.deep.equal([
        `ShutdownGuest ${APPLIANCE}`,
        `PowerOnVM_Task ${APPLIANCE}`,
      ]);
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
    });
  });

  it('is taken from a guest that ignores its shutdown, after the grace', async () => {
    await withVch({appliance: {guest: {ignoresShutdown: true}}}, async (session, simulator) => {
      expect((await upgrade(session, {shutdownGrace: 50})).upgrade.result).to.equal('upgraded');
      expect(powerCalls(simulator)).to.deep.equal([
        `ShutdownGuest ${APPLIANCE}`,
        `PowerOffVM_Task ${APPLIANCE}`,
        `PowerOnVM_Task ${APPLIANCE}`,
      ]);
    });
  });

  it('is taken at once where there are no tools to ask', async () => {
    await withVch({}, async (session, simulator) => {
      simulator.addFault({method: 'ShutdownGuest', do: {fault: 'ToolsUnavailable'}});
      expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
      expect(powerCalls(simulator)).to.include(`PowerOffVM_Task ${APPLIANCE}`);
    });
  });

  it('comes back with the old version when a service does not start, which is named with its reason', async () => {
    await withVch({appliance: {guest: {fails: 'port-layer'}}}, async (session, simulator) => {
      const before = configs(simulator);
      simulator.addFault({
        method: 'PowerOnVM_Task',
        nth: 2,
        before: () => simulator.inventory.vm(APPLIANCE).setGuest({}),
      });
      const outcome = await upgrade(session, {timeout: 500});
      expect(outcome.upgrade.result).to.equal('as-before');
      expect(outcome.upgrade.error?.code).to.equal('VCH_ERR_TIMEOUT');
      expect(outcome.upgrade.error?.message)
        .to.match(/^Upgrading VCH exceeded time limit of 0\.5s\./)
        .and.to.contain('port-layer (port-layer exited: exec format error)');
      expect(applianceKeys(simulator)).to.deep.equal(before[APPLIANCE]);
      expect(outcome.findings.map(({code}) => code)).to.include('containers-keep-keys');
      expect(simulator.inventory.vm(APPLIANCE).powerState).to.equal('poweredOn');
    });
  });

  it('of containerVMs never changes, nor has any of them a snapshot', async () => {
    await withVch({}, async (session, simulator) => {
      const states = () => simulator.inventory.vms().map(({id, powerState}) => [id, powerState]);
      const before = states();
      await upgrade(session);
      expect(states()).to.deep.equal(before);
      await rollback(session);
      expect(states()).to.deep.equal(before);
      const others = simulator.requests.list.filter(
        ({method, object}) =>
          /Power|Shutdown|Reboot|Reset|Standby|Suspend|Snapshot/.test(method) &&
          object !== APPLIANCE &&
          !object.startsWith('snapshot-'),
      );
      expect(others).to.deep.equal([]);
      for (const vm of simulator.inventory.vms()) expect(vm.snapshots, vm.name).to.deep.equal([]);
    });
  });
});

function powerCalls(simulator: Simulator): readonly string[] {
  return simulator.requests.list
    .filter(({method}) => /Power|Shutdown|Reboot|Reset|Standby|Suspend/.test(method))
    .map(({method, object}) => `${method} ${object}`);
}
