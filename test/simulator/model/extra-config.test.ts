import {expect} from 'chai';
import fc from 'fast-check';
import {ExtraConfig, IDENTITY, NAME} from '../../../src/simulator/model/extra-config.js';

const ID = 'c0ffee'.repeat(8);
const KEYS = ['a', 'b', `s|${IDENTITY}/x`, 'own'];

function filled(text: string): string {
  return text.replaceAll(IDENTITY, ID).replaceAll(NAME, () => 'web$&');
}

describe('simulator ExtraConfig', () => {
  it('behaves like a map that was filled from the template, whatever is done to it', () => {
    const template = fc.dictionary(
      fc.constantFrom(...KEYS.slice(0, 3)),
      fc.constantFrom('x', IDENTITY, `:${NAME}|`),
    );
    const action = fc.record({key: fc.constantFrom(...KEYS), value: fc.option(fc.constantFrom('1', '2'))});
    fc.assert(
      fc.property(template, fc.array(action), (entries, actions) => {
        const shared = new Map(Object.entries(entries));
        const config = new ExtraConfig({template: shared, identity: ID, name: 'web$&'});
        const copy = config.clone();
        const expected = new Map(Array.from(shared, ([key, value]) => [filled(key), filled(value)]));
        const original = new Map(expected);
        for (const {key, value} of actions) {
          if (value === null) config.delete(filled(key));
          else config.set(filled(key), value);
          if (value === null) expected.delete(filled(key));
          else expected.set(filled(key), value);
        }
        expect(new Map(config.entries())).to.deep.equal(expected);
        for (const key of KEYS.map(filled)) expect(config.get(key)).to.equal(expected.get(key));
        expect(new Map(copy.entries())).to.deep.equal(original);
      }),
    );
  });
});
