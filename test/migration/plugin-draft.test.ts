import {expect} from 'chai';
import {Draft} from '../../src/extraconfig/draft.js';
import {PluginSession} from '../../src/migration/plugin-draft.js';
import {foreignPlugin} from './samples.js';

const plugin = foreignPlugin({keys: ['a', 'list|*/x'], reads: ['r']});

function open(config: Record<string, string>) {
  const draft = new Draft(config);
  return {draft, session: new PluginSession(plugin, draft)};
}

describe('what a plugin sees of a VM', () => {
  it('is its declared keys', () => {
    const {session} = open({a: '<nil>', r: 'R', 'list|0/x': '1', other: 'o'});
    expect(session.draft.keys()).to.deep.equal(['a', 'list|0/x', 'r']);
    expect([session.draft.get('a'), session.draft.get('r'), session.draft.get('list|1/x')]).to.deep.equal([
      '',
      'R',
      undefined,
    ]);
    expect(() => session.draft.get('other')).to.throw(/other, which it does not declare/);
  });

  it('keeps its hands off keys that it declares only to read', () => {
    const {draft, session} = open({r: 'R'});
    expect(() => session.draft.set('r', 'x')).to.throw(/r, which it declares only to read/);
    expect(() => session.draft.delete('r')).to.throw(/only to read/);
    expect(draft.changes()).to.deep.equal([]);
    expect(session.stopped?.status).to.equal('failed');
  });

  it('takes strings only', () => {
    const {session} = open({});
    // What plain JavaScript could pass.
    expect(() => session.draft.set('a', 1 as unknown as string)).to.throw(/no string/);
  });

  it('tells what changed in the end, with the raw values from before', () => {
    const {session} = open({a: '<nil>', 'list|0/x': 'x'});
    session.draft.set('a', 'first');
    session.draft.set('a', 'second');
    session.draft.set('list|0/x', 'y');
    session.draft.set('list|0/x', 'x');
    session.draft.set('list|1/x', 'new');
    expect([...session.changed()]).to.deep.equal([
      ['a', '<nil>'],
      ['list|1/x', null],
    ]);
    session.revert();
    expect(session.changed().size).to.equal(0);
  });

  it('remembers a refusal that the plugin caught', () => {
    const {session} = open({});
    expect(() => session.draft.refuse('VCH_ERR_NAME_MISSING', 'no name')).to.throw('no name');
    expect(session.stopped).to.include({status: 'refused'});
  });

  it('is closed once the plugin is over', () => {
    const {draft, session} = open({});
    session.close();
    expect(() => session.draft.set('a', 'late')).to.throw(/closed/);
    expect(draft.changes()).to.deep.equal([]);
  });
});
