import {expect} from 'chai';
import type {FaultAction} from '../../src/simulator/simulator.js';
import {sizeOf} from '../depth.js';
import {withSession} from '../small-vch.js';
import {APPLIANCE, stateOf, UPGRADED, upgradable, upgrade, WITH_ALL_TO_CHANGE} from './small-upgrade.js';

const CONTAINERS = sizeOf('containerVMs of an upgrade with faults at random', {
  sample: 200,
  ci: 500,
  exhaustive: 1000,
});
/** Some ten calls of each upgrade. */
const RATE = 10 / CONTAINERS;
const KINDS: readonly FaultAction[] = ['drop-before', 'drop-after', 'http-500', 'http-503'];

describe(`an upgrade of ${CONTAINERS} containerVMs of which some ten calls fail`, function () {
  this.timeout(180_000);

  it('loses nothing, and writes nothing twice', async () => {
    const names = Array.from({length: CONTAINERS}, (_, n) => ({name: `c${n}`}));
    const fixture = upgradable({vms: names, appliance: WITH_ALL_TO_CHANGE});
    await withSession({fixture, taskDuration: [0, 1]}, async (session, simulator) => {
      const counts = KINDS.map((action, seed) =>
        simulator.addFault({method: '*', rate: RATE / KINDS.length, seed: seed + 1, do: action}),
      );
      const {upgrade: ended, vms} = await upgrade(session, {timeout: 60_000});
      const met = counts.reduce((sum, {fired}) => sum + fired, 0);
      simulator.clearFaults();

      expect(met).to.be.above(5);
      expect(ended.result, ended.error?.message).to.equal('upgraded');
      expect(vms.filter(({status}) => status !== 'changed')).to.deep.equal([]);
      const state = stateOf(simulator);
      for (const [key, value] of Object.entries(UPGRADED))
        expect(state[APPLIANCE]?.extraConfig[key] ?? null, key).to.equal(value);
      expect(state[APPLIANCE]?.snapshots).to.have.length(1);
      for (const vm of simulator.inventory.vms().filter(({id}) => id !== APPLIANCE)) {
        expect(vm.reconfigurations, vm.id).to.equal(1);
        expect(vm.extraConfig(), vm.id).to.include({
          'common/name': vm.name,
          'common/rename-disabled': 'true',
        });
      }
    });
  });
});
