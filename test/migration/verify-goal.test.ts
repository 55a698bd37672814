import {expect} from 'chai';
import fc from 'fast-check';
import {builtinPlugins} from '../../plugins/index.js';
import {planVm, type VmInput} from '../../src/migration/plan.js';
import {createRegistry} from '../../src/migration/registry.js';
import {COMPARED, verifyGoal} from '../../src/migration/verify-goal.js';
import {
  appliance,
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
} from './samples.js';

async function contradiction(input: VmInput, registry = builtin) {
  const check = await verifyGoal(registry, input);
  if (check.status !== 'failed') throw new Error(`${check.status}: ${JSON.stringify(input.config)}`);
  const {error} = check;
  const [, faults] = /is not at its goal: (.*)\. Look at/.exec(error.message) ?? [];
  const keys = faults?.split('; ').map((fault) => fault.split(' ')[0]);
  return {error, keys: keys ?? (error.message.includes(`its ledger ${LEDGER} is not valid`) ? [LEDGER] : [])};
}

describe('the check of one VM', () => {
  it('finds every VM at its goal after apply', async () => {
    await fc.assert(
      fc.asyncProperty(containerConfig, async (config) => {
        fc.pre((await planVm(builtin, container(config), run)).status === 'pending');
        expect((await verifyGoal(builtin, await applied(builtin, container(config)))).status).to.equal(
          'unchanged',
        );
      }),
    );
  });

  it('finds a VM at its goal that nothing applies to', async () => {
    for (const version of ['4', '5', '9', '10']) {
      expect((await verifyGoal(builtin, container({[VERSION]: version, [NAME]: 'web'}))).status).to.equal(
        'unchanged',
      );
    }
  });

  it('names the one key that was tampered with, whichever it is', async () => {
    const vms = [
      await applied(builtin, container({[LEGACY_NAME]: 'web'})),
      await applied(builtin, container({[LEGACY_NAME]: 'web', [NAME]: '<nil>', [VERSION]: '1'})),
      await applied(builtin, container({[LEGACY_NAME]: 'web', [NAME]: 'other', [VERSION]: '0'})),
      await applied(builtin, container({[NAME]: 'web', [VERSION]: '3'})),
    ];
    for (const vm of vms) {
      for (const [key, values] of [
        [NAME, ['evil', '', '<nil>', null]],
        [MARK, ['false', '', 'True', null]],
        [LEDGER, ['evil', '{}', '[]', null, vm.config[LEDGER]?.replace('administrator', 'evil') ?? null]],
        [LEGACY_NAME, ['evil', '<nil>']],
        [VERSION, ['2', '5', '10', '999', 'zz']],
      ] as const) {
        for (const value of values) {
          const {keys} = await contradiction(tampered(vm, {[key]: value}));
          expect(keys, `${key} = ${value}`).to.deep.equal([key]);
        }
      }
    }
  });

  it('tells of each comparison that could be made, and how it came out', async () => {
    const {ledger, name, mark, guest} = COMPARED;
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const good = {[ledger]: true, [name]: true, [mark]: true, [guest]: true};
    for (const [input, expected] of [
      [vm, good],
      [tampered(vm, {[NAME]: 'evil'}), {...good, [name]: false}],
      [tampered(vm, {[NAME]: null}), {...good, [name]: false}],
      [tampered(vm, {[MARK]: null}), {...good, [mark]: false}],
      [tampered(vm, {[LEGACY_NAME]: 'evil'}), {...good, [guest]: false}],
      [tampered(vm, {[LEDGER]: 'evil'}), {[ledger]: false}],
      [tampered(vm, {[LEDGER]: null}), {...good, [ledger]: false}],
      [container({[VERSION]: '9', [NAME]: 'web'}), {[name]: true, [guest]: true}],
      [container({[VERSION]: '9', [LEGACY_NAME]: 'web'}), {[guest]: true}],
    ] as const) {
      const compared: Record<string, boolean> = {};
      await verifyGoal(builtin, input, (check, ok) => {
        compared[check] = ok;
      });
      expect(compared, JSON.stringify(input.config)).to.deep.equal(expected);
    }
  });

  it('goes by the last plugin where several wrote a key', async () => {
    const second = foreignPlugin({
      version: 1001,
      name: 'second',
      up: (draft) => draft.set('sample/key', '2'),
    });
    const registry = createRegistry([foreignPlugin(), second]);
    const vm = await applied(registry, container({[NAME]: 'web'}));
    expect((await verifyGoal(registry, vm)).status).to.equal('unchanged');
    expect((await contradiction(tampered(vm, {'sample/key': 'done'}), registry)).keys).to.deep.equal([
      'sample/key',
    ]);
  });

  it('has the findings about names, and names a VM to govc by its reference', async () => {
    const {findings} = await verifyGoal(
      builtin,
      container({[VERSION]: '9', [LEGACY_NAME]: 'a', [NAME]: 'b'}),
    );
    expect(findings.map(({code}) => code)).to.include('names-differ');
    const vm = tampered(await applied(builtin, container({[LEGACY_NAME]: 'web'})), {[LEDGER]: null});
    const {error} = await contradiction({...vm, ref: 'VirtualMachine:vm-7'});
    expect(error.message).to.contain('govc vm.change -vm VirtualMachine:vm-7 -e');
  });

  it('says what the key should hold, and shows no secret', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const {error} = await contradiction(tampered(vm, {[NAME]: 'http://u:hunter2@host'}));
    expect(error.code).to.equal('VCH_ERR_VERIFY');
    expect(error.message).to.match(/common\/name is "http:\/\/\(sensitive\)@host", and should be "web"/);
  });

  it('contradicts a VM on which something is still to be done', async () => {
    const {keys, error} = await contradiction(container({[LEGACY_NAME]: 'web'}));
    expect(keys).to.deep.equal([NAME, MARK]);
    expect(error.message).to.match(/common\/name is absent, and should be "web"/);
    const registry = createRegistry([...builtinPlugins, foreignPlugin()]);
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    expect((await contradiction(vm, registry)).keys).to.deep.equal(['sample/key']);
  });

  it('refuses what plan refuses', async () => {
    for (const [config, code] of [
      [{}, 'VCH_ERR_NAME_MISSING'],
      [{[VERSION]: 'zz'}, 'VCH_ERR_DATA_VERSION_INVALID'],
      [{[VERSION]: '999'}, 'VCH_ERR_DATA_TOO_NEW'],
      [{[LEGACY_NAME]: 'web', [LEDGER]: 'garbage'}, 'VCH_ERR_LEDGER_INVALID'],
    ] as const) {
      const check = await verifyGoal(builtin, container(config));
      expect(check.status === 'refused' && check.error.code, JSON.stringify(config)).to.equal(code);
    }
  });

  it('refuses a clone with another VM’s ledger', async () => {
    const clone = {...(await applied(builtin, container({[LEGACY_NAME]: 'web'}))), id: 'b'.repeat(64)};
    const check = await verifyGoal(builtin, clone);
    expect(check.status === 'refused' && check.error.code).to.equal('VCH_ERR_LEDGER_INVALID');
  });

  it('accepts an appliance whose data version the upgrade has raised since, and no other', async () => {
    const key = 'guestinfo.vice./init/version/PluginVersion';
    const vm = await applied(builtin, appliance({'guestinfo.vice./init/common/name': 'vch', [key]: '0'}));
    expect((await verifyGoal(builtin, tampered(vm, {[key]: '5'}))).status).to.equal('failed');
    expect((await verifyGoal(builtin, vm)).status).to.equal('unchanged');
    expect((await verifyGoal(builtin, tampered(vm, {[key]: '10'}))).status).to.equal('unchanged');
  });

  it('compares what it can where the ledger kept no secret', async () => {
    const env = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';
    const vm = await applied(builtin, appliance({[env]: 'HTTP_PROXY=http://u:hunter2@proxy:3128'}));
    expect((await verifyGoal(builtin, vm)).status).to.equal('unchanged');
    const {keys, error} = await contradiction(
      tampered(vm, {[env]: 'VICADMIN_HTTP_PROXY=http://u:hunter3@proxy'}),
    );
    expect(keys).to.deep.equal([env]);
    expect(error.message).not.to.include('hunter');
  });
});
