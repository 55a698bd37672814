import {expect} from 'chai';
import fc from 'fast-check';
import {escapeName, unescapeName} from '../../src/vim25/managed-object.js';

describe('vim25/managed-object: names', () => {
  it('escapes what inventory paths are made with, and nothing else', () => {
    expect(escapeName('a/b\\c 5%-ü')).to.equal('a%2fb%5cc 5%25-ü');
    expect(unescapeName('a%2Fb%5Cc 5%25-ü')).to.equal('a/b\\c 5%-ü');
  });

  it('gives every name back unchanged', () => {
    const name = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom('%', '2f', '/', '\\', '25', '%5c')).map((parts) => parts.join('')),
    );
    fc.assert(fc.property(name, (text) => unescapeName(escapeName(text)) === text));
  });
});
