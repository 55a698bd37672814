import {expect} from 'chai';
import {
  type ClaimText,
  encodeClaim,
  encodeUnfinished,
  parseClaim,
  unfinishedIn,
} from '../../src/rename/rename-claim-text.js';
import {containerIdOf} from '../small-vch.js';

const rename = {container: containerIdOf('web'), from: 'wéb', to: 'shop'};
const other = {container: containerIdOf('db'), from: 'db', to: 'pg'};
const claim: ClaimText = {
  id: 'c1',
  owner: 'ann',
  rename,
  run: 'r',
  tool: '1',
  lease: 30,
  counter: 2,
  time: 't',
  unfinished: [],
};

describe('rename: the text of a rename claim', () => {
  it('is ASCII, and says whose it is, what for and for how long', () => {
    const text = encodeClaim(claim);
    expect(text).to.match(/^[ -~]+$/);
    expect(parseClaim(text)).to.deep.equal({
      id: 'c1',
      owner: 'ann',
      purpose: 'wéb to shop',
      time: 't',
      lease: 30,
      rename,
    });
  });

  for (const raw of [undefined, '', '<nil>', encodeUnfinished([]), encodeUnfinished([rename])]) {
    it(`is no claim where there is ${raw?.slice(0, 16)}`, () => expect(parseClaim(raw)).to.equal(null));
  }

  for (const raw of [
    'x',
    '{',
    '[]',
    'null',
    '{"id":5,"lease":"soon"}',
    '{"lease":-1}',
    '{"lease":1e9}',
    '{"unfinished":5}',
    '{"unfinished":[],"x":1}',
  ]) {
    it(`takes ${raw} for a claim that does not say whose, nor for how long`, () => {
      expect(parseClaim(raw)).to.deep.equal({
        id: 'unknown',
        owner: 'unknown',
        purpose: 'unknown',
        time: 'unknown',
        lease: null,
        rename: null,
      });
      expect(unfinishedIn(raw)).to.deep.equal([]);
    });
  }

  it('hands on what is not finished: what was left before, and what a dead owner was at', () => {
    expect(unfinishedIn(encodeUnfinished([other, rename]))).to.deep.equal([other, rename]);
    expect(unfinishedIn(encodeClaim({...claim, unfinished: [other]}))).to.deep.equal([other, rename]);
    const later = {...rename, to: 'store'};
    expect(unfinishedIn(encodeClaim({...claim, unfinished: [rename, other], rename: later}))).to.deep.equal([
      later,
      other,
    ]);
  });

  it('hands on nothing that we could not have written, for it would stand in a command', () => {
    for (const odd of [
      {...rename, container: 'web'},
      {...rename, from: ''},
      {...rename, to: 'x; rm -rf'},
      {...rename, to: 5},
      null,
      'x',
    ]) {
      expect(unfinishedIn(JSON.stringify({unfinished: [odd, other]}))).to.deep.equal([other]);
    }
  });
});
