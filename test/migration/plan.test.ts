import {expect} from 'chai';
import fc from 'fast-check';
import {builtinPlugins} from '../../plugins/index.js';
import {isHidden} from '../../src/extraconfig/keys.js';
import {planVm, type VmInput} from '../../src/migration/plan.js';
import type {PluginDefinition} from '../../src/migration/plugin.js';
import {createRegistry} from '../../src/migration/registry.js';
import {
  applied,
  builtin,
  container,
  containerConfig,
  foreignPlugin,
  LEDGER,
  LEGACY_NAME,
  MARK,
  NAME,
  run,
  tampered,
  VERSION,
  vicEncoded,
} from './samples.js';

async function pending(input: VmInput) {
  const plan = await planVm(builtin, input, run);
  if (plan.status !== 'pending')
    throw new Error(`${plan.status}: ${'error' in plan ? plan.error.message : ''}`);
  return plan;
}

async function refusal(input: VmInput, registry = builtin) {
  const plan = await planVm(registry, input, run);
  if (plan.status !== 'refused' && plan.status !== 'failed') throw new Error(plan.status);
  expect(plan).not.to.have.property('changes');
  return {status: plan.status, code: plan.error.code, message: plan.error.message};
}

function failing(up: PluginDefinition['up'], timeLimit?: number) {
  const registry = createRegistry([...builtinPlugins, foreignPlugin({up})]);
  return planVm(registry, container({[LEGACY_NAME]: 'web'}), run, {timeLimit});
}

