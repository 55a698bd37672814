import {expect} from 'chai';
import {FINDING_CODES} from '../../src/migration/finding.js';
import {containerNameOf, nameFindings} from '../../src/migration/names.js';
import {LEGACY_NAME, NAME, VERSION} from './samples.js';

function codes(
  config: Record<string, string>,
  dataVersion: number,
  target: 'container' | 'appliance' = 'container',
) {
  return nameFindings(target, config, dataVersion).map(({code}) => code);
}

describe('the name of a containerVM', () => {
  it('is the one that VIC shows: the legacy one below data version 2, the hidden one above', () => {
    const both = {[NAME]: 'hidden', [LEGACY_NAME]: 'legacy'};
    for (const version of ['', '0', '1', '+1', 'zz'])
      expect(containerNameOf({...both, [VERSION]: version}), version).to.equal('legacy');
    for (const version of ['2', '02', '4', '10', '99'])
      expect(containerNameOf({...both, [VERSION]: version}), version).to.equal('hidden');
    expect(containerNameOf(both)).to.equal('legacy');
  });

  it('is the other one where the one has no value, and none where neither has', () => {
    for (const version of ['0', '10']) {
      expect(containerNameOf({[NAME]: 'a', [LEGACY_NAME]: '<nil>', [VERSION]: version})).to.equal('a');
      expect(containerNameOf({[NAME]: '<nil>', [LEGACY_NAME]: 'b', [VERSION]: version})).to.equal('b');
      expect(containerNameOf({[NAME]: '<nil>', [VERSION]: version})).to.equal(null);
    }
  });
});

describe('findings about names', () => {
  it('say where both names have a value and differ, at any data version', () => {
    for (const version of [0, 2, 10]) {
      expect(codes({[NAME]: 'a', [LEGACY_NAME]: 'b'}, version)).to.deep.equal(['names-differ']);
      expect(codes({[NAME]: 'a', [LEGACY_NAME]: 'a'}, version)).to.deep.equal([]);
      expect(codes({[NAME]: 'a', [LEGACY_NAME]: '<nil>'}, version)).to.deep.equal([]);
    }
  });

  it('say which of two names VIC shows', () => {
    const message = (version: number) =>
      nameFindings('container', {[NAME]: 'a', [LEGACY_NAME]: 'b'}, version)[0]?.message;
    expect(message(1)).to.match(/VIC shows "b"$/);
    expect(message(2)).to.match(/VIC shows "a"$/);
  });

  it('say where only the legacy name is there, once the data version speaks of a hidden one', () => {
    expect(codes({[LEGACY_NAME]: 'a'}, 1)).to.deep.equal([]);
    expect(codes({[LEGACY_NAME]: 'a'}, 2)).to.deep.equal(['legacy-name-only']);
    expect(codes({[LEGACY_NAME]: 'a', [NAME]: '<nil>'}, 9)).to.deep.equal(['legacy-name-only']);
    expect(codes({'guestinfo.vice./init/common/name': 'a'}, 1, 'appliance')).to.deep.equal([
      'legacy-name-only',
    ]);
  });

  it('say where a container’s name is none for docker', () => {
    for (const name of ['web & db', 'emoji😀', ' lead', '.x', 'a|b', 'a\nb']) {
      expect(codes({[NAME]: name}, 10), name).to.deep.equal(['name-not-docker']);
    }
    for (const name of ['web', 'a.b-c_D9']) expect(codes({[NAME]: name}, 10), name).to.deep.equal([]);
    expect(codes({'init/common/name': 'my vch'}, 10, 'appliance')).to.deep.equal([]);
  });

  it('have codes of short words', () => {
    for (const code of Object.keys(FINDING_CODES)) expect(code).to.match(/^[a-z]+(-[a-z]+)*$/);
  });
});
