import {expect} from 'chai';
import fc from 'fast-check';
import {joinEntries, listEntries} from '../../src/extraconfig/list.js';

describe('extraconfig lists', () => {
  it('has no entries where there is no value', () => {
    expect(listEntries('')).to.deep.equal([]);
    expect(listEntries('<nil>')).to.deep.equal([]);
  });

  it('gives back the same bytes after splitting and joining', () => {
    fc.assert(
      fc.property(fc.string({unit: fc.constantFrom('a', '|', '=', ' ', '~', 'ü')}), (value) => {
        expect(joinEntries(listEntries(value))).to.equal(value);
      }),
    );
  });

  it('leaves the other entries byte-identical when one is edited', () => {
    const entries = fc.array(
      fc.string({unit: 'binary'}).filter((entry) => !entry.includes('|')),
      {minLength: 2},
    );
    fc.assert(
      fc.property(entries, fc.nat(), (list, at) => {
        const index = at % list.length;
        const edited = listEntries(joinEntries(list)).map((entry, i) => (i === index ? 'edited' : entry));
        fc.pre(joinEntries(list) !== '<nil>');
        expect(listEntries(joinEntries(edited))).to.deep.equal(
          list.map((entry, i) => (i === index ? 'edited' : entry)),
        );
      }),
    );
  });
});
