import {expect} from 'chai';
import fc from 'fast-check';
import {SaxesParser} from 'saxes';
import {escapeText} from '../../src/vim25/xml.js';

function parsed(xml: string): string {
  let text = '';
  const parser = new SaxesParser();
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.on('cdata', (piece) => {
    text += `(cdata)${piece}`;
  });
  parser.write(`<v>${xml}</v>`).close();
  return text;
}

describe('vim25/xml: text', () => {
  // What XML 1.0 can carry at all; the rest is refused before it comes here.
  const carried = fc
    .string({unit: 'binary'})
    .map((text) => text.toWellFormed())
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones XML cannot carry
    .map((text) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, ''));

  it('gives every text back unchanged through another parser', () => {
    fc.assert(fc.property(carried, (text) => parsed(escapeText(text)) === text));
  });

  for (const text of ['<![CDATA[x]]>', ']]>', '\r\n\t ', '  both ends  ', '&amp;', '<a>', '😀']) {
    it(`keeps ${JSON.stringify(text)}`, () => {
      expect(parsed(escapeText(text))).to.equal(text);
    });
  }
});
