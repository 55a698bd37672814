import {expect} from 'chai';
import fc from 'fast-check';
import {Draft} from '../../src/extraconfig/draft.js';
import {applyChanges, optionValues} from '../../src/extraconfig/extra-config.js';

const key = fc.constantFrom('a', 'b', 'common/name', '__proto__', 'constructor');
const raw = fc.oneof(fc.constantFrom('', '<nil>', 'x', ' x '), fc.string({unit: 'binary'}));
const config = fc.dictionary(key, raw, {noNullPrototype: true});
const edit = fc.tuple(fc.constantFrom('set', 'delete'), key, raw);

describe('a draft', () => {
  it('tells an empty value from an absent key', () => {
    const draft = new Draft({empty: '<nil>', name: 'web'});
    expect(draft.get('empty')).to.equal('');
    expect(draft.raw('empty')).to.equal('<nil>');
    expect(draft.get('absent')).to.equal(undefined);
    expect(draft.raw('absent')).to.equal(null);
    expect(draft.get('toString')).to.equal(undefined);
  });

  it('stores an empty text as <nil> and removes on delete', () => {
    const draft = new Draft({a: 'x', b: 'y'});
    draft.set('a', '');
    draft.delete('b');
    expect(draft.changes()).to.deep.equal([
      {key: 'a', before: 'x', after: '<nil>'},
      {key: 'b', before: 'y', after: null},
    ]);
    expect(optionValues(draft.changes())).to.deep.equal([
      {key: 'a', value: '<nil>'},
      {key: 'b', value: ''},
    ]);
    expect(draft.keys()).to.deep.equal(['a']);
  });

  it('takes the text that is there already for no change', () => {
    const draft = new Draft({a: '', b: '<nil>', c: 'x'});
    for (const [key, text] of [
      ['a', ''],
      ['b', ''],
      ['c', 'x'],
    ] as const)
      draft.set(key, text);
    draft.delete('absent');
    expect(draft.changes()).to.deep.equal([]);
  });

  it('forgets an edit that was taken back', () => {
    const draft = new Draft({a: '<nil>'});
    draft.set('a', 'x');
    draft.set('b', 'y');
    draft.set('a', '');
    draft.delete('b');
    expect(draft.changes()).to.deep.equal([]);
  });

  it('gives the smallest list of changes that leads to its state, sorted, and leaves its source alone', () => {
    fc.assert(
      fc.property(config, fc.array(edit), (source, edits) => {
        const untouched = structuredClone(source);
        const draft = new Draft(source);
        for (const [what, key, text] of edits) what === 'set' ? draft.set(key, text) : draft.delete(key);
        const changes = draft.changes();
        expect(source).to.deep.equal(untouched);
        for (const {key, before, after} of changes) {
          expect(before).not.to.equal(after);
          expect(before).to.equal(Object.hasOwn(source, key) ? source[key] : null);
        }
        expect(changes.map(({key}) => key)).to.deep.equal([...new Set(changes.map(({key}) => key))].sort());
        const result = applyChanges(source, changes);
        expect(Object.keys(result).sort()).to.deep.equal(draft.keys());
        for (const key of Object.keys(result)) expect(result[key]).to.equal(draft.raw(key));
      }),
    );
  });
});
