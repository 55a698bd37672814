import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {reportOf, vmOf} from '../on-simulator.js';
import {containerIdOf, smallVch, withSimulator} from '../small-vch.js';
import {pluginSource, withDirectory} from '../temporary-directory.js';

const LEDGER = 'vch-migrate/ledger';
const fixture = smallVch([
  {name: 'web', dataVersion: '10', hiddenName: 'web'},
  {name: 'db', dataVersion: '10', hiddenName: 'db'},
]);
const [WEB, DB] = ['vm-101', 'vm-102'];

/** Everything that reads ledgers finds it on WEB, says the way out, and leaves DB alone. */
async function expectRefused(simulator: Simulator, words: RegExp, ...plugins: readonly string[]) {
  for (const [command, code] of [
    ['plan', 0],
    ['status', 0],
    ['verify', 3],
    ['apply', 3],
  ] as const) {
    const before = simulator.inventory.vm(WEB).extraConfig();
    const ended = await reportOf(simulator, command, ...plugins);
    const {status, error} = vmOf(ended.report, WEB);
    expect([command, status, error?.code]).to.deep.equal([command, 'refused', 'VCH_ERR_LEDGER_INVALID']);
    expect(error?.message).to.match(words);
    expect(vmOf(ended.report, DB).status, command).not.to.equal('refused');
    expect(ended.code, command).to.equal(code);
    expect(simulator.inventory.vm(WEB).extraConfig()).to.deep.equal(before);
  }
}

/** A simulator on which WEB went through a plugin: its ledger names it; and two directories of plugins. */
function withHistory(
  first: string,
  second: string,
  use: (
    simulator: Simulator,
    directories: {readonly first: string; readonly second: string},
  ) => Promise<void>,
): Promise<void> {
  // Only WEB has what the plugins look for.
  const files = {'first/a.mjs': first, 'second/a.mjs': second};
  return withDirectory(files, (directory) =>
    withSimulator({fixture}, async (simulator) => {
      const directories = {first: `${directory}/first`, second: `${directory}/second`};
      const {report} = await reportOf(simulator, 'apply', '--plugins', directories.first);
      expect(vmOf(report, WEB).status).to.equal('changed');
      expect(vmOf(report, DB).status).to.equal('unchanged');
      await use(simulator, directories);
    }),
  );
}

const onWeb = (body: string) => ({
  reads: "['common/name']",
  up: `(draft) => { if (draft.get('common/name') === 'web') ${body}; }`,
});
const sample = onWeb("draft.set('sample/key', 'done')");

describe('the history of a VM', () => {
  it('is refused where it names a plugin that is not registered', async () => {
    await withHistory(pluginSource(sample), pluginSource(sample), async (simulator, {first}) => {
      const way = /names the plugin 1000-sample, which is not registered.*--plugins/;
      await expectRefused(simulator, way);
      // The way out that the message names.
      expect((await reportOf(simulator, 'verify', '--plugins', first)).code).to.equal(0);
    });
  });

  it('is refused where a plugin has another revision now, until that is undone', async () => {
    const raised = pluginSource({...sample, revision: '2'});
    await withHistory(pluginSource(sample), raised, async (simulator, {second}) => {
      const way =
        /revision 1 of the plugin 1000-sample was applied, but revision 2 is registered.*undo --to 999/;
      await expectRefused(simulator, way, '--plugins', second);
      await reportOf(simulator, 'undo', '--to', '999', '--plugins', second);
      await reportOf(simulator, 'apply', '--plugins', second);
      expect((await reportOf(simulator, 'verify', '--plugins', second)).code).to.equal(0);
    });
  });

  it('is refused where a plugin below an applied one was never applied, until that is undone', async () => {
    const first = pluginSource({...sample, version: '1001'});
    const late = pluginSource({...onWeb("draft.set('late/key', 'x')"), name: "'late'", keys: "['late/key']"});
    await withHistory(first, late, async (simulator, directories) => {
      const plugins = ['--plugins', directories.first, '--plugins', directories.second];
      const way = /1000-late was never applied, but 1001-sample with a higher version was.*undo --to 999/;
      await expectRefused(simulator, way, ...plugins);
      await reportOf(simulator, 'undo', '--to', '999', ...plugins);
      const again = await reportOf(simulator, 'apply', ...plugins);
      expect(vmOf(again.report, WEB).applied).to.deep.equal(['1000-late', '1001-sample']);
      expect((await reportOf(simulator, 'verify', ...plugins)).code).to.equal(0);
    });
  });

  for (const [what, ledger] of [
    ['no JSON', '{'],
    ['another kind of JSON', '[]'],
    ['changed by hand', null],
  ] as const) {
    it(`is refused where it is ${what}, and begins anew where it is taken away`, async () => {
      await withHistory(pluginSource(sample), pluginSource(sample), async (simulator, {first}) => {
        const vm = simulator.inventory.vm(WEB);
        const changed = (vm.extraConfig()[LEDGER] ?? '').replace('"revision":1', '"revision":3');
        vm.change({[LEDGER]: ledger ?? changed});
        const way = /ledger vch-migrate\/ledger is not valid.*govc vm\.change .*-e vch-migrate\/ledger=/;
        await expectRefused(simulator, way, '--plugins', first);
        vm.change({[LEDGER]: null});
        expect((await reportOf(simulator, 'verify', '--plugins', first)).code).to.equal(0);
      });
    });
  }

  it('is refused where it is another VM’s, as on a clone', async () => {
    const anywhere = "draft.set('sample/key', 'done')";
    const source = pluginSource({up: `(draft) => ${anywhere}`});
    await withDirectory({'a.mjs': source}, (directory) =>
      withSimulator({fixture}, async (simulator) => {
        const plugins = ['--plugins', directory];
        await reportOf(simulator, 'apply', ...plugins);
        const ledger = simulator.inventory.vm(DB).extraConfig()[LEDGER] ?? '';
        simulator.inventory.vm(WEB).change({[LEDGER]: ledger});
        const way = new RegExp(`belongs to another VM \\(${containerIdOf('db')}\\).*vch-migrate/ledger=`);
        await expectRefused(simulator, way, ...plugins);
        simulator.inventory.vm(WEB).change({[LEDGER]: null});
        expect((await reportOf(simulator, 'verify', ...plugins)).code).to.equal(0);
      }),
    );
  });
});
