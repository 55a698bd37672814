import {existsSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {withDirectory} from '../temporary-directory.js';
import {runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';

/** Runs a command line with a home of its own; gives what it printed and the log files that it left. */
async function withHome(
  args: readonly string[],
  script: Partial<Parameters<typeof runCommandLine>[1]> = {},
  variables: (home: string) => Readonly<Record<string, string>> = (home) => ({HOME: home}),
) {
  return withDirectory({}, async (home) => {
    const ended = await runCommandLine(args, {
      ...withTarget,
      ...script,
      variables: {...withTarget.variables, ...variables(home)},
    });
    const places = [join(home, '.local/state/vch-migrate'), join(home, 'state/vch-migrate')];
    const files = places.flatMap((folder) =>
      existsSync(folder)
        ? readdirSync(folder).map((name) => {
            const path = join(folder, name);
            return {path, mode: statSync(path).mode & 0o777, text: readFileSync(path, 'utf8')};
          })
        : [],
    );
    return {...ended, files};
  });
}

const gone = () => {
  throw new VchError('VCH_ERR_TRANSPORT', 'vc.example is gone');
};

describe('the log file of a run that names none', () => {
  it("is one a day for its owner alone, in the user's state directory", async () => {
    const {files, stderr} = await withHome(['plan']);
    expect(files.map(({path}) => path.split('/').at(-1))).to.deep.equal(['2026-01-02.log']);
    expect(files[0]?.mode).to.equal(0o600);
    expect(files[0]?.text).to.match(/"message":"run \S+: vch-migrate plan"/);
    expect(stderr).not.to.include('2026-01-02.log');
    const elsewhere = await withHome(['plan'], {}, (home) => ({HOME: home, XDG_STATE_HOME: `${home}/state`}));
    expect(elsewhere.files[0]?.path).to.match(/\/state\/vch-migrate\/2026-01-02\.log$/);
    expect(elsewhere.files).to.have.lengthOf(1);
  });

  it('is named at the end of every failure', async () => {
    const {stderr, files} = await withHome(['plan'], {operate: gone});
    expect(stderr.trimEnd().split('\n').at(-1)).to.match(
      /^\d\d:\d\d:\d\d UTC {2}the log of this run is in \S+\/2026-01-02\.log$/,
    );
    expect(files[0]?.text).to.include('vc.example is gone');
    const partly = await withHome(['apply', '--name', 'vch1', '--yes'], {
      operate: () =>
        runOutcome([vmOutcome({status: 'failed', error: new VchError('VCH_ERR_VIM_FAULT', 'no')})]),
    });
    expect(partly.stdout).to.include(`  Log            ${partly.files[0]?.path}\n`);
  });

  it('is not kept with --no-log-file, with another one, without a home or a target, or where it cannot be', async () => {
    expect((await withHome(['plan', '--no-log-file'])).files).to.deep.equal([]);
    expect((await withHome(['plan', '--log-file', '/dev/null'])).files).to.deep.equal([]);
    expect((await withHome(['plan'], {}, () => ({}))).files).to.deep.equal([]);
    expect((await withHome(['plugins', 'list'])).files).to.deep.equal([]);
    const {code} = await withHome(['plan'], {}, () => ({XDG_STATE_HOME: '/dev/null'}));
    expect(code).to.equal(0);
  });
});
