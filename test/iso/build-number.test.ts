import {expect} from 'chai';
import fc from 'fast-check';
import {compareBuilds} from '../../src/iso/build-number.js';

describe('iso/build-number', () => {
  it('compares numbers, not texts', () => {
    expect(compareBuilds('9', '10')).to.equal(-1);
    expect(compareBuilds('010', '10')).to.equal(0);
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(compareBuilds(String(a), String(b))).to.equal(Math.sign(a - b));
      }),
    );
  });

  it('does not compare what is no whole number', () => {
    for (const build of ['', 'abc', '1.5', '0x10', ' 10', '10\n', null])
      expect([compareBuilds(build, '1'), compareBuilds('1', build)]).to.deep.equal([null, null]);
  });
});
