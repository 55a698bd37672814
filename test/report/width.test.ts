import {expect} from 'chai';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {pad, truncate, wrap} from '../../src/report/width.js';

describe('width', () => {
  it('counts wide characters and emoji as two columns and combining marks as none', () => {
    for (const text of ['webs', '日本', '🐳ab', 'e\u0301bcd']) expect(pad(text, 5)).to.equal(`${text} `);
  });

  it('cuts to the columns it is given and shows that something is gone', () => {
    expect(truncate('0123456789', 10)).to.equal('0123456789');
    expect(truncate('0123456789', 6)).to.equal('01234…');
    expect(truncate('日本日本', 4)).to.equal('日…');
  });

  it('fills up to the columns, not to the characters', () => {
    expect(pad('日', 4)).to.equal('日  ');
  });

  it('never cuts to more columns than it may', () => {
    fc.assert(
      fc.property(fc.string({unit: 'grapheme'}), fc.integer({min: 1, max: 40}), (text, columns) => {
        expect(stringWidth(truncate(text, columns))).to.be.at.most(columns);
      }),
    );
  });

  it('wraps at words, keeps every one of them, and indents each line', () => {
    expect(wrap('one two three four', 11, '  ')).to.deep.equal(['  one two', '  three', '  four']);
    expect(wrap('vch-migrate-is-one-word', 10)).to.deep.equal(['vch-migrate-is-one-word']);
  });
});