describe('the plan of one VM', () => {
  it('copies the name of a legacy containerVM and marks it, and tells the history', async () => {
    const plan = await pending(container({[LEGACY_NAME]: 'web', other: 'kept'}));
    expect(plan.applied).to.deep.equal(['0002-container-common-name', '0004-container-rename-disabled']);
    expect(plan.changes).to.deep.equal([
      {key: NAME, before: null, after: 'web'},
      {key: MARK, before: null, after: 'true'},
    ]);
    expect(plan.ledger).to.include({key: LEDGER, before: null});
    expect(plan.findings).to.deep.equal([]);
  });

  it('applies a plugin only below its version', async () => {
    const plans: Record<string, readonly string[]> = {};
    for (const version of ['<nil>', '', '0', '1', '2', '3', '4', '5', '8', '9', '10']) {
      const plan = await planVm(builtin, container({[LEGACY_NAME]: 'web', [VERSION]: version}), run);
      plans[version] = plan.status === 'pending' ? plan.applied.map((id) => id.slice(0, 4)) : [plan.status];
    }
    const [both, mark, none] = [['0002', '0004'], ['0004'], ['unchanged']];
    expect(plans).to.deep.equal({
      '<nil>': both,
      '': both,
      0: both,
      1: both,
      2: mark,
      3: mark,
      4: none,
      5: none,
      8: none,
      9: none,
      10: none,
    });
  });

  it('copies the name raw, over a hidden name that is empty or <nil>', async () => {
    for (const name of [
      ' lead\t',
      'a|b',
      '<![CDATA[x]]>',
      '007',
      'line\nbreak',
      'emoji😀',
      'x'.repeat(65536),
    ]) {
      for (const hidden of [{}, {[NAME]: ''}, {[NAME]: '<nil>'}]) {
        const plan = await pending(container({[LEGACY_NAME]: name, ...hidden}));
        expect(plan.changes[0]?.after).to.equal(name);
      }
    }
  });

  it('keeps a hidden name that has a value, and says where it differs', async () => {
    const differing = await pending(container({[LEGACY_NAME]: 'old', [NAME]: 'new'}));
    expect(differing.changes.map(({key}) => key)).to.deep.equal([MARK]);
    expect(differing.applied).to.deep.equal(['0004-container-rename-disabled']);
    expect(differing.findings.map(({code}) => code)).to.deep.equal(['names-differ']);
    const equal = await pending(container({[LEGACY_NAME]: 'web', [NAME]: 'web'}));
    expect(equal.changes.map(({key}) => key)).to.deep.equal([MARK]);
    expect(equal.findings).to.deep.equal([]);
  });

  it('refuses a VM without a name where plugin 2 is due, and never derives one', async () => {
    for (const config of [{}, {[LEGACY_NAME]: ''}, {[LEGACY_NAME]: '<nil>', [NAME]: '<nil>'}]) {
      const {status, code, message} = await refusal(container(config));
      expect([status, code]).to.deep.equal(['refused', 'VCH_ERR_NAME_MISSING']);
      expect(message)
        .to.include('a'.repeat(64))
        .and.to.match(/vch-migrate plan/);
    }
    const legacyAtTwo = await pending(container({[VERSION]: '2'}));
    expect(legacyAtTwo.changes.map(({key}) => key)).to.deep.equal([MARK]);
  });

  it('refuses a data version that is no number to VIC, a negative one, or one above its own', async () => {
    for (const version of ['zz', '-1', ' 1', '1 ', '1.0', '0x3', '1e1', '٣']) {
      expect(await refusal(container({[VERSION]: version, [LEGACY_NAME]: 'web'})), version).to.include({
        code: 'VCH_ERR_DATA_VERSION_INVALID',
      });
    }
    expect(await refusal(container({[VERSION]: '11', [NAME]: 'web'}))).to.include({
      code: 'VCH_ERR_DATA_TOO_NEW',
    });
  });

  it('has nothing to do for a VM that it migrated', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    expect((await planVm(builtin, vm, run)).status).to.equal('unchanged');
    // umzug goes by the ledger: a plugin that it names is not run again, whatever the keys say.
    expect((await planVm(builtin, tampered(vm, {[NAME]: null}), run)).status).to.equal('unchanged');
  });

  it('writes no ledger where nothing changes', async () => {
    const plan = await planVm(builtin, container({[LEGACY_NAME]: 'web', [NAME]: 'web', [MARK]: 'true'}), run);
    expect(plan.status).to.equal('unchanged');
    // It can only have been this tool that set the mark, and then its ledger is lost.
    expect(plan.findings.map(({code}) => code)).to.deep.equal(['ledger-missing']);
  });

  it('misses a ledger below data version 4 alone, from which on nothing of ours sets the mark', async () => {
    const codes = async (version: string) =>
      (
        await planVm(builtin, container({[VERSION]: version, [NAME]: 'web', [MARK]: 'true'}), run)
      ).findings.map(({code}) => code);
    expect(await codes('3')).to.include('ledger-missing');
    expect(await codes('4')).not.to.include('ledger-missing');
  });

  it('refuses a value that XML cannot carry', async () => {
    const {code, message} = await refusal(container({[LEGACY_NAME]: 'we\u0001b'}));
    expect(code).to.equal('VCH_ERR_TRANSPORT');
    expect(message).to.match(/common\/name .*U\+0001/);
  });

  it('refuses a history that would not fit in the ledger', async () => {
    const {code, message} = await refusal(
      container({[NAME]: 'n', [VERSION]: '10', 'sample/key': 'x'.repeat(5000)}),
      createRegistry([foreignPlugin()]),
    );
    expect(code).to.equal('VCH_ERR_LEDGER_INVALID');
    expect(message).to.match(/4096/);
  });

  it('writes to containerVMs hidden keys only, and what the rules say, for every map of VIC’s encoder', async () => {
    const maps = vicEncoded().filter(({target}) => target === 'container');
    expect(maps).to.have.length(12);
    for (const {name, config} of maps) {
      const plan = await planVm(builtin, container(config), run);
      const version = Number(config[VERSION] ?? '0');
      const wanted = [...(version < 2 ? [NAME] : []), ...(version < 4 ? [MARK] : [])];
      const keys = plan.status === 'pending' ? plan.changes.map(({key}) => key) : [];
      expect(keys, name).to.deep.equal(wanted);
      expect(keys.every(isHidden)).to.equal(true);
    }
  });

  it('plans the same for any order of keys, leaves its input alone and is done after one apply', async () => {
    await fc.assert(
      fc.asyncProperty(containerConfig, async (config) => {
        const input = container(Object.freeze({...config}));
        const plan = await planVm(builtin, input, run);
        const reversed = container(Object.fromEntries(Object.entries(config).reverse()));
        expect(await planVm(builtin, reversed, run)).to.deep.equal(plan);
        expect(input.config).to.deep.equal(config);
        if (plan.status !== 'pending') return;
        expect(plan.changes.every(({key, before, after}) => isHidden(key) && before !== after)).to.equal(
          true,
        );
        expect((await planVm(builtin, await applied(builtin, input), run)).status).to.equal('unchanged');
      }),
    );
  });

  describe('with a plugin that does wrong', () => {
    it('fails the VM with the plugin’s id and its cause, and without what it held', async () => {
      const plan = await failing(() => {
        throw new Error('no luck with http://u:hunter2@host');
      });
      expect(plan.status).to.equal('failed');
      expect(plan).not.to.have.property('changes');
      if (plan.status !== 'failed') return;
      expect(plan.error.code).to.equal('VCH_ERR_PLUGIN_FAILED');
      expect(plan.error.message)
        .to.match(/1000-sample .*no luck/)
        .and.not.to.include('hunter2');
      expect(plan.error.message).not.to.match(/MigrationError|Migration .* failed/);
    });

    it('fails the VM when a promise is rejected, with whatever', async () => {
      for (const reason of [new Error('late'), 'late', undefined]) {
        expect((await failing(() => Promise.reject(reason))).status).to.equal('failed');
      }
    });

    it('fails the VM when a promise never settles', async () => {
      const plan = await failing(() => new Promise(() => {}), 1);
      expect(plan.status === 'failed' && plan.error.message).to.match(
        /1000-sample .*did not settle within 1 ms/,
      );
    });

    it('finds the plugin invalid when a key is touched that was not declared, caught or not', async () => {
      for (const touch of [
        (draft: Parameters<PluginDefinition['up']>[0]) => draft.set('else', 'x'),
        (draft: Parameters<PluginDefinition['up']>[0]) => {
          try {
            draft.get('else');
          } catch {}
        },
      ]) {
        const plan = await failing(touch);
        expect(plan.status === 'failed' && plan.error.code).to.equal('VCH_ERR_PLUGIN_INVALID');
        expect(plan.status === 'failed' && plan.error.message).to.match(/else, which it does not declare/);
      }
    });
  });
});
