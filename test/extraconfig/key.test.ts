import {expect} from 'chai';
import {isHidden, isSecret, keyMatcher, scopeOf} from '../../src/extraconfig/key.js';

describe('extraconfig keys', () => {
  it("tells VIC's scopes apart", () => {
    expect(scopeOf('common/name')).to.equal('hidden');
    expect(scopeOf('guestinfo.vice./common/name')).to.equal('read-only');
    expect(scopeOf('guestinfo.vice..createtime')).to.equal('read-write');
    expect(scopeOf('guestinfo.ovfEnv')).to.equal('read-write');
  });

  it('takes a key for visible whatever its case, as vSphere does', () => {
    expect(isHidden('GuestInfo.vice./common/name')).to.equal(false);
    expect(isHidden('guestinfo')).to.equal(true);
    expect(isHidden('xguestinfo.a')).to.equal(true);
  });

  it('knows encrypted keys', () => {
    expect(isSecret('guestinfo.vice./connect/token@secret')).to.equal(true);
    expect(isSecret('guestinfo.vice./connect/token')).to.equal(false);
  });

  it('matches exact keys only exactly', () => {
    const matches = keyMatcher(['common/name', 'a.b']);
    expect(matches('common/name')).to.equal(true);
    expect(matches('common/name2')).to.equal(false);
    expect(matches('common')).to.equal(false);
    expect(matches('axb')).to.equal(false);
  });

  it('lets a star stand for one map key or index and no more', () => {
    const matches = keyMatcher(['networks|*/network/aliases~']);
    expect(matches('networks|bridge/network/aliases~')).to.equal(true);
    expect(matches('networks|my.net (1)/network/aliases~')).to.equal(true);
    expect(matches('networks|/network/aliases~')).to.equal(false);
    expect(matches('networks|a/b/network/aliases~')).to.equal(false);
    expect(matches('networks|a|b/network/aliases~')).to.equal(false);
    expect(matches('xnetworks|a/network/aliases~')).to.equal(false);
  });
});
