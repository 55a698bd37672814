import {expect} from 'chai';
import {encodeClaim, parseClaim} from '../../src/upgrade/rename-claim-text.js';

describe('upgrade: the text of a rename claim', () => {
  it('is ASCII, and says whose it is and for how long', () => {
    const claim = {
      id: 'c1',
      owner: 'ann',
      purpose: 'wéb to 🐳',
      run: 'r',
      tool: '1',
      lease: 30,
      counter: 2,
      time: 't',
    };
    const text = encodeClaim(claim);
    expect(text).to.match(/^[ -~]+$/);
    expect(parseClaim(text)).to.deep.equal({id: 'c1', owner: 'ann', purpose: 'wéb to 🐳', lease: 30});
  });

  for (const raw of [undefined, '', '<nil>']) {
    it(`is no claim where there is ${JSON.stringify(raw)}`, () => expect(parseClaim(raw)).to.equal(null));
  }

  for (const raw of ['x', '{', '[]', 'null', '{"id":5,"lease":"soon"}', '{"lease":-1}', '{"lease":1e9}']) {
    it(`takes ${raw} for a claim that does not say whose, nor for how long`, () => {
      expect(parseClaim(raw)).to.deep.equal({
        id: 'unknown',
        owner: 'unknown',
        purpose: 'unknown',
        lease: null,
      });
    });
  }
});
