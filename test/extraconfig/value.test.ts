import {expect} from 'chai';
import fc from 'fast-check';
import {decodeValue, encodeValue, isFalse} from '../../src/extraconfig/value.js';

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
