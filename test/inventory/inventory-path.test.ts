import {expect} from 'chai';
import {isInside} from '../../src/inventory/inventory-path.js';

const path = {
  segments: ['DC0', 'cluster1', 'pool-a', 'vch1'],
  datacenter: 'DC0',
  datacenterRef: null,
  datacenterPath: '/DC0',
  unread: null,
};

describe('inventory/inventory-path', () => {
  for (const wanted of [
    'cluster1',
    'pool-a',
    'cluster1/pool-a',
    '/DC0/host/cluster1',
    '/DC0/host/cluster1/Resources/pool-a/vch1',
    'DC0',
  ]) {
    it(`lies in ${wanted}`, () => {
      expect(isInside(path, wanted)).to.equal(true);
    });
  }

  for (const wanted of ['cluster', 'cluster2', 'cluster1/vch1', 'pool-a/cluster1', '', '/']) {
    it(`does not lie in ${wanted === '' ? 'nothing' : wanted}`, () => {
      expect(isInside(path, wanted)).to.equal(false);
    });
  }

  it('lets a name have a slash of its own', () => {
    const slashed = {...path, segments: ['DC/0', 'cluster1', 'vch1']};
    for (const wanted of ['DC/0', 'DC%2f0/cluster1', '/DC/0/host/cluster1'])
      expect(isInside(slashed, wanted)).to.equal(true);
    expect(isInside(slashed, 'C/0')).to.equal(false);
  });

  it('lets a pool be called Resources', () => {
    expect(
      isInside(
        {
          segments: ['DC0', 'c', 'Resources'],
          datacenter: 'DC0',
          datacenterRef: null,
          datacenterPath: '/DC0',
          unread: null,
        },
        'c/Resources',
      ),
    ).to.equal(true);
  });
});
