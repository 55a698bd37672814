import {expect} from 'chai';
import fc from 'fast-check';
import {canonicalJson} from '../../src/migration/canonical-json.js';

describe('canonical JSON', () => {
  it('sorts keys and escapes everything beyond ASCII', () => {
    expect(canonicalJson({b: [1, null, true], a: 'ü😀\u007f"\n'})).to.equal(
      '{"a":"\\u00fc\\ud83d\\ude00\\u007f\\"\\n","b":[1,null,true]}',
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
