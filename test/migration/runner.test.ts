import {expect} from 'chai';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {planVm} from '../../src/migration/plan.js';
import {createRegistry} from '../../src/migration/registry.js';
import {container, foreignPlugin, NAME, run, VERSION} from './samples.js';

const input = container({[NAME]: 'n', [VERSION]: '10'});

describe('the runner', () => {
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
