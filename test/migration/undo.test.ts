import {expect} from 'chai';
import fc from 'fast-check';
import {builtinPlugins} from '../../plugins/index.js';
import {applyChanges} from '../../src/extraconfig/extra-config.js';
import {writtenKeys} from '../../src/migration/decision.js';
import {parseLedger} from '../../src/migration/ledger.js';
import {planVm, type VmInput} from '../../src/migration/plan.js';
import {createRegistry, type PluginRegistry} from '../../src/migration/registry.js';
import {planUndo, type UndoFilter} from '../../src/migration/undo.js';
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

const BOTH = ['0004-container-rename-disabled', '0002-container-common-name'];
const withSample = createRegistry([...builtinPlugins, foreignPlugin()]);

async function undone(registry: PluginRegistry, input: VmInput, filter: UndoFilter = {}) {
  const undo = await planUndo(registry, input, filter);
  if (undo.status !== 'pending')
    throw new Error(`${undo.status} ${'error' in undo ? undo.error.message : ''}`);
  return {ids: undo.applied, config: applyChanges(input.config, writtenKeys(undo))};
}

async function refused(registry: PluginRegistry, input: VmInput, filter: UndoFilter = {}) {
  const undo = await planUndo(registry, input, filter);
  if (undo.status !== 'conflict' && undo.status !== 'refused') throw new Error(undo.status);
  expect(undo).not.to.have.property('changes');
  return {status: undo.status, code: undo.error.code, message: undo.error.message};
}

