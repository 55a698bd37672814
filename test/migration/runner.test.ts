import {expect} from 'chai';
import {Draft} from '../../src/extraconfig/draft.js';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {planVm} from '../../src/migration/plan.js';
import {createRegistry, fingerprint} from '../../src/migration/registry.js';
import {PluginSession, Refusal} from '../../src/migration/runner.js';
import {container, foreignPlugin, NAME, run, VERSION} from './samples.js';

const input = container({[NAME]: 'n', [VERSION]: '10'});

describe('the runner', () => {
  it('reports a plugin that fails with something that is no error, and has no text', async () => {
    for (const thrown of [Object.create(null), Symbol('odd'), undefined]) {
      const plugin = foreignPlugin({
        up: () => {
          throw thrown;
        },
      });
      const plan = await planVm(createRegistry([plugin]), input, run);
      expect(plan.status === 'failed' && plan.error.code).to.equal('VCH_ERR_PLUGIN_FAILED');
    }
  });

  it('gives a plugin the data version, and waits for its promise', async () => {
    const plugin = foreignPlugin({
      up: async (draft, {dataVersion}) => {
        await Promise.resolve();
        draft.set('sample/key', `at ${dataVersion}`);
      },
    });
    const plan = await planVm(createRegistry([plugin]), input, run);
    expect(plan.status === 'pending' && plan.changes).to.deep.equal([
      {key: 'sample/key', before: null, after: 'at 10'},
    ]);
  });

  it('runs plugins in the order of their versions, each on what the one before left', async () => {
    const first = foreignPlugin({version: 1001, name: 'first', up: (draft) => draft.set('sample/key', 'a')});
    const second = foreignPlugin({
      version: 1002,
      name: 'second',
      up: (draft) => draft.set('sample/key', `${draft.get('sample/key')}b`),
    });
    const plan = await planVm(createRegistry([second, first]), input, run);
    expect(plan.status === 'pending' && plan.applied).to.deep.equal(['1001-first', '1002-second']);
    expect(plan.status === 'pending' && plan.changes[0]?.after).to.equal('ab');
  });

  it('tells of a plugin that throws something that has no text', async () => {
    const plugin = foreignPlugin({
      up: () => {
        throw Object.create(null);
      },
    });
    const plan = await planVm(createRegistry([plugin]), input, run);
    expect(plan.status === 'failed' && plan.error).to.include({code: 'VCH_ERR_PLUGIN_FAILED'});
    expect(plan.status === 'failed' && plan.error.message).to.include('a value that has no text (object)');
  });

  it('finds no value where a key is called like a member of every object', async () => {
    const plugin = foreignPlugin({keys: ['constructor'], up: (draft) => draft.set('constructor', 'x')});
    const registry = createRegistry([plugin]);
    expect(fingerprint(registry, input.config).constructor).to.equal(null);
    const plan = await planVm(registry, input, run);
    expect(plan.status === 'pending' && plan.changes).to.deep.equal([
      {key: 'constructor', before: null, after: 'x'},
    ]);
  });

  it('closes the draft of a plugin that is over its time', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let late: Promise<unknown> = Promise.resolve('never ran');
    const plugin = foreignPlugin({
      up: (draft) => {
        const done = released.then(() => draft.set('sample/key', 'late'));
        late = done.catch((error: unknown) => error);
        return done;
      },
    });
    const plan = await planVm(createRegistry([plugin]), input, run, {timeLimit: 1});
    expect(plan.status).to.equal('failed');
    release();
    expect(String(await late)).to.match(/draft is closed/);
  });

  it('keeps nothing of a plugin that refuses in memory, and goes on with the next', async () => {
    const refusing = foreignPlugin({
      version: 1001,
      name: 'refusing',
      keys: ['half/key'],
      up: (draft) => {
        draft.set('half/key', 'half');
        draft.refuse('VCH_ERR_CONFLICT', 'not this one');
      },
    });
    const {config, applied, findings} = await migrateConfigWith(
      createRegistry([refusing, foreignPlugin({version: 1002})]),
      'container',
      input.config,
    );
    expect(config).to.deep.equal({...input.config, 'sample/key': 'done'});
    expect(applied).to.deep.equal(['1002-sample']);
    expect(findings).to.deep.equal([{code: 'VCH_ERR_CONFLICT', message: 'not this one'}]);
  });

  it('writes nothing at all where one plugin of several refuses', async () => {
    const refusing = foreignPlugin({
      version: 1002,
      name: 'refusing',
      up: (draft) => draft.refuse('VCH_ERR_CONFLICT', 'not this one'),
    });
    const plan = await planVm(createRegistry([foreignPlugin(), refusing]), input, run);
    expect(plan.status === 'refused' && plan.error.code).to.equal('VCH_ERR_CONFLICT');
    expect(plan).not.to.have.property('changes');
  });

  it('writes neither change nor ledger where plugins cancel each other out', async () => {
    const back = foreignPlugin({version: 1001, name: 'back', up: (draft) => draft.delete('sample/key')});
    expect((await planVm(createRegistry([foreignPlugin(), back]), input, run)).status).to.equal('unchanged');
  });

  it('fails a migration in memory whose plugin fails', async () => {
    const plugin = foreignPlugin({
      up: () => {
        throw new Error('no luck');
      },
    });
    const error = await migrateConfigWith(createRegistry([plugin]), 'container', input.config).catch(
      (e: unknown) => e,
    );
    expect(error).to.include({code: 'VCH_ERR_PLUGIN_FAILED'});
  });
});

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
    expect(session.stopped).to.be.an('error').and.not.instanceOf(Refusal);
  });

  it('takes strings only', () => {
    const {session} = open({});
    // What plain JavaScript could pass.
    expect(() => session.draft.set('a', 1 as unknown as string)).to.throw(/not a string/);
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
    expect(session.stopped).to.be.instanceOf(Refusal);
    // What plain JavaScript could pass: no code of ours, so a fault of the plugin.
    const {session: other} = open({});
    expect(() => other.draft.refuse('NO_CODE' as 'VCH_ERR_CONFLICT', 'no')).to.throw(/not an error code/);
    expect(other.stopped).to.be.an('error').and.not.instanceOf(Refusal);
  });

  it('is closed once the plugin is over', () => {
    const {draft, session} = open({});
    session.close();
    expect(() => session.draft.set('a', 'late')).to.throw(/closed/);
    expect(draft.changes()).to.deep.equal([]);
  });
});
