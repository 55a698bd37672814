import {expect} from 'chai';
import {suggest} from '../../src/cli/suggest.js';

describe('suggest', () => {
  const words = ['plan', 'apply', 'parallelism', 'compute-resource', 'name'];
  for (const [typed, meant] of [
    ['plna', 'plan'],
    ['aply', 'apply'],
    ['NAME', 'name'],
    ['paralelism', 'parallelism'],
    ['compute', 'compute-resource'],
  ] as const) {
    it(`takes ${typed} for ${meant}`, () => {
      expect(suggest(typed, words)).to.equal(meant);
    });
  }

  it('says nothing where nothing is near', () => {
    expect(suggest('frobnicate', words)).to.equal(undefined);
    expect(suggest('x', words)).to.equal(undefined);
  });
});
