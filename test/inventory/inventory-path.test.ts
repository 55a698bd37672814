import {expect} from 'chai';
import {isInDatacenter, isInside} from '../../src/inventory/inventory-path.js';

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

  it('is in a datacenter by its name, or by its path with folders', () => {
    const nested = {...path, segments: ['f', 'g', ...path.segments], datacenterPath: '/f/g/DC0'};
    for (const wanted of ['DC0', 'f/g/DC0', '/f/g/DC0'])
      expect(isInDatacenter(nested, wanted), wanted).to.equal(true);
    for (const wanted of ['DC', 'g/DC0', '/DC0', 'f/g', ''])
      expect(isInDatacenter(nested, wanted), wanted).to.equal(false);
    const slashed = {...path, datacenter: 'DC/0', datacenterPath: '/f/DC%2f0'};
    for (const wanted of ['DC/0', 'DC%2f0', '/f/DC/0', 'f/DC%2f0'])
      expect(isInDatacenter(slashed, wanted), wanted).to.equal(true);
  });

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
