import {expect} from 'chai';
import {auditVch} from '../../src/index.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {APPLIANCE, CLAIM, container, rename, vch} from '../containers/containers.js';
import {containerIdOf, type SmallVm, smallVch, withSession} from '../small-vch.js';

const WEB = 'vm-101';
const CONVENTION = 'guestinfo.vice./container/ContainerNameConvention';

function config(simulator: Simulator, id = WEB): Record<string, string> {
  return simulator.inventory.vm(id).extraConfig();
}

/** A small VCH with that naming convention. */
function conventionalVch(convention: string, vms: readonly SmallVm[]): Fixture {
  const fixture = smallVch(vms);
  const [appliance, ...rest] = fixture.vms ?? [];
  if (appliance === undefined) throw new Error('a small VCH has an appliance');
  const extraConfig = {...appliance.extraConfig, [CONVENTION]: convention};
  return {...fixture, vms: [{...appliance, extraConfig}, ...rest]};
}

describe('rename: the display name after a rename', () => {
  const long = 'n'.repeat(200);
  const id = containerIdOf('web').slice(0, 12);
  const conventions: readonly (readonly [string, string, string])[] = [
    ['{name}', 'shop', 'shop'],
    ['{name}', long, 'n'.repeat(80)],
    ['{id}', 'shop', id],
    ['x-{name}-{id}-y', 'shop', `x-shop-${id}-y`],
    ['x-{name}-{id}-y', long, `x-${'n'.repeat(63)}-${id}-y`],
    ['{name}-{id}', 'n'.repeat(64), `${'n'.repeat(64)}-${id}`],
    ['a/{name} 5%', 'shop', 'a%2fshop 5%25'],
    ['no token', 'shop', `shop-${id}`],
    ['{name', 'shop', `shop-${id}`],
  ];
  for (const [convention, name, wanted] of conventions) {
    it(`names the VM of ${name.slice(0, 8)} (${name.length}) by the convention ${convention}`, async () => {
      const fixture = conventionalVch(convention, [container('web')]);
      await withSession({fixture}, async (session, simulator) => {
        const outcome = await rename(session, 'web', name);
        expect(simulator.inventory.vm(WEB).name).to.equal(wanted);
        expect(config(simulator)['common/name']).to.equal(name);
        const malformed = !/\{(name|id)\}/.test(convention);
        expect(outcome.findings.map(({code}) => code)).to.deep.equal(
          malformed ? ['naming-convention-invalid'] : [],
        );
        const audit = await auditVch(session, {vch});
        expect(audit.vms.map(({status}) => status)).to.deep.equal(['unchanged']);
      });
    });
  }

  it('tells which VM of the folder has the display name that the convention makes, and changes nothing', async () => {
    const stranger = {
      name: 'shop',
      legacyName: null,
      extraConfig: {'guestinfo.vice./common/id': ''},
      more: {vch: undefined},
    };
    const fixture = conventionalVch('{name}', [{...container('web'), name: 'web'}, stranger]);
    await withSession({fixture}, async (session, simulator) => {
      const before = config(simulator);
      const [web, ...rest] = (await rename(session, 'web', 'shop')).vms;
      expect([web?.status, web?.error?.fault, rest]).to.deep.equal(['failed', 'DuplicateName', []]);
      expect(web?.error?.message)
        .to.include('vm-102 in the same folder has this display name')
        .and.include('run the same command again');
      expect(web?.findings.map(({code}) => code)).to.deep.equal(['display-name-taken']);
      expect(web?.findings[0]?.message).to.include('by the convention {name} ').and.include('{id}');
      expect([config(simulator), simulator.inventory.vm(WEB).name]).to.deep.equal([before, 'web']);
      expect(config(simulator, APPLIANCE)).not.to.have.property(CLAIM);
      simulator.inventory.vm('vm-102').rename('elsewhere');
      expect((await rename(session, 'web', 'shop')).vms[0]?.status).to.equal('changed');
      expect(simulator.inventory.vm(WEB).name).to.equal('shop');
    });
  });

  it('needs no privilege to rename VMs where the display name does not change', async () => {
    const fixture = {
      ...conventionalVch('{id}', [{...container('web'), name: id}]),
      users: [{user: 'ops', password: 'x', role: 'Ops'}],
      roles: [
        {
          name: 'Ops',
          privileges: [
            'System.Anonymous',
            'System.View',
            'System.Read',
            'VirtualMachine.Config.AdvancedConfig',
          ],
        },
      ],
    };
    await withSession({fixture}, async (session, simulator) => {
      expect((await rename(session, 'web', 'shop')).vms[0]?.status).to.equal('changed');
      expect(config(simulator)['common/name']).to.equal('shop');
    });
    await withSession(
      {fixture: {...fixture, vms: smallVch([container('web')]).vms ?? []}},
      async (session, simulator) => {
        const [web] = (await rename(session, 'web', 'shop')).vms;
        expect([web?.status, web?.error?.code]).to.deep.equal(['failed', 'VCH_ERR_PRIVILEGE']);
        expect(web?.error?.message).to.include('VirtualMachine.Config.Rename');
        expect(config(simulator)['common/name']).to.equal('web');
        expect(config(simulator, APPLIANCE)).not.to.have.property(CLAIM);
      },
    );
  });
});
