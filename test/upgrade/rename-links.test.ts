import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {smallVch, withSession} from '../small-vch.js';
import {ALIASES, container, displayNameOf, rename} from './containers.js';

const WEB = 'vm-101';
const DB = 'vm-102';

function config(simulator: Simulator, id = WEB): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

describe('upgrade: links to a renamed container', () => {
  it('updates the links of others where their VM supports it, and lists those where it does not', async () => {
    const linked = ':app|db:database|db:db|mq:db';
    const fixture = smallVch([
      container('web', {aliases: ':web|db:database'}),
      container('db', {aliases: ':db|web:front'}),
      container('app', {aliases: linked}),
      container('old', {aliases: ':old|db:database', dataVersion: '3'}),
      container('lone', {aliases: ':lone|:db'}),
      container('away', {aliases: 'db:database', more: {connectionState: 'disconnected'}}),
    ]);
    await withSession({fixture}, async (session, simulator) => {
      const old = config(simulator, 'vm-104');
      const {vms} = await rename(session, 'db', 'pg');
      expect(Object.fromEntries(vms.map((vm) => [vm.containerName, vm.status]))).to.deep.equal({
        pg: 'changed',
        web: 'changed',
        app: 'changed',
        old: 'refused',
        away: 'unreachable',
      });
      expect(config(simulator, DB)[ALIASES]).to.equal(':pg|web:front');
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|pg:database');
      expect(config(simulator, 'vm-103')[ALIASES]).to.equal(':app|pg:database|pg:db|mq:db');
      expect(config(simulator, 'vm-104')).to.deep.equal(old);
      expect(config(simulator, 'vm-105')[ALIASES]).to.equal(':lone|:db');
      expect(simulator.inventory.vm(WEB).name).to.equal(displayNameOf('web'));
      const refused = vms.find(({containerName}) => containerName === 'old');
      expect(refused?.error?.code).to.equal('VCH_ERR_RENAME_DISABLED');
      expect(refused?.findings[0]?.message)
        .to.include('links to db as database')
        .and.include('keeps the old name');
    });
  });

  it('writes each link under the guard of its own reading', async () => {
    const fixture = smallVch([container('web', {aliases: ':web|db:database'}), container('db')]);
    await withSession({fixture}, async (session, simulator) => {
      simulator.addFault({
        method: 'ReconfigVM_Task',
        object: WEB,
        nth: 1,
        do: {delay: 0},
        before: () => simulator.inventory.vm(WEB).change({[ALIASES]: ':web|db:database|:added'}),
      });
      const {vms} = await rename(session, 'db', 'pg');
      expect(vms.map(({status}) => status)).to.deep.equal(['changed', 'changed']);
      expect(config(simulator, WEB)[ALIASES]).to.equal(':web|pg:database|:added');
    });
  });
});
