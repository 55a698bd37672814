import {expect} from 'chai';
import {applyMigration, planMigration, undoMigration, verifyMigration} from '../../src/index.js';
import {listVchs} from '../../src/inventory/find-vch.js';
import type {Fixture, FixtureVm} from '../../src/simulator/fixture/fixture.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {Session} from '../../src/vim25/session.js';
import {rejection} from '../rejection.js';
import {containerIdOf, type SmallVm, smallVch, withSession} from '../small-vch.js';

const NAME = 'common/name';
const LEDGER = 'vch-migrate/ledger';

/** Where VMs of two VCHs may be: `f1` and `f2` are the folders of vch1 and vch2. */
interface Where {
  readonly folder?: string;
  readonly pool?: string;
}

/** Two VCHs, in these pools, and one containerVM with the BIOS UUID of neither, unless `vch` says whose. */
function sharedPool(pools: readonly [string, string], where: Where, more: Partial<FixtureVm> = {}): Fixture {
  const appliance = (name: string, id: string, folder: string, pool: string) => ({
    ...{name, id, folder, pool},
    uuid: `42000000-0000-4000-8000-0000000000${id.slice(-2)}`,
    extraConfig: {
      'guestinfo.vice./init/common/id': `VirtualMachine:${id}`,
      'guestinfo.vice./init/version/PluginVersion': '0',
    },
  });
  const containerId = containerIdOf('theirs');
  const fixture = {
    schema: 'vch-migrate/fixture/v1',
    datacenters: [
      {
        name: 'dc1',
        folders: [{name: 'f1'}, {name: 'f2'}],
        clusters: [
          {name: 'c', hosts: ['esx1'], resourcePools: [{name: 'p1'}, {name: 'p2'}, {name: 'shared'}]},
        ],
        datastores: [{name: 'ds', type: 'VMFS'}],
      },
    ],
    vms: [
      appliance('vch1', 'vm-11', 'f1', `c/${pools[0]}`),
      appliance('vch2', 'vm-12', 'f2', `c/${pools[1]}`),
      {
        id: 'vm-13',
        name: 'theirs',
        containerId,
        ...(where.folder === undefined ? {} : {folder: where.folder}),
        pool: `c/${where.pool ?? 'shared'}`,
        extraConfig: {'guestinfo.vice./common/id': containerId, 'guestinfo.vice./common/name': 'theirs'},
        ...more,
      },
    ],
  };
  // The simulator validates what it is given; the literal above is the document as a user would write it.
  return fixture as unknown as Fixture;
}

const SHARED = ['shared', 'shared'] as const;

describe('whose a containerVM is', () => {
  // What apply on vch1, and on vch2, makes of the VM; `-` does not see it.
  const cases: readonly (readonly [string, Fixture, string, string])[] = [
    ["in vch2's own folder and a shared pool", sharedPool(SHARED, {folder: 'f2'}), 'skipped', 'changed'],
    ["in vch1's own folder and a shared pool", sharedPool(SHARED, {folder: 'f1'}), 'changed', 'skipped'],
    ['in a shared pool and no folder of a VCH', sharedPool(SHARED, {}), 'refused', 'refused'],
    ['with the UUID of vch2 there', sharedPool(SHARED, {}, {vch: 'vch2'}), 'skipped', 'changed'],
    [
      "with the UUID of vch1 in vch2's folder",
      sharedPool(SHARED, {folder: 'f2'}, {vch: 'vch1'}),
      'changed',
      'skipped',
    ],
    [
      "in vch1's pool and vch2's folder",
      sharedPool(['p1', 'p2'], {folder: 'f2', pool: 'p1'}),
      'refused',
      'refused',
    ],
    ["in vch1's pool alone", sharedPool(['p1', 'p2'], {pool: 'p1'}), 'changed', '-'],
  ];
  for (const [where, fixture, ...wanted] of cases) {
    it(`is decided by folder, pool and UUID: ${where}`, async () => {
      for (const [at, name] of ['vch1', 'vch2'].entries()) {
        await withSession({fixture}, async (session, simulator) => {
          const expected = wanted[at] === 'changed' ? 1 : 0;
          const {vms, vch} = await applyMigration(session, {vch: {name}, expect: expected});
          expect(vms[0]?.status ?? '-', name).to.equal(wanted[at]);
          expect(vch.containerVMs).to.equal(expected);
          expect(NAME in simulator.inventory.vm('vm-13').extraConfig()).to.equal(expected === 1);
          const listed = await listVchs(session, {name});
          if (wanted[0] !== 'refused') expect(listed[0]?.summary.containerVMs).to.equal(expected);
          if (wanted[at] === 'refused')
            expect(vms[0]?.error?.message).to.contain('any of vch').and.to.contain('was not written');
        });
      }
    });
  }

  it('leaves --expect what it counts', async () => {
    await withSession({fixture: sharedPool(SHARED, {})}, async (session) => {
      const error = await rejection(applyMigration(session, {vch: {name: 'vch1'}, expect: 1}));
      expect(error.message).to.contain('has 0 containerVMs');
    });
  });
});

describe('a containerVM that was restored or registered again', () => {
  const vch = {name: 'vch1'};

  /** The keys and the ledger of a VM that was migrated; `instanceUuid` is what restoring it makes of it. */
  async function restored(
    others: readonly SmallVm[],
    use: (session: Session, simulator: Simulator) => Promise<void>,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    const keys = await withSession({fixture: smallVch([{name: 'web'}])}, async (session, simulator) => {
      await applyMigration(session, {vch});
      return simulator.inventory.vm('vm-101').extraConfig();
    });
    const instanceUuid = '52999999-0000-4000-8000-00000000000b';
    const web = {name: 'web', extraConfig: keys, more: {instanceUuid, ...more}};
    await withSession({fixture: smallVch([web, ...others])}, use);
  }

  it('is taken for the same VM where its BIOS UUID is that of the VCH and there is no twin', async () => {
    await restored([], async (session, simulator) => {
      for (const run of [planMigration, verifyMigration]) {
        const [vm] = (await run(session, {vch})).vms;
        expect(vm?.status).to.equal('unchanged');
        expect(vm?.findings.map(({code}) => code)).to.deep.equal(['ledger-restored']);
      }
      const [vm] = (await undoMigration(session, {vch})).vms;
      expect(vm?.status).to.equal('changed');
      expect(simulator.inventory.vm('vm-101').extraConfig()).not.to.include.any.keys(NAME, LEDGER);
    });
  });

  const web = {'guestinfo.vice./common/id': containerIdOf('web')};
  const refusals: readonly (readonly [string, readonly SmallVm[], Readonly<Record<string, unknown>>])[] = [
    ['a twin', [{name: 'copy', extraConfig: web}], {}],
    ['another BIOS UUID', [], {uuid: '42000000-0000-4000-8000-00000000ffff'}],
    ['a VM that cannot be read', [{name: 'away', more: {connectionState: 'inaccessible'}}], {}],
  ];
  for (const [what, others, more] of refusals) {
    it(`is refused by undo, its keys still there, with ${what}`, async () => {
      await restored(
        others,
        async (session, simulator) => {
          const {vms} = await undoMigration(session, {vch});
          const vm = vms.find(({id}) => id === 'vm-101');
          expect(vm?.status).to.equal('refused');
          expect(vm?.error?.code).to.equal('VCH_ERR_LEDGER_INVALID');
          expect(simulator.inventory.vm('vm-101').extraConfig()).to.include.keys(NAME, LEDGER);
        },
        more,
      );
    });
  }
});
