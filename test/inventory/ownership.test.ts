import {expect} from 'chai';
import {containerBiosUuid} from '../../src/inventory/ownership.js';

describe('inventory/ownership', () => {
  it('derives the UUIDv5 of RFC 4122', () => {
    // The name-based UUID of "www.example.com" in the DNS namespace; a published value, not of our making.
    expect(containerBiosUuid('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).to.equal(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
  });

  it('derives nothing from what is no UUID', () => {
    expect(containerBiosUuid('not-a-uuid', 'a')).to.equal('');
  });
});
