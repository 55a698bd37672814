import {expect} from 'chai';
import {renameContainer} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {ALIASES, APPLIANCE, container, rename, vch} from '../containers/containers.js';
import {rejection} from '../rejection.js';
import {containerIdOf, smallVch, withSession} from '../small-vch.js';

const WEB = 'vm-101';

function config(simulator: Simulator, id = WEB): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

describe('rename: rename', () => {
  for (const [state, parts] of [
    ['a running', {}],
    ['a stopped', {powerState: 'poweredOff', extraConfig: {'guestinfo.vice..sessions|x.started': 'true'}}],
    ['a created', {powerState: 'poweredOff'}],
  ] as const) {
    it(`gives ${state} container its name in hidden name, own aliases and display name, and nowhere else`, async () => {
      const web = container('web', {...parts, aliases: ':web|:frontend|db:database'});
      await withSession({fixture: smallVch([web, container('db')])}, async (session, simulator) => {
        const vm = simulator.inventory.vm(WEB);
        const [before, path, power] = [config(simulator), vm.vmPathName, vm.powerState];
        const appliance = config(simulator, APPLIANCE);
        const {vms} = await rename(session, 'web', 'shop');
        expect(vms.map(({status, containerName}) => [status, containerName])).to.deep.equal([
          ['changed', 'shop'],
        ]);
        expect(config(simulator)).to.deep.equal({
          ...before,
          'common/name': 'shop',
          [ALIASES]: ':shop|:frontend|db:database',
        });
        expect(vm.name).to.equal(`shop-${containerIdOf('web').slice(0, 12)}`);
        expect([vm.vmPathName, vm.powerState, vm.reconfigurations]).to.deep.equal([path, power, 1]);
        expect(path).to.include(`/`).and.include(containerIdOf('web'));
        expect(config(simulator, APPLIANCE)).to.deep.equal(appliance);
      });
    });
  }

  it('keeps the new name over a power-off', async () => {
    await withSession({fixture: smallVch([container('web')])}, async (session, simulator) => {
      await rename(session, 'web', 'shop');
      const running = config(simulator);
      simulator.inventory.vm(WEB).powerOff();
      expect(config(simulator)).to.deep.equal(running);
    });
  });

  it('finds the container by name, by its full id and by the beginning of it', async () => {
    const id = containerIdOf('web');
    await withSession(
      {fixture: smallVch([container('web'), container('db')])},
      async (session, simulator) => {
        const names = ['shop', 'shop-2', 'shop-3'];
        for (const [index, word] of ['web', id, id.slice(0, 12)].entries()) {
          await rename(session, word, names[index] ?? '');
          expect(config(simulator)['common/name']).to.equal(names[index]);
        }
        expect(config(simulator)[ALIASES]).to.equal(':shop-3');
      },
    );
  });

  it('says that a running VCH shows the old name for a while, and what the display name was', async () => {
    await withSession({fixture: smallVch([container('web')])}, async (session, simulator) => {
      const [web] = (await rename(session, 'web', 'shop')).vms;
      expect(web?.findings.map(({code}) => code)).to.deep.equal([
        'display-name-changed',
        'vch-shows-old-name',
      ]);
      expect(web?.findings[1]?.message)
        .to.contain(
          'until then docker shows web, gives that name to no other container, and does not know shop',
        )
        .and.to.contain('docker rename');
      expect(web?.displayName).to.match(/^shop-/);
      simulator.inventory.vm(APPLIANCE).powerOff();
      const [again] = (await rename(session, 'shop', 'store')).vms;
      expect(again?.findings.map(({code}) => code)).to.deep.equal(['display-name-changed']);
    });
  });

  it('persists what VIC itself would lose between data versions 4 and 8, and says so', async () => {
    for (const dataVersion of ['4', '8']) {
      await withSession(
        {fixture: smallVch([container('web', {dataVersion})])},
        async (session, simulator) => {
          const [web] = (await rename(session, 'web', 'shop')).vms;
          expect(config(simulator)['common/name']).to.equal('shop');
          expect(web?.findings.map(({code}) => code)).to.include('not-persisted-by-vic');
          // VIC would lose what docker rename does here.
          const shown = web?.findings.find(({code}) => code === 'vch-shows-old-name');
          expect(shown?.message).not.to.contain('docker rename');
        },
      );
    }
  });

  it('says which names it could not read', async () => {
    const away = container('away', {more: {connectionState: 'inaccessible'}});
    await withSession({fixture: smallVch([container('web'), away])}, async (session) => {
      const {findings} = await rename(session, 'web', 'shop');
      expect(findings.map(({code}) => code)).to.deep.equal(['names-unread']);
      expect(findings[0]?.message).to.include('(vm-102)').and.include('shop');
    });
  });

  it('costs two readings, one write and the claim', async () => {
    const vms = Array.from({length: 120}, (_, index) => container(`c${index}`));
    await withSession({fixture: smallVch(vms)}, async (session, simulator) => {
      simulator.requests.reset();
      await rename(session, 'c7', 'shop');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(3);
      expect(simulator.requests.list.length).to.be.lessThan(60);
    });
  });

  it('writes nothing at all where docker would refuse', async () => {
    const clash = `conflict. The name "db" is already in use by container ${containerIdOf('db')}. You have to remove`;
    const refusals: readonly (readonly [string, string, string, RegExp | string])[] = [
      ['', 'shop', 'VCH_ERR_NAME_INVALID', 'neither old nor new names may be empty'],
      ['web', '', 'VCH_ERR_NAME_INVALID', 'neither old nor new names may be empty'],
      [
        'web',
        'a',
        'VCH_ERR_NAME_INVALID',
        'invalid container name (a), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed',
      ],
      ['web', 'wéb', 'VCH_ERR_NAME_INVALID', 'invalid container name (wéb), only '],
      ['web', 'web', 'VCH_ERR_NAME_INVALID', 'renaming a container with the same name as its current name'],
      ['web', 'db', 'VCH_ERR_CONFLICT', clash],
      ['nobody', 'shop', 'VCH_ERR_CONTAINER_NOT_FOUND', 'No such container: nobody'],
      ['old', 'shop', 'VCH_ERR_RENAME_DISABLED', 'container old does not support rename'],
      ['marked', 'shop', 'VCH_ERR_RENAME_DISABLED', 'container marked does not support rename'],
      ['one', 'shop', 'VCH_ERR_RENAME_DISABLED', 'container one does not support rename'],
      ['odd', 'shop', 'VCH_ERR_RENAME_DISABLED', 'container odd does not support rename'],
      ['new', 'shop', 'VCH_ERR_DATA_TOO_NEW', 'its data version 11 is above 10'],
    ];
    const fixture = smallVch([
      container('web'),
      container('db'),
      container('old', {dataVersion: '3'}),
      container('marked', {extraConfig: {'common/rename-disabled': 'true'}}),
      container('odd', {dataVersion: 'abc'}),
      container('one', {extraConfig: {'common/rename-disabled': '1'}}),
      container('new', {dataVersion: '11'}),
    ]);
    await withSession({fixture}, async (session, simulator) => {
      for (const [from, to, code, message] of refusals) {
        const error = await rejection(rename(session, from, to));
        expect([from, to, error.code]).to.deep.equal([from, to, code]);
        expect(error.message).to.include(message);
      }
      const error = await rejection(
        renameContainer(session, {vch, container: 'web', newName: 'shop', expect: 4}),
      );
      expect(error.message).to.include('--expect says 4');
      expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
    });
  });

  it("takes a name that another VCH's container in the same folder has, and none of a clone's", async () => {
    const other = {uuid: '42000000-0000-4000-8000-0000000000ff', vch: undefined};
    const fixture = smallVch([
      container('web'),
      container('theirs', {more: {vch: 'vch2'}}),
      {...container('web'), name: 'clone of web', more: {containerId: containerIdOf('web'), ...other}},
    ]);
    const [appliance] = fixture.vms ?? [];
    if (appliance === undefined) throw new Error('a small VCH has an appliance');
    const vch2 = {
      ...appliance,
      id: 'vm-200',
      name: 'vch2',
      uuid: '42000000-0000-4000-8000-000000000002',
      extraConfig: {
        ...appliance.extraConfig,
        'guestinfo.vice./init/common/id': 'VirtualMachine:vm-200',
        'init/common/name': 'vch2',
      },
    };
    await withSession(
      {fixture: {...fixture, vms: [...(fixture.vms ?? []), vch2]}},
      async (session, simulator) => {
        const {vms} = await rename(session, 'web', 'theirs');
        expect(vms.map(({id: moref, status}) => [moref, status])).to.deep.equal([[WEB, 'changed']]);
        expect(config(simulator, 'vm-103')['common/name']).to.equal('web');
      },
    );
  });
});
