import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import {type PluginDefinition, pluginId} from '../../src/migration/plugin.js';
import {type CheckPluginOptions, checkPlugin, runPluginChecks} from '../../src/testing/check-plugin.js';
import {foreignPlugin, goldenCases} from '../migration/samples.js';
import {rejection} from '../rejection.js';

const team: PluginDefinition = {
  ...foreignPlugin({
    keys: ['acme/team'],
    reads: ['common/name'],
    up: (draft) => {
      const name = draft.get('common/name');
      if (name) draft.set('acme/team', name.split('-')[0] ?? '');
    },
  }),
};

/** The names of the checks that a plugin fails, and what the first says. */
async function failures(
  definition: Partial<PluginDefinition>,
  options?: CheckPluginOptions,
): Promise<{readonly names: readonly string[]; readonly message: string}> {
  const checks = await runPluginChecks({...team, ...definition}, options);
  const failed = checks.filter(({status}) => status === 'failed');
  return {names: failed.map(({name}) => name), message: failed[0]?.message ?? ''};
}

describe('checkPlugin', () => {
  it('tells every check that a sound plugin passes', async () => {
    const checks = await checkPlugin(team);
    expect(checks.map(({status}) => status)).to.deep.equal(checks.map(() => 'passed'));
    expect(checks.map(({name}) => name)).to.deep.equal([
      "is a plugin, and fits beside VIC's own",
      'touches declared keys only',
      'survives every odd value',
      'leaves unknown keys alone',
      'applies once and only once',
      'goes by its declared keys alone',
      'undo restores every key',
      'verify finds it at its goal',
    ]);
  });

  for (const plugin of builtinPlugins) {
    it(`passes ${pluginId(plugin)}, with the golden data for examples`, async () => {
      const examples = goldenCases()
        .filter(({target, error}) => target === plugin.target && error === undefined)
        .map(({name, config}) => ({name, before: config, after: config}));
      const checks = await runPluginChecks(plugin, {examples});
      // The golden results are those of all plugins together: only what they start from serves here.
      const own = checks.filter(({name}) => !name.startsWith('makes of example'));
      expect(own.filter(({status}) => status !== 'passed')).to.deep.equal([]);
    });
  }

  it('asks of plugins in memory nothing about ledgers', async () => {
    const checks = await checkPlugin({...team, persist: false});
    expect(checks.map(({name}) => name)).not.to.include('undo restores every key');
    expect(checks).to.have.length(6);
  });

  it('compares examples key by key, and says what is wrong with which', async () => {
    const before = {'common/name': 'blue-web', 'guestinfo.x': 'x'};
    const right = {name: 'right', before, after: {...before, 'acme/team': 'blue'}};
    expect((await failures({}, {examples: [right]})).names).to.deep.equal([]);
    const wrong = {name: 'wrong', before, after: {...before, 'acme/team': 'red', more: '1'}};
    expect(await failures({}, {examples: [right, wrong]})).to.deep.equal({
      names: ['makes of example wrong what it should'],
      message: 'acme/team is "blue", and should be "red"; more is absent, and should be "1"',
    });
    const inMemory = {persist: false, examples: [right, {before, after: before}]};
    expect((await failures({persist: false}, inMemory)).names).to.deep.equal([
      'makes of example 2 what it should',
    ]);
  });

  const faulty: readonly (readonly [string, Partial<PluginDefinition>, string, RegExp])[] = [
    ['is none', {revision: 0}, "is a plugin, and fits beside VIC's own", /revision must be 1 or more/],
    ['has VIC’s name', {name: 'container-createtime'}, "is a plugin, and fits beside VIC's own", /same name/],
    [
      'writes a key that it did not declare',
      {up: (draft) => draft.set('acme/other', 'x')},
      'touches declared keys only',
      /touched acme\/other, which it does not declare/,
    ],
    [
      'reads a key that it did not declare, for one value only',
      {up: (draft) => void (draft.get('common/name') === '007' && draft.get('acme/other'))},
      'touches declared keys only',
      /with "007" in .*touched acme\/other/,
    ],
    [
      'writes what it only reads',
      {up: (draft) => draft.set('common/name', 'x')},
      'touches declared keys only',
      /changed common\/name, which it declares only to read/,
    ],
    [
      'takes every value for JSON',
      {up: (draft) => draft.set('acme/team', String(JSON.parse(draft.get('common/name') ?? '1')))},
      'survives every odd value',
      /failed: .*JSON/,
    ],
    [
      'does not expect an absent key',
      {up: (draft) => draft.set('acme/team', (draft.get('common/name') as string).trim())},
      'survives every odd value',
      /every declared key absent.*failed/,
    ],
    [
      'writes what XML cannot carry',
      {up: (draft) => draft.set('acme/team', String.fromCharCode(7))},
      'survives every odd value',
      /XML cannot carry/,
    ],
    [
      'changes so much that no ledger can hold it',
      {
        keys: Array.from({length: 60}, (_, i) => `acme/team-${i}`),
        up: (draft) => {
          for (let i = 0; i < 60; i += 1) draft.set(`acme/team-${i}`, 'x');
        },
      },
      'survives every odd value',
      /ledger would have \d+ bytes/,
    ],
    [
      'never does anything',
      {up: () => {}},
      'applies once and only once',
      /changed nothing in \d+ trials.*give an example/,
    ],
    [
      'adds to its own result',
      {up: (draft) => draft.set('acme/team', `${draft.get('acme/team') ?? ''}x`)},
      'applies once and only once',
      /changes its own result again once the ledger is lost/,
    ],
  ];
  for (const [what, definition, name, words] of faulty) {
    it(`fails one that ${what}`, async () => {
      const {names, message} = await failures(definition);
      expect(names).to.deep.equal([name]);
      expect(message).to.match(words);
    });
  }

  it('fails one that goes by something else than its keys', async () => {
    let calls = 0;
    const {names} = await failures({up: (draft) => draft.set('acme/team', `call ${++calls}`)});
    expect(names).to.include('goes by its declared keys alone').and.include('verify finds it at its goal');
  });

  it('fails one whose promise never settles, and runs no check after it', async () => {
    const checks = await runPluginChecks({...team, up: () => new Promise(() => {})}, {timeLimit: 1});
    expect(checks.find(({status}) => status === 'failed')?.message).to.match(/did not settle within 1 ms/);
    expect(checks.slice(3).every(({status}) => status === 'not-run')).to.equal(true);
  });

  it('accepts one that refuses what it cannot migrate', async () => {
    const refusing = {
      up: (draft: Parameters<PluginDefinition['up']>[0]) => {
        if (!draft.get('common/name')) draft.refuse('VCH_ERR_NAME_MISSING', 'no name');
        draft.set('acme/team', 'x');
      },
    };
    expect((await failures(refusing)).names).to.deep.equal([]);
  });

  it('rejects with everything that failed, by the id of the plugin', async () => {
    const error = await rejection(checkPlugin({...team, up: () => {}}));
    expect(error.code).to.equal('VCH_ERR_PLUGIN_INVALID');
    expect(error.message).to.match(
      /^plugin 1000-sample fails 1 of 8 checks: applies once and only once: .*plugins check/,
    );
  });
});