describe('undo of one VM', () => {
  it('restores what was there before: absent keys, <nil> and all', async () => {
    for (const hidden of [{}, {[NAME]: '<nil>'}, {[NAME]: ''}, {[MARK]: 'false'}]) {
      const input = container({[LEGACY_NAME]: 'web', other: 'x', ...hidden});
      const {ids, config} = await undone(builtin, await applied(builtin, input));
      expect(ids).to.deep.equal(BOTH);
      expect(config).to.deep.equal(input.config);
    }
  });

  it('restores every ExtraConfig exactly after every apply', async () => {
    await fc.assert(
      fc.asyncProperty(containerConfig, async (config) => {
        fc.pre((await planVm(withSample, container(config), run)).status === 'pending');
        const back = await undone(withSample, await applied(withSample, container(config)));
        expect(Object.entries(back.config).sort()).to.deep.equal(Object.entries(config).sort());
      }),
    );
  });

  it('has nothing to do without a ledger', async () => {
    expect(await planUndo(builtin, container({[NAME]: 'web', [MARK]: 'true'}))).to.deep.equal({
      status: 'unchanged',
      findings: [],
    });
  });

  it('refuses a ledger that names another VM, unless no other VM can be meant', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const clone = {...vm, instanceUuid: 'another'};
    expect((await refused(builtin, clone)).code).to.equal('VCH_ERR_LEDGER_INVALID');
    // A run that the ledger does not name is not undone in any case.
    expect((await planUndo(builtin, clone, {run: 'no-such-run'})).status).to.equal('unchanged');
    const undo = await planUndo(builtin, {...clone, isOnly: true});
    expect(undo.status).to.equal('pending');
    expect(undo.findings.map(({code}) => code)).to.deep.equal(['ledger-restored']);
    expect((await refused(builtin, {...clone, id: 'another', isOnly: true})).code).to.equal(
      'VCH_ERR_LEDGER_INVALID',
    );
  });

  it('gives a ledger that stays the instance UUID of the VM as it is now', async () => {
    const vm = await applied(withSample, container({[LEGACY_NAME]: 'web'}));
    const restored = {...vm, instanceUuid: 'now', isOnly: true};
    const undo = await planUndo(withSample, restored, {to: 4});
    if (undo.status !== 'pending') throw new Error(undo.status);
    expect(parseLedger(undo.ledger?.after, {id: vm.id, instanceUuid: 'now'}).status).to.equal('valid');
  });

  it('leaves a VM whole whose key was changed since, and names the key and both values', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    for (const [key, value] of [
      [NAME, 'evil'],
      [NAME, null],
      [MARK, 'false'],
      [NAME, '<nil>'],
    ] as const) {
      const {status, code, message} = await refused(builtin, tampered(vm, {[key]: value}));
      expect([status, code]).to.deep.equal(['conflict', 'VCH_ERR_CONFLICT']);
      expect(message)
        .to.include(key)
        .and.to.match(value === null ? /is gone/ : /is ".*", but 000/);
      expect(message).not.to.match(/Migration .* failed/);
    }
  });

  it('does not mind keys that it did not write', async () => {
    const vm = tampered(await applied(builtin, container({[LEGACY_NAME]: 'web'})), {
      [VERSION]: '5',
      new: 'x',
    });
    expect((await undone(builtin, vm)).config).to.deep.equal({
      [LEGACY_NAME]: 'web',
      [VERSION]: '5',
      new: 'x',
    });
  });

  it('undoes one run only, and keeps the history of the others', async () => {
    const first = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const second = await applied(withSample, first, {...run, runId: 'run-2'});
    const newer = await undone(withSample, second, {run: 'run-2'});
    expect(newer.ids).to.deep.equal(['1000-sample']);
    expect(newer.config).to.deep.equal(first.config);
    const older = await undone(withSample, second, {run: 'run-1'});
    expect(older.ids).to.deep.equal(BOTH);
    expect(older.config).to.include({'sample/key': 'done'}).and.not.to.have.any.keys(NAME, MARK);
    expect(older.config[LEDGER]).to.include('run-2').and.not.to.include('run-1');
    expect((await planUndo(withSample, second, {run: 'run-3'})).status).to.equal('unchanged');
  });

  it('undoes everything above a version, and keeps that version', async () => {
    const vm = await applied(withSample, container({[LEGACY_NAME]: 'web'}));
    const toTwo = await undone(withSample, vm, {to: 2});
    expect(toTwo.ids).to.deep.equal(['1000-sample', '0004-container-rename-disabled']);
    expect(toTwo.config[NAME]).to.equal('web');
    expect((await undone(withSample, {...vm, config: toTwo.config})).config).to.deep.equal({
      [LEGACY_NAME]: 'web',
    });
    expect((await planUndo(withSample, vm, {to: 1000})).status).to.equal('unchanged');
  });

  it('is a conflict where a later plugin wrote the same key, even to the same value', async () => {
    const again = foreignPlugin({
      version: 1001,
      name: 'again',
      up: (draft) => draft.set('sample/key', 'more'),
    });
    const back = foreignPlugin({version: 1002, name: 'back', up: (draft) => draft.set('sample/key', 'done')});
    const first = await applied(createRegistry([foreignPlugin()]), container({[VERSION]: '10', [NAME]: 'n'}));
    const registry = createRegistry([foreignPlugin(), again]);
    const second = await applied(registry, first, {...run, runId: 'run-2'});
    const all = createRegistry([foreignPlugin(), again, back]);
    const third = await applied(all, second, {...run, runId: 'run-3'});
    const {status, message} = await refused(all, third, {run: 'run-1'});
    expect(status).to.equal('conflict');
    expect(message).to.match(/1001-again changed sample\/key after 1000-sample/);
    expect((await undone(all, third)).config).to.deep.equal({[VERSION]: '10', [NAME]: 'n'});
  });

  it('refuses to restore a key that no registered plugin declares', async () => {
    const vm = await applied(withSample, container({[LEGACY_NAME]: 'web'}));
    const {status, code, message} = await refused(builtin, vm);
    expect([status, code]).to.deep.equal(['refused', 'VCH_ERR_LEDGER_INVALID']);
    expect(message).to.match(/1000-sample changed sample\/key.*--plugins/);
    expect(
      (await undone(createRegistry([...builtinPlugins, foreignPlugin({revision: 2})]), vm)).ids,
    ).to.have.length(3);
  });

  it('refuses a ledger that was changed by hand', async () => {
    const vm = await applied(builtin, container({[LEGACY_NAME]: 'web'}));
    const edited = vm.config[LEDGER]?.replace('"common/name":null', '"common/name":"evil"') ?? '';
    expect(edited).not.to.equal(vm.config[LEDGER]);
    expect(await refused(builtin, tampered(vm, {[LEDGER]: edited}))).to.include({
      status: 'refused',
      code: 'VCH_ERR_LEDGER_INVALID',
    });
  });

  it('cannot restore what held a secret, since no ledger does', async () => {
    const env = 'guestinfo.vice./init/sessions|vicadmin/cmd/Env~';
    const vm = await applied(builtin, appliance({[env]: 'HTTP_PROXY=http://u:hunter2@proxy:3128'}));
    expect(vm.config[LEDGER]).to.include(env).and.not.to.include('hunter2');
    expect(await refused(builtin, vm)).to.include({status: 'refused', code: 'VCH_ERR_LEDGER_INVALID'});
  });
});
