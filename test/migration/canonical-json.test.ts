import {expect} from 'chai';
import fc from 'fast-check';
import {canonicalJson, type Json} from '../../src/migration/canonical-json.js';

describe('canonical JSON', () => {
  it('sorts keys and escapes everything beyond ASCII', () => {
    expect(canonicalJson({b: [1, null, true], a: 'ü😀\u007f"\n'})).to.equal(
      '{"a":"\\u00fc\\ud83d\\ude00\\u007f\\"\\n","b":[1,null,true]}',
    );
  });

  it('is the same text whatever the order of the members, also within others', () => {
    const text = fc.oneof(fc.string({unit: 'binary'}), fc.constantFrom('10', '9', '__proto__', 'a', 'b'));
    const {value} = fc.letrec<{value: Json}>((tie) => ({
      value: fc.oneof(
        {depthSize: 'small'},
        text,
        fc.integer(),
        fc.array(tie('value')),
        fc.dictionary(text, tie('value')),
      ),
    }));
    fc.assert(
      fc.property(value, (made) => {
        const expected = sortedByHand(made);
        expect(canonicalJson(made)).to.equal(expected);
        expect(canonicalJson(reordered(made))).to.equal(expected);
        expect(expected).to.match(/^[\x20-\x7e]*$/);
      }),
    );
  });

  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({unit: 'binary'}), fc.array(fc.string({unit: 'binary'}))),
        (value) => {
          expect(JSON.parse(canonicalJson(value))).to.deep.equal(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });
});

/** Each member's text, and those sorted. */
function sortedByHand(value: Json): string {
  if (typeof value !== 'object' || value === null) return escaped(value);
  if (Array.isArray(value)) return `[${value.map(sortedByHand).join(',')}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${escaped(key)}:${sortedByHand(member)}`).join(',')}}`;
}

function escaped(value: string | number | boolean | null): string {
  const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(4, '0');
  return JSON.stringify(value).replace(/[^\0-~]/g, (character) => `\\u${hex(character)}`);
}

/** The same with the members of all objects the other way round. */
function reordered(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(reordered);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reordered(member)]),
  );
}
