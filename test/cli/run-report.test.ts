import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {parsed, runCommandLine, runOutcome, vmOutcome, withTarget} from './fake-cli.js';

describe('migration command', () => {
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
    const args = [
      'undo',
      '-n',
      'vch1',
      '--run',
      'r1',
      '--to',
      '2',
      '--parallelism',
      '3',
      '--expect',
      '7',
      '--yes',
    ];
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
      "  vch-migrate apply --target https://ann%40corp@vc.example/sdk --compute-resource 'my cluster' --change-id 'it'\\''s' --name vch1",
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
      expect(stdout)
        .to.include('(sensitive)')
        .and.match(/refused \*\*\*/i)
        .and.not.include('pl4nted');
      expect(stdout).to.not.include('vch-migrate/ledger');
    }
  });

  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`reports what was done and exits ${code} when ${signal} stops an apply`, async () => {
      const ended = await runCommandLine(['apply', '-n', 'vch1', '--yes'], {
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
        .to.include('2: 1 changed, 1 not attempted')
        .and.include('Next: continue\n  vch-migrate apply');
      expect(ended.stderr).to.include(`${signal}: finishing what is in flight`);
    });
  }

  describe('without a terminal', () => {
    for (const [args, next] of [
      [['apply', '-n', 'vch1', '--canary', '2'], 'apply --name vch1 --canary 2 --yes'],
      [['apply', 'night plan.json'], "apply 'night plan.json' --yes"],
      [['undo', '--id', 'vm-12', '--run', 'r1'], 'undo --id vm-12 --run r1 --yes'],
      [['rename', 'web', 'shop', '-n', 'vch1'], 'rename web shop --name vch1 --yes'],
      [['upgrade', '-n', 'vch1', '--timeout', '90s'], 'upgrade --name vch1 --timeout 90s --yes'],
      [['upgrade', '--rollback', '-n', 'vch1'], 'rollback --name vch1 --yes'],
      [['rollback', '-n', 'vch1'], 'rollback --name vch1 --yes'],
      [['resume', '-n', 'vch1', '-q'], 'resume --name vch1 --quiet --yes'],
      [['unlock', '-n', 'vch1', '--lock-id', 'l1'], 'unlock --name vch1 --lock-id l1 --yes'],
    ] as const) {
      it(`${args.join(' ')} contacts nothing without --yes, and gives the line that says it`, async () => {
        const {code, calls, stderr} = await runCommandLine(args, withTarget);
        expect([code, calls]).to.deep.equal([5, []]);
        expect(stderr).to.match(/^vch-migrate: VCH_ERR_USAGE: /);
        expect(stderr.trimEnd().endsWith(` To continue: vch-migrate ${next}`), stderr).to.equal(true);
      });
    }

    it('does not repeat a password in that line', async () => {
      const args = ['apply', '-n', 'vch1', '-t', 'ann:pl4nted@vc.example', '-p', 'pl4nted'];
      expect((await runCommandLine(args)).stderr)
        .to.include('--target https://vc.example/sdk --user ann --name vch1 --yes')
        .and.not.include('pl4nted');
    });

    it('needs --yes and --name, and says both at once', async () => {
      const {code, stderr} = await runCommandLine(['undo'], withTarget);
      expect(code).to.equal(5);
      expect(stderr).to.include('--name or --id is missing').and.include('--yes is missing');
    });

    it('needs no --yes for what writes nothing', async () => {
      for (const args of [
        ['plan'],
        ['verify'],
        ['check'],
        ['upgrade', '-n', 'vch1', '--data-only', '--dry-run'],
      ])
        expect((await runCommandLine(args, withTarget)).calls, args.join(' ')).to.include('connect');
    });
  });

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
        'apply on VCH vch1 (vm-12) of https://vc.example/sdk: 1 of 2 containerVMs will be changed, 1 refused. Continue? [y/N] ',
      ]);
    });

    it('tells what of a saved plan has moved, before it asks', async () => {
      const planned = runOutcome([
        vmOutcome(),
        vmOutcome({status: 'conflict'}),
        vmOutcome({status: 'skipped'}),
      ]);
      const {questions} = await runCommandLine(['apply'], {
        ...withTarget,
        typed: ['n'],
        operate: async (options) => {
          await options.confirm?.(planned);
          return planned;
        },
      });
      expect(questions[0]).to.include(
        '1 of 3 containerVMs will be changed, 1 conflict, 1 skipped. Continue?',
      );
    });

    it('writes nothing and exits 1 for any answer but yes', async () => {
      const {code, stdout, stderr} = await runCommandLine(['undo'], {...withTarget, typed: [''], operate});
      expect(code).to.equal(1);
      expect(stdout).to.equal('Nothing was written. To continue: vch-migrate undo --name vch1\n');
      expect(stderr).not.to.include('nothing was written');
      const told = await runCommandLine(['undo', '-o', 'json'], {...withTarget, typed: [''], operate});
      expect(told.stderr).to.include('nothing was written');
    });

    it('takes a signal during the question for an interruption, not for a no', async () => {
      const {code, stdout, stderr} = await runCommandLine(['apply'], {
        ...withTarget,
        typed: [''],
        operate: (options, stop) => {
          stop('SIGINT');
          return operate(options);
        },
      });
      expect(code).to.equal(130);
      expect(stdout).to.include('The run was stopped before every containerVM had its turn');
      expect(stderr).to.not.include('nothing was written');
    });

    for (const command of ['upgrade', 'rollback']) {
      it(`asks for the name of the VCH before ${command}, and takes nothing else for a yes`, async () => {
        const args = command === 'upgrade' ? [command, '--data-only'] : [command];
        const ended = await runCommandLine(args, {...withTarget, typed: ['vch1'], operate});
        expect(ended.questions[0]).to.match(/To continue, type the name of the VCH \(vch1\): $/);
        expect(ended.runs).to.have.lengthOf(1);
        for (const answer of ['y', 'yes', '', 'vch', 'vch2']) {
          const declined = await runCommandLine(args, {...withTarget, typed: [answer], operate});
          expect(declined.code, answer).to.equal(1);
          expect(declined.stdout).to.match(/^Nothing was written\. To continue: vch-migrate .*\n$/);
        }
      });
    }

    it('does not ask with --yes', async () => {
      const {code, questions} = await runCommandLine(['apply', '--yes'], {...withTarget, typed: [], operate});
      expect([code, questions]).to.deep.equal([0, []]);
    });

    it('asks for a missing password, and never shows it', async () => {
      const args = ['plan', '-t', 'vc.example', '-u', 'ann', '--debug'];
      const ended = await runCommandLine(args, {
        typed: ['typed-pw1'],
        operate: (options) => {
          options.log.debug('sent typed-pw1');
          return runOutcome([]);
        },
      });
      expect(ended.questions).to.deep.equal(['Password of ann on vc.example: ']);
      expect(ended.connects[0]?.password).to.equal('typed-pw1');
      expect(ended.stdout + ended.stderr)
        .to.include('sent ***')
        .and.not.include('typed-pw1');
    });

    it('takes no password for a usage error', async () => {
      const ended = await runCommandLine(['plan', '-t', 'vc.example', '-u', 'ann'], {typed: ['']});
      expect([ended.code, ended.calls]).to.deep.equal([5, []]);
    });
  });

  it('warns of a password on the command line', async () => {
    const {stderr} = await runCommandLine(['plan', '-t', 'vc.example', '-u', 'ann', '-p', 'pl4nted']);
    expect(stderr)
      .to.match(/^\d\d:\d\d:\d\d UTC {2}warning: others on this machine can see/)
      .and.not.include('pl4nted');
  });

  it('uses the embedded simulator with its own credentials, and closes it whatever happens', async () => {
    const args = ['apply', '-t', 'sim:package.json', '-n', 'vch1', '--yes'];
    const operate = () => {
      throw new VchError('VCH_ERR_TRANSPORT', 'gone; again');
    };
    const {calls, connects, code} = await runCommandLine(args, {...withTarget, operate});
    expect(calls).to.deep.equal(['start simulator', 'connect', 'apply', 'close simulator']);
    expect(connects[0]).to.deep.include({user: 'administrator@vsphere.local', password: "it's(sim)"});
    expect(connects[0]?.tls.thumbprint).to.match(/^AB:AB/);
    expect(code).to.equal(1);
  });
});
