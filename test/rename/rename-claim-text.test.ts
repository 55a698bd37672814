import {expect} from 'chai';
import {findLease} from '../../src/appliance/lease.js';
import {
  type ClaimText,
  encodeClaim,
  encodeUnfinished,
  RENAME_CLAIM,
  type RenameRecord,
  unfinishedIn as unfinishedOf,
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
  lease: 45,
  counter: 2,
  time: 't',
  unfinished: [],
};

const KEY = 'vch-migrate/rename';
const parse = (raw: string | undefined) => findLease(RENAME_CLAIM, raw === undefined ? {} : {[KEY]: raw});
const unfinishedIn = (raw: string): readonly RenameRecord[] => unfinishedOf({[KEY]: raw});

describe('rename: the text of a rename claim', () => {
  it('is ASCII, and says whose it is, what for and for how long', () => {
    const text = encodeClaim(claim);
    expect(text).to.match(/^[ -~]+$/);
    expect(text).to.equal(
      `{"counter":2,"id":"c1","lease":45,"owner":"ann","rename":{"container":"${rename.container}","from":"w\\u00e9b","to":"shop"},` +
        '"run":"r","time":"t","tool":"1","unfinished":[]}',
    );
    expect(parse(text)).to.deep.include({
      id: 'c1',
      owner: 'ann',
      since: 't',
      leaseTime: 45,
      seen: {rename},
    });
  });

  for (const raw of [undefined, '', '<nil>', encodeUnfinished([]), encodeUnfinished([rename])]) {
    it(`is no claim where there is ${raw?.slice(0, 16)}`, () => expect(parse(raw)).to.equal(null));
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
      expect(parse(raw)).to.deep.include({
        id: null,
        owner: null,
        since: null,
        leaseTime: RENAME_CLAIM.leaseTime,
        seen: {rename: null},
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
