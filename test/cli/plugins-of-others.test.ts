import {expect} from 'chai';
import type {Simulator} from '../../src/simulator/simulator.js';
import {reportOf, vmOf} from '../on-simulator.js';
import {smallVch, withSimulator} from '../small-vch.js';
import {pluginSource, withDirectory} from '../temporary-directory.js';

const fixture = smallVch([
  {name: 'web', dataVersion: '10', hiddenName: 'web'},
  {name: 'db', dataVersion: '10', hiddenName: 'db'},
]);
const [WEB, DB] = ['vm-101', 'vm-102'];

function withPlugins<T>(
  files: Readonly<Record<string, string>>,
  use: (directory: string, simulator: Simulator) => Promise<T>,
): Promise<T> {
  return withDirectory(files, (directory) =>
    withSimulator({fixture}, (simulator) => use(directory, simulator)),
  );
}

describe('--plugins', () => {
  it('has plan, apply, status, verify and undo go by the plugins of a directory', async () => {
    await withPlugins({'sample.mjs': pluginSource()}, async (directory, simulator) => {
      const go = (command: string) => reportOf(simulator, command, '--plugins', directory);
      const config = (id: string) => simulator.inventory.vm(id).extraConfig();
      const before = [config(WEB), config(DB)];

      const planned = await go('plan');
      expect(planned.report.plugins.map(({id}) => id)).to.include('1000-sample');
      expect(vmOf(planned.report, WEB)).to.deep.include({status: 'pending', applied: ['1000-sample']});
      expect(vmOf(planned.report, WEB).changes).to.deep.equal([
        {key: 'sample/key', before: null, after: 'done'},
      ]);
      expect(planned.report.next).to.include(`apply --plugins ${directory}`);

      const applied = await go('apply');
      expect([applied.code, applied.report.summary.changed]).to.deep.equal([0, 2]);
      expect(config(WEB)['sample/key']).to.equal('done');
      expect(vmOf((await go('status')).report, DB).history).to.deep.equal(['1000-sample']);
      expect((await go('verify')).code).to.equal(0);
      expect((await go('apply')).report.summary.unchanged).to.equal(2);

      const undone = await go('undo');
      expect([undone.code, undone.report.summary.changed]).to.deep.equal([0, 2]);
      expect([config(WEB), config(DB)]).to.deep.equal(before);
    });
  });

  it('takes more than one directory', async () => {
    const files = {'a/a.mjs': pluginSource(), 'b/b.mjs': pluginSource({version: '1001', name: "'two'"})};
    await withPlugins(files, async (directory, simulator) => {
      const {report} = await reportOf(
        simulator,
        'plan',
        '--plugins',
        `${directory}/a`,
        '--plugins',
        `${directory}/b`,
      );
      expect(vmOf(report, WEB).applied).to.deep.equal(['1000-sample']);
      expect(report.plugins.map(({id}) => id).slice(-2)).to.deep.equal(['1000-sample', '1001-two']);
    });
  });

  for (const [what, up, words] of [
    ['throws', "throw new Error('no luck')", /1000-sample \(.*sample\.mjs\) failed: no luck/],
    ['rejects', "return Promise.reject(new Error('no luck'))", /failed: no luck/],
    ['never settles', 'return new Promise(() => {})', /failed: it did not settle within 5000 ms/],
  ] as const) {
    it(`fails that VM only where a plugin ${what}, with its name and cause`, async () => {
      const source = pluginSource({
        reads: "['common/name']",
        up: `(draft) => { if (draft.get('common/name') === 'db') { ${up}; } draft.set('sample/key', 'done'); }`,
      });
      await withPlugins({'sample.mjs': source}, async (directory, simulator) => {
        const {code, report} = await reportOf(simulator, 'apply', '--plugins', directory);
        expect(code).to.equal(3);
        expect(vmOf(report, WEB).status).to.equal('changed');
        const {status, error} = vmOf(report, DB);
        expect([status, error?.code]).to.deep.equal(['failed', 'VCH_ERR_PLUGIN_FAILED']);
        expect(error?.message).to.match(words);
        expect(simulator.inventory.vm(DB).reconfigurations).to.equal(0);
      });
    });
  }

  for (const [what, touch] of [
    ['writes', "draft.set('else', 'x')"],
    ['reads', "draft.get('else')"],
    ['removes', "draft.delete('else')"],
  ] as const) {
    it(`refuses a plugin that ${what} a key it did not declare, before anything is written`, async () => {
      const source = pluginSource({
        reads: "['common/name']",
        up: `(draft) => { if (draft.get('common/name') === 'web') ${touch}; draft.set('sample/key', 'done'); }`,
      });
      await withPlugins({'sample.mjs': source}, async (directory, simulator) => {
        for (const command of ['plan', 'apply', 'status', 'verify']) {
          const {code, stdout, stderr} = await reportOf(simulator, command, '--plugins', directory);
          expect(code, command).to.equal(5);
          expect(JSON.parse(stdout).error.code).to.equal('VCH_ERR_PLUGIN_INVALID');
          expect(stderr).to.match(
            /VCH_ERR_PLUGIN_INVALID: .*1000-sample \(.*sample\.mjs\).*touched else, which it does not declare.*Declare the key/,
          );
        }
        expect(simulator.requests.count('ReconfigVM_Task')).to.equal(0);
        expect(simulator.sessions).to.equal(0);
      });
    });
  }

  it('refuses what is no plugin before it logs in', async () => {
    await withPlugins({'sample.mjs': 'export const nothing = 1;'}, async (directory, simulator) => {
      for (const command of ['plan', 'apply', 'undo', 'status', 'verify']) {
        const {code, stderr} = await reportOf(simulator, command, '--plugins', directory);
        expect(code, command).to.equal(5);
        expect(stderr).to.match(/VCH_ERR_PLUGIN_INVALID: .*sample\.mjs is not a plugin/);
      }
      expect(simulator.requests.list).to.deep.equal([]);
    });
  });
});
