import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {text} from 'node:stream/consumers';
import {expect} from 'chai';
import {startProcess} from '../on-simulator.js';
import {describeWithPeers, runPeer} from '../peers.js';
import {pluginSource, withDirectory} from '../temporary-directory.js';

const main = (args: readonly string[], variables?: Readonly<Record<string, string>>) =>
  startProcess(args, variables).ended;

describe('vch-migrate, the process', () => {
  it('prints the version of the package', async () => {
    const {version} = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(await main(['--version'])).to.deep.equal({code: 0, stdout: `${version}\n`, stderr: ''});
  });

  it('prints its commands, environment and exit codes with --help', async () => {
    const {code, stdout, stderr} = await main(['--help']);
    expect([code, stderr]).to.deep.equal([0, '']);
    for (const word of [
      'ls',
      'plan',
      'dry-run',
      'apply',
      'undo',
      'status',
      'verify',
      'plugins',
      'simulate',
      'GOVC_URL',
      '130',
    ]) {
      expect(stdout).to.include(word);
    }
  });

  it('exits 5 with one line for an unknown option', async () => {
    const {code, stdout, stderr} = await main(['plan', '--tarqet', 'x']);
    expect([code, stdout]).to.deep.equal([5, '']);
    expect(stderr).to.match(
      /^vch-migrate: VCH_ERR_USAGE: unknown option --tarqet, did you mean --target\?[^\n]*\n$/,
    );
  });

  it('exits 5 where a password is missing and nobody can be asked', async () => {
    const {code, stderr} = await main(['plan', '-t', 'vc.invalid', '-u', 'ann']);
    expect(code).to.equal(5);
    expect(stderr).to.match(/password is missing.*--password-file/);
  });

  it('exits 5 where it would write without being told which VCH', async () => {
    const {code, stderr} = await main(['apply'], {GOVC_URL: 'u:p@vc.invalid'});
    expect(code).to.equal(5);
    expect(stderr).to.include('--name or --id is missing');
  });

  it('ends although a plugin has left a timer behind', async () => {
    const up = 'draft => { setInterval(() => {}, 3_600_000); draft.set("sample/key", "done"); }';
    await withDirectory({'a.mjs': pluginSource({up})}, async (directory) => {
      const {code, stdout} = await main([
        'plan',
        '--target=sim:fixtures/legacy.json',
        '--plugins',
        directory,
        '--detailed-exitcode',
      ]);
      expect(code).to.equal(2);
      expect(stdout).to.include('sample/key');
    });
  });

  const planWith = (up: string, ...args: readonly string[]) =>
    withDirectory({'a.mjs': pluginSource({up})}, (directory) =>
      main(['plan', '--target=sim:fixtures/legacy.json', '--plugins', directory, ...args]),
    );

  const silent: readonly (readonly [string, string])[] = [
    ['ends the process', '() => process.exit(0)'],
    ['throws where nobody listens', '() => new Promise(() => setTimeout(() => { throw null; }, 0))'],
  ];
  for (const [what, up] of silent) {
    it(`says so, with exit 1, when a plugin ${what}`, async () => {
      const {code, stdout, stderr} = await planWith(up);
      expect([code, stdout]).to.deep.equal([1, '']);
      expect(stderr.trimEnd().split('\n').at(-1)).to.match(
        /^vch-migrate: VCH_ERR_INTERNAL: .*vch-migrate status/,
      );
    });
  }

  it('finishes what is in flight when a plugin throws in the middle of an upgrade where nobody listens', async () => {
    // The appliance is planned three times before its power is off.
    const up = `draft => {
      globalThis.calls = (globalThis.calls ?? 0) + 1;
      if (globalThis.calls > 3) setTimeout(() => { throw new RangeError(); }, 0);
      draft.set('sample/key', 'done');
    }`;
    const source = pluginSource({up, target: "'appliance'"});
    await withDirectory({'plugins/a.mjs': source}, async (directory) => {
      const report = `${directory}/report.json`;
      const {code, stderr} = await main([
        ...['upgrade', '--target=sim:fixtures/legacy.json', '--name=vch1', '--data-only', '--yes'],
        ...['--plugins', `${directory}/plugins`, '--report', report],
      ]);
      expect(code).to.equal(1);
      expect(stderr.trimEnd().split('\n').at(-1)).to.match(/VCH_ERR_INTERNAL: .*\(RangeError\)/);
      const {upgrade, vch} = JSON.parse(readFileSync(report, 'utf8'));
      expect([upgrade.result, vch.powerState]).to.deep.equal(['resumable', 'poweredOn']);
    });
  });

  it('keeps stdout free of what a plugin prints', async () => {
    const {code, stdout, stderr} = await planWith(
      '() => { console.log("from the plugin"); process.stdout.write("raw"); }',
      '--format',
      'json',
    );
    expect(code).to.equal(0);
    expect(JSON.parse(stdout)).to.include({command: 'plan'});
    expect(stderr).to.include('from the plugin').and.include('raw');
  });

  it('ends quietly when nobody reads its output', async () => {
    const child = spawn(process.execPath, ['dist/cli/main.js', '--help'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.destroy();
    const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect([code, stderr]).to.deep.equal([0, '']);
  });
});

describeWithPeers('vch-migrate, when its terminal is taken away', ['python'], ({python}) => {
  it('writes its report and exits 129, also while it asks', async () => {
    await withDirectory({}, async (directory) => {
      const report = `${directory}/report.json`;
      const {output} = await runPeer(
        python,
        [
          ...['test/peers/drop_terminal.py', 'Continue?', process.execPath, 'dist/cli/main.js', 'apply'],
          ...['--target=sim:fixtures/legacy.json', '--name=vch1', '--report', report],
        ],
        {XDG_STATE_HOME: directory},
      );
      expect(output.trim()).to.equal('129');
      expect(JSON.parse(readFileSync(report, 'utf8'))).to.include({command: 'apply', interrupted: true});
    });
  });
});
