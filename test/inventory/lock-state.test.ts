import {expect} from 'chai';
import {lockState} from '../../src/inventory/lock-state.js';

describe('inventory/lock-state', () => {
  for (const flag of [undefined, '', '<nil>', 'false', 'False', 'f', '0']) {
    it(`sees no lock where UpdateInProgress is ${String(flag)}`, () => {
      expect(lockState(flag === undefined ? {} : {UpdateInProgress: flag})).to.deep.equal({held: false});
    });
  }

  for (const flag of ['true', 'True', '1', 't', 'what is this']) {
    it(`takes UpdateInProgress=${flag} for vic-machine at work`, () => {
      expect(lockState({UpdateInProgress: flag})).to.include({held: true, by: 'vic-machine'});
    });
  }

  it('names the owner and phase of our own lock', () => {
    const since = '2026-01-02T03:04:05.000Z';
    const lock = JSON.stringify({
      id: 'lock-1',
      owner: 'root@admin1',
      phase: 'snapshot',
      since,
      stopped: true,
    });
    expect(lockState({'vch-migrate/lock': lock, UpdateInProgress: 'true'})).to.deep.equal({
      held: true,
      by: 'vch-migrate',
      lockId: 'lock-1',
      owner: 'root@admin1',
      phase: 'snapshot',
      since,
      stopped: true,
    });
  });

  it('counts a lock that it cannot read as held', () => {
    expect(lockState({'vch-migrate/lock': '{broken'})).to.include({
      held: true,
      by: 'vch-migrate',
      owner: null,
    });
  });
});
