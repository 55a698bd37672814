import {expect} from 'chai';
import fc from 'fast-check';
import {printable} from '../../src/report/printable.js';

const ESC = '\u001b';

describe('printable', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['leaves plain text alone', 'web-1 äöü 日本 🐳', 'web-1 äöü 日本 🐳'],
    ['takes out colours', `a${ESC}[31;1mred${ESC}[0mb`, 'aredb'],
    ['takes out cursor movements in their one-character form', 'a\u009b2Jb', 'ab'],
    ['takes out a window title', `a${ESC}]0;owned\u0007b`, 'ab'],
    ['takes out a link that ends with a string terminator', `a${ESC}]8;;http://x${ESC}\\b`, 'ab'],
    ['takes out a device control string', `a${ESC}Pq#0;${ESC}\\b`, 'ab'],
    ['makes line breaks and tabs one blank', 'a\r\n\tb\u2028c', 'a b c'],
    ['takes out what turns the direction of writing', 'a\u202egpj.exe\u2066b', 'agpj.exeb'],
    ['takes out NUL, BEL, backspace and DEL', 'a\u0000\u0007\u0008\u007fb', 'ab'],
    ['replaces half a character', 'a\ud800b', 'a\ufffdb'],
  ];
  for (const [name, text, expected] of cases) {
    it(name, () => {
      expect(printable(text)).to.equal(expected);
    });
  }

  it('never lets a control or direction character through, whatever it is given', () => {
    const nasty = fc.string({
      unit: fc.oneof(
        fc.constantFrom(ESC, '[', ']', 'm', '\u009b', '\u202e', '\n', '\u0007', '\\'),
        fc.string({unit: 'binary', maxLength: 1}),
      ),
    });
    fc.assert(
      fc.property(nasty, (text) => {
        expect(printable(text)).to.not.match(/[\p{Cc}\u2028-\u202e\u2066-\u2069\u200e\u200f]/u);
      }),
    );
  });

  it('changes nothing a second time', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary'}), (text) => {
        expect(printable(printable(text))).to.equal(printable(text));
      }),
    );
  });
});
