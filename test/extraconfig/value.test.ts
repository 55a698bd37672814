import {expect} from 'chai';
import fc from 'fast-check';
import {decodeValue, encodeValue} from '../../src/extraconfig/value.js';

describe('extraconfig values', () => {
  it("stores an empty string as VIC's <nil>", () => {
    expect(encodeValue('')).to.equal('<nil>');
    expect(decodeValue('<nil>')).to.equal('');
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
