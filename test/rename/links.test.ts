import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {ALIASES, container, displayNameOf, rename} from '../containers/containers.js';
import {containerIdOf, smallVch, withSession} from '../small-vch.js';

const WEB = 'vm-101';
const DB = 'vm-102';

function config(simulator: Simulator, id = WEB): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

describe('rename: links to a renamed container', () => {
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

  it('leaves the links of a marked VM alone, and those of one with data of a newer release', async () => {
    const fixture = smallVch([
      container('db'),
      container('marked', {aliases: 'db:database', extraConfig: {'common/rename-disabled': 'T'}}),
      container('newer', {aliases: 'db:database', dataVersion: '11'}),
    ]);
    await withSession({fixture}, async (session, simulator) => {
      const before = ['vm-102', 'vm-103'].map((id) => config(simulator, id));
      const {vms} = await rename(session, 'db', 'pg');
      expect(vms.map(({status, error}) => [status, error?.code])).to.deep.equal([
        ['changed', undefined],
        ['refused', 'VCH_ERR_RENAME_DISABLED'],
        ['refused', 'VCH_ERR_DATA_TOO_NEW'],
      ]);
      expect(vms[2]?.error?.message).to.include('`vch-migrate rename` again');
      expect(['vm-102', 'vm-103'].map((id) => config(simulator, id))).to.deep.equal(before);
      // Nothing can ever be done about them, so nothing is left to be done.
      expect(config(simulator, 'vm-100')).not.to.have.property('vch-migrate/rename');
    });
  });

  it('follows one of two containers of one name to nowhere: the links are the other one’s, too', async () => {
    const twin = containerIdOf('second');
    const fixture = smallVch([
      container('db'),
      {
        ...container('db', {extraConfig: {'guestinfo.vice./common/id': twin}}),
        name: `db-${twin.slice(0, 12)}`,
        more: {containerId: twin},
      },
      container('app', {aliases: ':app|db:database'}),
    ]);
    await withSession({fixture}, async (session, simulator) => {
      const {vms} = await rename(session, twin, 'pg');
      expect(vms.map(({id, status}) => [id, status])).to.deep.equal([['vm-102', 'changed']]);
      expect(vms[0]?.findings.map(({code}) => code)).to.include('links-of-another');
      expect(config(simulator, 'vm-103')[ALIASES]).to.equal(':app|db:database');
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
