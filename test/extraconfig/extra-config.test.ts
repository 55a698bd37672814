import {expect} from 'chai';
import {applyChanges, optionValues} from '../../src/extraconfig/extra-config.js';

describe('deltas', () => {
  it('sends the value "" for a removal and raw values for the rest', () => {
    const changes = [
      {key: 'a', before: 'x', after: null},
      {key: 'b', before: null, after: '<nil>'},
    ];
    expect(optionValues(changes)).to.deep.equal([
      {key: 'a', value: ''},
      {key: 'b', value: '<nil>'},
    ]);
  });

  it('applies to a copy', () => {
    const config = {a: 'x', b: 'y'};
    const result = applyChanges(config, [
      {key: 'a', before: 'x', after: null},
      {key: 'c', before: null, after: 'z'},
    ]);
    expect(result).to.deep.equal({b: 'y', c: 'z'});
    expect(config).to.deep.equal({a: 'x', b: 'y'});
  });
});
