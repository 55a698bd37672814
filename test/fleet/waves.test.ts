import {expect} from 'chai';
import fc from 'fast-check';
import {readInventory} from '../../src/fleet/inventory.js';
import {type FoundVch, planWaves, selected} from '../../src/fleet/waves.js';

const CONCURRENCY = [1, 2, 3];

function inventoryOf(waves: string) {
  const vcenters = CONCURRENCY.map(
    (concurrency, at) =>
      `  - {name: v${at}, url: "https://v${at}.example", concurrency: ${concurrency}, labels: {site: s${at % 2}}}\n`,
  );
  const {inventory, problems} = readInventory(`version: 1\nvcenters:\n${vcenters.join('')}waves:\n${waves}`);
  if (inventory === null) throw new Error(JSON.stringify(problems));
  return inventory;
}

const FLEET = fc
  .array(fc.record({vcenter: fc.constantFrom('v0', 'v1', 'v2'), containerVMs: fc.nat(3000)}), {maxLength: 60})
  .map((vchs) =>
    vchs.map(
      ({vcenter, containerVMs}, at): FoundVch => ({
        vcenter,
        containerVMs,
        id: `vm-${at}`,
        name: `vch-${at % 7}`,
        ownName: null,
        path: `/dc1/c1/vch-${at}`,
      }),
    ),
  );

const WAVES = fc.constantFrom(
  '  - {name: rest}\n',
  '  - {name: canary, count: 3, spread: vcenter}\n  - {name: rest}\n',
  '  - {name: canary, count: 2}\n  - {name: s0, match: {site: s0}}\n  - {name: rest}\n',
  '  - {name: s1, match: {site: s1}, count: 4}\n',
);

describe('fleet/waves', () => {
  it('puts every VCH into one wave at most, whatever the order in which they were found', () => {
    fc.assert(
      fc.property(FLEET, WAVES, (found, waves) => {
        const inventory = inventoryOf(waves);
        const {placed, unplaced} = planWaves(inventory, found);
        const key = ({vcenter, id}: FoundVch) => `${vcenter}/${id}`;
        expect([...placed, ...unplaced].map(key).sort()).to.deep.equal(found.map(key).sort());
        expect(planWaves(inventory, found.toReversed())).to.deep.equal({placed, unplaced});
        if (waves.includes('rest')) expect(unplaced).to.deep.equal([]);
      }),
    );
  });

  it('gives every vCenter as many slots as VCHs may be worked on, and each turn of a slot once', () => {
    fc.assert(
      fc.property(FLEET, WAVES, (found, waves) => {
        const {placed} = planWaves(inventoryOf(waves), found);
        const turns = placed.map(({vcenter, wave, slot, turn}) => `${vcenter} ${wave} ${slot} ${turn}`);
        expect(new Set(turns).size).to.equal(turns.length);
        for (const {vcenter, slot} of placed)
          expect(slot).to.be.below(CONCURRENCY[Number(vcenter.slice(1))] ?? 0);
      }),
    );
  });

  it('takes a canary from each vCenter in turn', () => {
    const found = ['v0', 'v0', 'v1', 'v1', 'v2'].map((vcenter, at) => ({
      vcenter,
      id: `vm-${at}`,
      name: `n${at}`,
      ownName: null,
      path: null,
      containerVMs: 1,
    }));
    const {placed} = planWaves(
      inventoryOf('  - {name: canary, count: 4, spread: vcenter}\n  - {name: rest}\n'),
      found,
    );
    const canaries = placed.filter(({wave}) => wave === 0).map(({name}) => name);
    expect(canaries.sort()).to.deep.equal(['n0', 'n1', 'n2', 'n4']);
  });

  it('begins the longest VCHs of a wave first', () => {
    const found = [1, 900, 5, 800].map((containerVMs, at) => ({
      ...{vcenter: 'v1', id: `vm-${at}`, name: `n${at}`, ownName: null, path: null},
      containerVMs,
    }));
    const {placed} = planWaves(inventoryOf('  - {name: rest}\n'), found);
    expect(placed.map(({name, slot, turn}) => [name, slot, turn])).to.deep.equal([
      ['n1', 0, 0],
      ['n3', 1, 0],
      ['n2', 1, 1],
      ['n0', 0, 1],
    ]);
  });

  it('selects by path with or without the levels of vSphere, by either name and by moref', () => {
    const vch = {id: 'vm-1', name: 'vch1', ownName: 'own', path: '/dc1/cluster1/pool/vch1', containerVMs: 0};
    const by = (select: {path?: string; name?: string; id?: string}, except: readonly string[] = []) =>
      selected({vchs: [{select: {path: null, name: null, id: null, ...select}, except}]}, vch);
    expect(by({path: '/dc1/host/*'})).to.equal(true);
    expect(by({path: '/dc1/cluster1/Resources/pool/vch1'})).to.equal(true);
    expect(by({path: '/dc2/*'})).to.equal(false);
    expect(by({name: 'ow?'})).to.equal(true);
    expect(by({id: 'vm-2'})).to.equal(false);
    expect(by({path: '/dc1/*'}, ['own'])).to.equal(false);
    expect(selected({vchs: null}, vch)).to.equal(true);
  });
});
