import {expect} from 'chai';
import fc from 'fast-check';
import {unsendable} from '../../src/extraconfig/characters.js';

describe('characters that XML cannot carry', () => {
  it('lets everything pass that XML 1.0 has', () => {
    for (const text of [
      '',
      ' a ',
      '\t\n\r',
      '&<>"\'',
      ']]>',
      '<![CDATA[x]]>',
      'emoji😀',
      '\u007f\u0085\u2028',
      '\ufffd',
    ]) {
      expect(unsendable(text), JSON.stringify(text)).to.equal(null);
    }
  });

  it('names the character and where it stands', () => {
    expect(unsendable('ab\u0000')).to.match(/U\+0000 at position 2/);
    expect(unsendable('\ud83d')).to.match(/U\+D83D at position 0/);
  });

  it('refuses exactly the code units outside of XML 1.0', () => {
    // The production Char of XML 1.0, word for word.
    const isChar = (code: number) =>
      code === 9 ||
      code === 10 ||
      code === 13 ||
      (code >= 0x20 && code <= 0xd7ff) ||
      (code >= 0xe000 && code <= 0xfffd);
    const codes = Array.from({length: 0x10000}, (_, code) => code);
    expect(codes.filter((code) => unsendable(String.fromCharCode(code)) === null)).to.deep.equal(
      codes.filter(isChar),
    );
    fc.assert(
      fc.property(fc.integer({min: 0x10000, max: 0x10ffff}), (code) => {
        expect(unsendable(String.fromCodePoint(code))).to.equal(null);
      }),
    );
  });
});
