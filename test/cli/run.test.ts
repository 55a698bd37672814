import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {parsed, runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';

describe('run', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  it('keeps stdout for the result, and stderr silent under --quiet', async () => {
    const operate = (
      options: Parameters<NonNullable<Parameters<typeof runCommandLine>[1]>['operate'] & object>[0],
    ) => {
      options.onProgress?.({type: 'phase', phase: 'read', total: 7});
      options.log.warn('careful');
      return runOutcome([vmOutcome()]);
    };
    const loud = await runCommandLine(['plan'], {...withTarget, operate});
    expect(loud.stderr).to.match(
      /^\d\d:\d\d:\d\d UTC {2}reading: 7 containerVMs\n\d\d:\d\d:\d\d UTC {2}warning: careful\n$/,
    );
    expect(loud.stdout).to.not.include('careful');
    const quiet = await runCommandLine(['plan', '--quiet'], {...withTarget, operate});
    expect(quiet.stderr).to.equal('');
  });

  it('tells a failure in one line, with its code, and for programs as JSON', async () => {
    const connect = () => {
      throw new VchError('VCH_ERR_AUTH', 'vc.example refused ann\nwith pl4nted-pw; check the password');
    };
    const {code, stdout, stderr} = await runCommandLine(['plan', '--format', 'json'], {
      ...withTarget,
      connect,
    });
    expect(code).to.equal(1);
    expect(stderr).to.equal(
      'vch-migrate: VCH_ERR_AUTH: vc.example refused ann with ***; check the password\n',
    );
    expect(parsed(stdout)).to.deep.include({
      schema: 'vch-migrate/error/v1',
      error: {code: 'VCH_ERR_AUTH', message: 'vc.example refused ann\nwith ***; check the password'},
    });
  });

  it('shows no stack, but under --debug, and no secret even there', async () => {
    const connect = () => {
      throw new TypeError('boom pl4nted-pw vmware_soap_session="pl4nted2"');
    };
    const plain = await runCommandLine(['plan'], {...withTarget, connect});
    expect(plain.stderr.trimEnd().split('\n')).to.have.length(1);
    expect(plain.stderr).to.match(
      /^vch-migrate: VCH_ERR_INTERNAL: a defect of vch-migrate: TypeError: boom \*\*\*/,
    );
    const debug = await runCommandLine(['plan', '--debug'], {...withTarget, connect});
    expect(debug.stderr).to.include('caused by:').and.include('run.test.');
    expect(plain.stderr + debug.stderr).to.not.include('pl4nted');
  });

  it('keeps a log of JSON lines in a file, without secrets', async () => {
    const path = join(folder, 'run.log');
    await runCommandLine(['plan', '--log-file', path, '--debug'], {
      ...withTarget,
      operate: (options) => {
        options.log.debug('sent pl4nted-pw');
        return runOutcome([]);
      },
    });
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n').map(parsed);
    expect(lines[0]?.message).to.match(/^run /);
    expect(lines[1]).to.include({level: 'debug', message: 'sent ***'});
    expect(lines[0]?.time).to.match(/^2026-01-02T03:04:/);
  });

  it('refuses a log file that cannot be opened before anything is done', async () => {
    const {code, stderr, calls} = await runCommandLine(
      ['plan', '--log-file', join(folder, 'no', 'x.log')],
      withTarget,
    );
    expect([code, calls]).to.deep.equal([5, []]);
    expect(stderr).to.match(/^vch-migrate: VCH_ERR_USAGE: --log-file cannot be opened \(ENOENT\)/);
  });

  it('exits 4 where an upgrade holds the lock', async () => {
    const operate = () => {
      throw new VchError('VCH_ERR_LOCKED', 'held; wait');
    };
    expect((await runCommandLine(['apply', '-n', 'vch1', '--yes'], {...withTarget, operate})).code).to.equal(
      4,
    );
  });
});
