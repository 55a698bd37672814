import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import {history} from '../../src/migration/history.js';
import {planVm, type VmInput} from '../../src/migration/plan.js';
import {createRegistry, type PluginRegistry} from '../../src/migration/registry.js';
import {verifyGoal} from '../../src/migration/verify-goal.js';
import {
  applied,
  builtin,
  container,
  foreignPlugin,
  LEDGER,
  LEGACY_NAME,
  NAME,
  run,
  tampered,
  VERSION,
} from './samples.js';

/** Both plan and verify refuse it, with these words in the message. */
async function expectRefused(registry: PluginRegistry, input: VmInput, words: RegExp) {
  const plan = await planVm(registry, input, run);
  const check = await verifyGoal(registry, input);
  for (const result of [plan, check]) {
    expect(result.status).to.equal('refused');
    if (result.status !== 'refused') return;
    expect(result.error.code).to.equal('VCH_ERR_LEDGER_INVALID');
    expect(result.error.message).to.match(words);
  }
}

describe('the history of a VM', () => {
  it('lists what its own ledger names, in order', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    expect(history(vm)).to.deep.equal(['0002-container-common-name', '0004-container-rename-disabled']);
    expect(history({...vm, instanceUuid: 'another'})).to.deep.equal([]);
    expect(history(tampered(vm, {[LEDGER]: null}))).to.deep.equal([]);
  });

  it('is refused where it names a plugin that is not registered', async () => {
    const vm = await applied(createRegistry([foreignPlugin()]), container({[NAME]: 'n', [VERSION]: '9'}));
    await expectRefused(builtin, vm, /1000-sample, which is not registered\. .*--plugins/);
  });

  it('is refused where a plugin has another revision now', async () => {
    const vm = await applied(createRegistry([foreignPlugin()]), container({[NAME]: 'n', [VERSION]: '9'}));
    await expectRefused(
      createRegistry([foreignPlugin({revision: 2})]),
      vm,
      /revision 1 .*1000-sample.*undo --to 999/,
    );
  });

  it('is refused where a plugin below an applied one was never applied', async () => {
    const late = foreignPlugin({
      version: 1000,
      name: 'late',
      keys: ['late/key'],
      up: (draft) => draft.set('late/key', 'x'),
    });
    const vm = await applied(
      createRegistry([foreignPlugin({version: 1001})]),
      container({[NAME]: 'n', [VERSION]: '9'}),
    );
    const registry = createRegistry([late, foreignPlugin({version: 1001})]);
    await expectRefused(
      registry,
      vm,
      /1000-late was never applied, but 1001-sample with a higher version was.*undo --to 999/,
    );
  });

  it('has no gap where the plugin below has nothing to change', async () => {
    const vm = await applied(builtin, container({[NAME]: 'web', [LEGACY_NAME]: 'web'}));
    expect(history(vm)).to.deep.equal(['0004-container-rename-disabled']);
    expect((await planVm(builtin, vm, run)).status).to.equal('unchanged');
  });

  it('is refused where it belongs to another VM, and the way out is named', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    await expectRefused(
      builtin,
      {...vm, instanceUuid: 'another'},
      /another VM.*govc vm\.change .*vch-migrate\/ledger=/,
    );
    await expectRefused(
      builtin,
      {...vm, id: 'b'.repeat(64)},
      /another VM \(containerVM a{64}|another VM \(a{64}/,
    );
  });

  it('begins anew on a clone once the way out was taken', async () => {
    const clone = {...(await applied(builtin, container({[LEGACY_NAME]: 'web'}))), instanceUuid: 'another'};
    const cleared = tampered(clone, {[LEDGER]: null, 'common/rename-disabled': null});
    const anew = await applied(createRegistry(builtinPlugins), cleared);
    expect((await verifyGoal(builtin, anew)).status).to.equal('unchanged');
  });
});
