import {join} from 'node:path';
import {expect} from 'chai';
import type {ApplianceOutcome} from '../../src/containers/outcome.js';
import {writeIso} from '../iso-file.js';
import {vchMigrate} from '../on-simulator.js';
import {withDirectory} from '../temporary-directory.js';
import {runCommandLine, runOutcome, withTarget} from './fake-cli.js';

const VCH = ['-n', 'vch1'];
const APPLIANCE: ApplianceOutcome = {
  ...{id: 'vm-12', kind: 'appliance', displayName: 'vch1', powerState: 'poweredOn', dataVersion: 0},
  ...{status: 'pending', applied: [], changes: [], findings: [], error: null},
};
const UPGRADE = ['upgrade', ...VCH, '--yes'];
const NAMED = ['--appliance-iso', 'a.iso', '--bootstrap-iso', 'b.iso'];

/** Runs a command line in a folder with these ISO files. */
async function inFolder(files: readonly string[], args: readonly string[], typed?: readonly string[]) {
  const home = process.cwd();
  return withDirectory({}, async (directory) => {
    for (const name of files) await writeIso(join(directory, name), {content: name});
    process.chdir(directory);
    try {
      return await runCommandLine(args, {
        ...withTarget,
        ...(typed === undefined ? {} : {typed}),
        async operate(options) {
          await options.confirm?.({...runOutcome([]), vms: [APPLIANCE]});
          return runOutcome([]);
        },
      });
    } finally {
      process.chdir(home);
    }
  });
}

describe('the ISO files of an upgrade', () => {
  const taken: readonly (readonly [string, readonly string[], readonly string[], readonly string[]])[] = [
    ['both as named', ['a.iso', 'b.iso', 'appliance.iso', 'bootstrap.iso'], NAMED, ['a.iso', 'b.iso']],
    [
      "by vic-machine's short names",
      ['a.iso', 'b.iso'],
      ['--ai', 'a.iso', '--bi', 'b.iso'],
      ['a.iso', 'b.iso'],
    ],
    [
      'both of the current folder',
      ['appliance.iso', 'bootstrap.iso'],
      [],
      ['appliance.iso', 'bootstrap.iso'],
    ],
    ['none with --data-only', ['appliance.iso', 'bootstrap.iso'], ['--data-only'], []],
  ];
  for (const [how, files, options, expected] of taken) {
    it(`are taken ${how}`, async () => {
      for (const args of [UPGRADE, ['upgrade', ...VCH, '--dry-run'], ['check']]) {
        const {code, runs} = await inFolder(files, [...args, ...options]);
        expect([code, pathsOf(runs[0])], args.join(' ')).to.deep.equal([0, expected]);
      }
    });
  }

  const refused: readonly (readonly [string, readonly string[], readonly string[], RegExp])[] = [
    ['none', [], [], /name --appliance-iso and --bootstrap-iso, or change the data alone with --data-only/],
    ['one in the folder', ['appliance.iso'], [], /are not both in the current folder/],
    ['the appliance alone', ['a.iso', 'bootstrap.iso'], NAMED.slice(0, 2), /--bootstrap-iso is missing/],
    ['the bootstrap alone', ['b.iso', 'appliance.iso'], NAMED.slice(2), /--appliance-iso is missing/],
    ['files and --data-only', ['a.iso', 'b.iso'], [...NAMED, '--data-only'], /--data-only excludes/],
  ];
  for (const [what, files, options, message] of refused) {
    it(`are refused with exit 5 before any contact: ${what}`, async () => {
      const {code, calls, stderr} = await inFolder(files, [...UPGRADE, ...options]);
      expect([code, calls]).to.deep.equal([5, []]);
      expect(stderr).to.match(message);
    });
  }

  it('name the help of the command that was typed', async () => {
    for (const [command = '', ...args] of [UPGRADE, ['rehearse', ...VCH]]) {
      const {code, stderr} = await inFolder([], [command, ...args]);
      expect(code).to.equal(5);
      expect(stderr).to.contain(`; see vch-migrate ${command} --help`);
    }
  });

  it('stand in the question, with their versions', async () => {
    const {questions} = await inFolder(['appliance.iso', 'bootstrap.iso'], ['upgrade'], ['vch1']);
    expect(questions[0]).to.contain(
      'appliance.iso (v1.5.6-20000-0a1b2c3), bootstrap.iso (v1.5.6-20000-0a1b2c3)',
    );
  });
});

describe("vic-machine's flags", () => {
  for (const force of ['--force', '-f']) {
    it(`takes ${force} for the skips it lumped together, and says which`, async () => {
      const {runs} = await inFolder([], [...UPGRADE, '--data-only', force]);
      expect(runs[0]).to.include({skipVersionCheck: true, skipIsoCheck: true});
      const {stderr} = await vchMigrate(['check', ...VCH, '-t', 'sim:fixtures/legacy.json', force]);
      expect(stderr).to.contain('--force stands for --skip-version-check and --skip-iso-check');
    });
  }

  for (const [debug, on] of [
    [['--debug', '3'], true],
    [['--debug=1'], true],
    [['-v', '2'], true],
    [['--debug', '0'], false],
    [['--debug=0'], false],
    [['--debug'], true],
  ] as const) {
    it(`takes ${debug.join(' ')} for ${on ? '--debug' : 'nothing'}`, async () => {
      const {code, stderr} = await runCommandLine(['plan', ...debug], withTarget);
      expect(code, stderr).to.equal(0);
      expect(/run 11111111/.test(stderr)).to.equal(on);
    });
  }
});

function pathsOf(options: object | undefined): readonly string[] {
  const {applianceIso, bootstrapIso}: {applianceIso?: {path: string}; bootstrapIso?: {path: string}} =
    options ?? {};
  return [applianceIso, bootstrapIso].flatMap((iso) => (iso === undefined ? [] : [iso.path]));
}
