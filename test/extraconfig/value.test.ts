import {expect} from 'chai';
import fc from 'fast-check';
import {decodeValue, encodeValue, isFalse, joinEntries, listEntries} from '../../src/extraconfig/value.js';

describe('extraconfig values', () => {
  it("stores an empty string as VIC's <nil>", () => {
    expect(encodeValue('')).to.equal('<nil>');
    expect(decodeValue('<nil>')).to.equal('');
  });

  it("takes for false what VIC's ParseBool does, and what is not there", () => {
    for (const raw of [undefined, '', '<nil>', '0', 'f', 'F', 'false', 'FALSE', 'False'])
      expect(isFalse(raw), String(raw)).to.equal(true);
    for (const raw of ['true', '1', 't', 'no', 'fALSE', ' ', ' false'])
      expect(isFalse(raw), raw).to.equal(false);
  });

  it('carries every other text as it is', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        fc.pre(text !== '<nil>' && text !== '');
        expect(encodeValue(text)).to.equal(text);
        expect(decodeValue(text)).to.equal(text);
      }),
    );
  });
});

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
