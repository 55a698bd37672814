import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import * as keys from '../../src/extraconfig/keys.js';
import {aliasListKey, isAliasListKey, isHidden, isSecret, keyMatcher} from '../../src/extraconfig/keys.js';

// Who may spell a key: its home, and the simulator, which must not repeat a misspelling of the client's.
const MAY_SPELL = /^src\/(extraconfig\/keys\.ts|simulator\/)/;

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];
}

// LEASE_KEYS lists some of the others.
const KNOWN = strings({...keys, LEASE_KEYS: []});
const GRAMMAR = /guestinfo\.(vice|ovfEnv)|vch-migrate\/(lock|ledger|rename|upgrade)\b/;

/** The string literals of a source that are a key, or hold a piece of one, comments left out. */
function spelled(source: string): string[] {
  const code = source.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/'([^'\n]*)'|`([^`]*)`|"([^"\n]*)"/g)]
    .map(([, single, template, double]) => single ?? template ?? double ?? '')
    .filter((literal) => KNOWN.includes(literal) || GRAMMAR.test(literal));
}

describe('extraconfig/keys', () => {
  it('spells the alias list of a network as VIC does, with a slash for a dot', () => {
    expect(aliasListKey('bridge')).to.equal('networks|bridge/network/aliases~');
    expect(aliasListKey('back net.1')).to.equal('networks|back net/1/network/aliases~');
    for (const network of ['bridge', 'back net.1', 'pg.external.2'])
      expect(isAliasListKey(aliasListKey(network)), network).to.equal(true);
    for (const key of [
      'networks|b/network/aliases',
      'networks|a|b/network/aliases~',
      'guestinfo.vice./networks|b/network/aliases~',
    ])
      expect(isAliasListKey(key), key).to.equal(false);
  });

  it('is the one file that spells a key', () => {
    const files = ['src', 'plugins']
      .flatMap((folder) =>
        readdirSync(folder, {recursive: true, encoding: 'utf8'}).map((name) => join(folder, name)),
      )
      .filter((file) => file.endsWith('.ts') && !MAY_SPELL.test(file));
    expect(files.length).to.be.greaterThan(100);
    const found = files.flatMap((file) =>
      spelled(readFileSync(file, 'utf8')).map((literal) => `${file}: ${literal}`),
    );
    expect(found).to.deep.equal([]);
  });

  it('would notice a key that is spelled elsewhere', () => {
    const source =
      "const A = 'common/rename-disabled'; const b = `guestinfo.vice./init/x/`; // 'init/common/name'";
    expect(spelled(source)).to.have.length(3);
    expect(spelled("const report = 'vch-migrate/report/v1';\n// 'init/common/name'\n")).to.deep.equal([]);
  });

  it('gives every key a name of its own', () => {
    expect(new Set(KNOWN).size).to.equal(KNOWN.length);
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
