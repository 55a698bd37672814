import {expect} from 'chai';
import {findPeers, peersAreRequired} from './peers.js';

describe('peers', () => {
  for (const [required, environment] of [
    [true, {CI: 'true'}],
    [true, {CI: '1'}],
    [true, {VCH_MIGRATE_REQUIRE_PEERS: '1'}],
    [false, {}],
    [false, {CI: ''}],
    [false, {CI: 'false', VCH_MIGRATE_REQUIRE_PEERS: '0'}],
  ] as const) {
    it(`are ${required ? '' : 'not '}required with ${JSON.stringify(environment)}`, () => {
      expect(peersAreRequired(environment)).to.equal(required);
    });
  }

  it('are found or named as missing, each of them', () => {
    const wanted = ['vcsim', 'govc', 'python'] as const;

    const {found, missing} = findPeers(wanted);

    expect([...Object.keys(found), ...missing].sort()).to.deep.equal([...wanted].sort());
  });
});
