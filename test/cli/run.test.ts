import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {runCommandLine, runOutcome, VCH, vmOutcome} from './fake-cli.js';

const VARIABLES = {GOVC_URL: 'vc.example', GOVC_USERNAME: 'ann', GOVC_PASSWORD: 'pl4nted-pw'};
const withTarget = {variables: VARIABLES};

function parsed(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error('no JSON object');
  return {...value};
}

describe('command line', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  it('prints a report as JSON on stdout, with the keys of the contract in their order', async () => {
    const {code, stdout} = await runCommandLine(
      ['plan', '--format', 'json', '--change-id', 'CHG-1'],
      withTarget,
    );
    expect(code).to.equal(0);
    const report = parsed(stdout);
    expect(Object.keys(report).slice(0, 12)).to.deep.equal([
      'schema',
      'command',
      'runId',
      'changeId',
      'startedAt',
      'finishedAt',
      'tool',
      'target',
      'vch',
      'plugins',
      'summary',
      'vms',
    ]);
    expect(report).to.include({schema: 'vch-migrate/report/v1', command: 'plan', changeId: 'CHG-1'});
    expect(report.tool).to.deep.equal({name: 'vch-migrate', version: '9.9.9', dataVersion: 10});
    expect(report.target).to.deep.equal({
      url: 'https://vc.example/sdk',
      product: 'VMware vCenter Server 8.0.2',
      apiVersion: '8.0.2.0',
    });
  });

  it('gives the run what the settings say', async () => {
    const args = ['undo', '-n', 'vch1', '--run', 'r1', '--to', '2', '--parallelism', '3', '--expect', '7'];
    const {runs, connects} = await runCommandLine(args, withTarget);
    expect(runs[0]).to.deep.include({
      vch: {name: 'vch1', id: undefined, computeResource: undefined, datacenter: undefined},
      run: 'r1',
      to: 2,
      parallelism: 3,
      expect: 7,
      user: 'ann',
      toolVersion: '9.9.9',
    });
    expect(runs[0]?.runId).to.equal(connects[0]?.runId);
    expect(connects[0]).to.deep.include({user: 'ann', password: 'pl4nted-pw'});
  });

  it('takes dry-run for plan, and options before the command', async () => {
    const {code, calls} = await runCommandLine(['--debug', '-n', 'vch1', 'dry-run'], withTarget);
    expect([code, calls]).to.deep.equal([0, ['connect', 'plan']]);
  });

  it('exits 2 for pending changes when asked for a detailed exit code', async () => {
    const {code} = await runCommandLine(['plan', '--detailed-exitcode'], withTarget);
    expect(code).to.equal(2);
  });

  it('ends a plan with the exact apply, without the password', async () => {
    const args = ['plan', '-t', 'ann@corp:pl4nted@vc.example', '-r', 'my cluster', '--change-id', "it's"];
    const {stdout} = await runCommandLine(args);
    expect(stdout.trimEnd().split('\n').at(-1)).to.equal(
      "Next: vch-migrate apply --target https://ann%40corp@vc.example/sdk --compute-resource 'my cluster' --change-id 'it'\\''s' --name vch1",
    );
  });

  it('masks secrets in changes and findings', async () => {
    const vm = vmOutcome({
      changes: [
        {key: 'x@secret', before: 'pl4nted1', after: 'pl4nted2'},
        {key: 'proxy', before: null, after: 'http://u:pl4nted3@proxy:3128'},
        {key: 'vch-migrate/ledger', before: null, after: 'pl4nted4'},
      ],
      findings: [{code: 'odd', message: 'see http://u:pl4nted5@proxy'}],
    });
    const failed = vmOutcome({
      status: 'failed',
      error: new VchError('VCH_ERR_VIM_FAULT', 'refused pl4nted-pw'),
    });
    for (const format of ['json', 'text']) {
      const {stdout} = await runCommandLine(['plan', '--format', format], {
        ...withTarget,
        operate: () => runOutcome([vm, failed]),
      });
      expect(stdout).to.include('(sensitive)').and.include('refused ***').and.not.include('pl4nted');
      expect(stdout).to.not.include('vch-migrate/ledger');
    }
  });

  it('writes the report to a file besides, in the form its name asks for', async () => {
    for (const name of ['r.json', 'r.txt']) {
      const path = join(folder, name);
      const {stdout} = await runCommandLine(['plan', '--report', path], withTarget);
      expect(stdout).to.match(/^Plan for VCH vch1/);
      const text = readFileSync(path, 'utf8');
      if (name === 'r.json') expect(parsed(text)).to.include({schema: 'vch-migrate/report/v1'});
      else expect(text).to.match(/^Plan for VCH vch1/);
    }
  });

  it('keeps stdout for the result, and stderr silent under --quiet', async () => {
    const operate = (
      options: Parameters<NonNullable<Parameters<typeof runCommandLine>[1]>['operate'] & object>[0],
    ) => {
      options.onProgress?.({type: 'phase', phase: 'read', total: 7});
      options.log.warn('careful');
      return runOutcome([vmOutcome()]);
    };
    const loud = await runCommandLine(['plan'], {...withTarget, operate});
    expect(loud.stderr).to.equal('reading: 7 containerVMs\nwarning: careful\n');
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
    expect(lines[0]).to.include({level: 'debug', message: 'sent ***'});
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
    expect((await runCommandLine(['apply', '-n', 'vch1'], {...withTarget, operate})).code).to.equal(4);
  });

  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`reports what was done and exits ${code} when ${signal} stops an apply`, async () => {
      const ended = await runCommandLine(['apply', '-n', 'vch1'], {
        ...withTarget,
        operate: (options, stop) => {
          stop(signal);
          expect(options.signal?.aborted).to.equal(true);
          const left = vmOutcome({status: 'not-attempted'});
          return runOutcome([vmOutcome({status: 'changed'}), left], {interrupted: true});
        },
      });
      expect(ended.code).to.equal(code);
      expect(ended.stdout)
        .to.include('1 changed, 1 not-attempted')
        .and.include('to go on: vch-migrate apply');
      expect(ended.stderr).to.include(`${signal}: finishing what is in flight`);
    });
  }

  describe('on a terminal', () => {
    const operate = async (options: {
      confirm?: ((planned: ReturnType<typeof runOutcome>) => Promise<boolean>) | undefined;
    }) => {
      const planned = runOutcome([vmOutcome(), vmOutcome({status: 'refused'})]);
      const go = (await options.confirm?.(planned)) ?? true;
      return runOutcome([vmOutcome({status: go ? 'changed' : 'not-attempted'})]);
    };

    it('asks before it writes, naming target, VCH and counts', async () => {
      const {code, questions} = await runCommandLine(['apply'], {...withTarget, typed: ['y'], operate});
      expect(code).to.equal(0);
      expect(questions).to.deep.equal([
        'apply on VCH vch1 (vm-12) of https://vc.example/sdk: 1 of 2 containerVMs will be changed, 1 refused. Go on? [y/N] ',
      ]);
    });

    it('writes nothing and exits 1 for any answer but yes', async () => {
      const {code, stdout, stderr} = await runCommandLine(['undo'], {...withTarget, typed: [''], operate});
      expect(code).to.equal(1);
      expect(stdout).to.include('1 not-attempted').and.include('nothing was written');
      expect(stderr).to.include('nothing was written');
    });

    it('does not ask with --yes', async () => {
      const {code, questions} = await runCommandLine(['apply', '--yes'], {...withTarget, typed: [], operate});
      expect([code, questions]).to.deep.equal([0, []]);
    });

    it('asks for a missing password, and never shows it', async () => {
      const args = ['plan', '-t', 'vc.example', '-u', 'ann', '--debug'];
      const ended = await runCommandLine(args, {
        typed: ['typed-pw'],
        operate: (options) => {
          options.log.debug('sent typed-pw');
          return runOutcome([]);
        },
      });
      expect(ended.questions).to.deep.equal(['Password of ann on vc.example: ']);
      expect(ended.connects[0]?.password).to.equal('typed-pw');
      expect(ended.stdout + ended.stderr)
        .to.include('sent ***')
        .and.not.include('typed-pw');
    });

    it('takes no password for a usage error', async () => {
      const ended = await runCommandLine(['plan', '-t', 'vc.example', '-u', 'ann'], {typed: ['']});
      expect([ended.code, ended.calls]).to.deep.equal([5, []]);
    });
  });

  it('warns of a password on the command line', async () => {
    const {stderr} = await runCommandLine(['plan', '-t', 'vc.example', '-u', 'ann', '-p', 'pl4nted']);
    expect(stderr)
      .to.match(/^warning: others on this machine can see/)
      .and.not.include('pl4nted');
  });

  it('uses the embedded simulator with its own credentials, and closes it whatever happens', async () => {
    const args = ['apply', '-t', 'sim:package.json', '-n', 'vch1'];
    const operate = () => {
      throw new VchError('VCH_ERR_TRANSPORT', 'gone; again');
    };
    const {calls, connects, code} = await runCommandLine(args, {...withTarget, operate});
    expect(calls).to.deep.equal(['start simulator', 'connect', 'apply', 'close simulator']);
    expect(connects[0]).to.deep.include({user: 'administrator@vsphere.local', password: "it's(sim)"});
    expect(connects[0]?.tls.thumbprint).to.match(/^AB:AB/);
    expect(code).to.equal(1);
  });

  it('lists VCHs as text and JSON', async () => {
    const text = await runCommandLine(['ls'], withTarget);
    expect(text.stdout).to.match(/vch1 +vm-12 +5678 +0 +1 +none in progress/);
    expect(text.stdout).to.match(/Next: vch-migrate plan --name vch1\n$/);
    const json = await runCommandLine(['ls', '--format', 'json'], withTarget);
    const listing = parsed(json.stdout);
    expect(listing.schema).to.equal('vch-migrate/ls/v1');
    expect(listing.vchs).to.deep.equal([VCH]);
  });

  it('goes on by id where VCHs share a name', async () => {
    const twins = [VCH, {...VCH, id: 'vm-99'}];
    const {stdout} = await runCommandLine(['ls'], {...withTarget, listVchs: () => twins});
    expect(stdout).to.match(/Next: vch-migrate plan --id vm-12\n$/);
  });

  it('says which VCH is not there', async () => {
    const {code, stderr} = await runCommandLine(['ls', '-n', 'nope'], {...withTarget, listVchs: () => []});
    expect(code).to.equal(1);
    expect(stderr).to.match(/^vch-migrate: VCH_ERR_VCH_NOT_FOUND: no VCH nope on/);
  });

  it('serves the simulator until it is stopped, after one line for the shell', async () => {
    const {code, stdout, calls} = await runCommandLine([
      'simulate',
      'fixtures/x.json',
      '--listen',
      '127.0.0.1:0',
    ]);
    expect(code).to.equal(0);
    expect(stdout).to.equal(
      'export GOVC_URL=https://administrator%40vsphere.local:it%27s%28sim%29@127.0.0.1:4433/sdk GOVC_INSECURE=1\n',
    );
    expect(calls).to.deep.equal(['start simulator', 'close simulator']);
  });

  const usage: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command', [], /no command given, one of ls, plan/],
    ['an unknown command', ['plna'], /unknown command "plna", did you mean plan\?/],
    [
      'unknown options, all of them',
      ['plan', '--nmae', 'x', '--frob'],
      /--nmae, did you mean --name\?; unknown option --frob/,
    ],
    ["another command's option", ['plan', '--listen', 'x'], /plan has no option --listen/],
    ['an argument too many', ['plan', 'extra'], /plan takes no argument "extra"/],
    ['a simulator without a fixture', ['simulate'], /simulate needs a fixture/],
    ['an address without a port', ['simulate', 'x', '--listen', 'localhost'], /--listen must be HOST:PORT/],
    ['--no- of something', ['plan', '--no-insecure'], /unknown option --no-insecure/],
  ];
  for (const [name, args, line] of usage) {
    it(`exits 5 with one clear line for ${name}`, async () => {
      const {code, stdout, stderr, calls} = await runCommandLine(args, withTarget);
      expect([code, stdout, calls]).to.deep.equal([5, '', []]);
      expect(stderr)
        .to.match(line)
        .and.match(/^vch-migrate: VCH_ERR_USAGE: [^\n]+\n$/);
    });
  }

  it('never repeats the letters of a password that was read as options', async () => {
    const {code, stderr} = await runCommandLine(['plan', '-t', 'x', '-u', 'u', '-p', '-zq9w'], {typed: []});
    expect(code).to.equal(5);
    expect(stderr)
      .to.include('--password needs a value')
      .and.not.match(/-[zq9w]\b/);
  });

  for (const command of ['ls', 'plan', 'apply', 'undo', 'status', 'verify', 'simulate']) {
    it(`has a help for ${command}, with grouped options and an example`, async () => {
      const {code, stdout, stderr} = await runCommandLine([command, '--help']);
      expect([code, stderr]).to.deep.equal([0, '']);
      expect(stdout).to.include(`vch-migrate ${command}`).and.include('Output:').and.include('Examples:');
      const targeted = command !== 'simulate';
      expect(stdout.includes('--thumbprint')).to.equal(targeted);
      expect(stdout.includes('--parallelism')).to.equal(targeted && command !== 'ls');
    });
  }
});
