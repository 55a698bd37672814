import {expect} from 'chai';
import {renameContainer} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {ALIASES, APPLIANCE, CLAIM, container, dockerCreate, rename, vch} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {containerIdOf, smallVch, withSession} from '../small-vch.js';

const WEB = 'vm-101';
const APP = 'vm-102';
const fixture = smallVch([container('web'), container('app', {aliases: ':app|web:w'})]);

function config(simulator: Simulator, id: string): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

/** Lets so many readings fail after the one that shows that the container's rename has been carried out. */
function failReadings(simulator: Simulator, times: number, meanwhile: () => void = () => undefined): void {
  let armed = false;
  simulator.addFault({
    method: 'RetrievePropertiesEx',
    before: () => {
      if (armed || config(simulator, WEB)['common/name'] !== 'shop') return;
      armed = true;
      meanwhile();
      // Its first call is the one that is under way.
      for (let nth = 2; nth < 2 + times; nth += 1)
        simulator.addFault({method: 'RetrievePropertiesEx', nth, do: {fault: 'InvalidRequest'}});
    },
  });
}

describe('rename: the second look after a rename', () => {
  it('settles what the read-back could not, and the links follow', async () => {
    await withSession({fixture}, async (session, simulator) => {
      failReadings(simulator, 1);
      const {vms} = await rename(session, 'web', 'shop');
      expect(vms.map(({status, error}) => [status, error])).to.deep.equal([
        ['changed', null],
        ['changed', null],
      ]);
      expect(vms[0]?.changes.map(({key}) => key)).to.include('common/name');
      expect(config(simulator, APP)[ALIASES]).to.equal(':app|shop:w');
      expect(config(simulator, APPLIANCE)).not.to.have.property(CLAIM);
    });
  });

  it('looks for a container that docker made meanwhile though the read-back failed', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const before = config(simulator, WEB);
      failReadings(simulator, 1, () => void dockerCreate(simulator, 'shop', 'new shop'));
      const error = await rejection(rename(session, 'web', 'shop'));
      expect(error.code).to.equal('VCH_ERR_CONFLICT');
      expect(error.message)
        .to.include(`already in use by container ${containerIdOf('new shop')}`)
        .and.include('this rename was undone');
      expect(config(simulator, WEB)).to.deep.equal(before);
      expect(config(simulator, APP)[ALIASES]).to.equal(':app|web:w');
      expect(config(simulator, APPLIANCE)).not.to.have.property(CLAIM);
    });
  });

  it('touches no link where it fails, too, says so, and the same order settles it', async () => {
    await withSession({fixture}, async (session, simulator) => {
      failReadings(simulator, 2);
      const {vms} = await rename(session, 'web', 'shop');
      expect(vms.map(({status, error}) => [status, error?.code])).to.deep.equal([
        ['unknown', 'VCH_ERR_OUTCOME_UNKNOWN'],
        ['not-attempted', 'VCH_ERR_OUTCOME_UNKNOWN'],
      ]);
      expect(vms[0]?.findings.map(({code}) => code)).to.include('not-checked-again');
      expect(vms[1]?.findings.map(({code}) => code)).to.deep.equal(['link-kept']);
      expect(config(simulator, APP)[ALIASES]).to.equal(':app|web:w');
      const again = await rename(session, 'web', 'shop');
      expect(again.vms.map(({status}) => status)).to.deep.equal(['unchanged', 'changed']);
      expect(config(simulator, APP)[ALIASES]).to.equal(':app|shop:w');
      expect(config(simulator, APPLIANCE)).not.to.have.property(CLAIM);
    });
  });

  it('lets the links follow a name that is kept though something else of the write is not', async () => {
    await withSession({fixture}, async (session, simulator) => {
      const onProgress = () => undefined;
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {delay: 0},
        before: () =>
          simulator.addFault({
            method: 'RetrievePropertiesEx',
            times: 1,
            before: () => simulator.inventory.vm(WEB).rename('by hand'),
          }),
      });
      const {vms} = await renameContainer(session, {vch, container: 'web', newName: 'shop', onProgress});
      expect(vms.map(({status, error}) => [status, error?.code])).to.deep.equal([
        ['failed', 'VCH_ERR_VERIFY'],
        ['changed', undefined],
      ]);
      expect(config(simulator, APP)[ALIASES]).to.equal(':app|shop:w');
    });
  });
});
