import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {runCommandLine, withTarget} from './fake-cli.js';

describe('settings file', () => {
  let folder: string;
  let path: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
    path = join(folder, 'settings.yaml');
  });
  after(() => rmSync(folder, {recursive: true}));

  const run = (yaml: string, ...args: readonly string[]) => {
    writeFileSync(path, yaml);
    return runCommandLine(['plan', '--settings', path, ...args], withTarget);
  };

  it('gives the options that are not on the command line', async () => {
    const {code, runs, connects} = await run(
      'target: file.example\nuser: bob\nname: vch1\nparallelism: 3\nchange-id: 007\nonly:\n  - name=web*\n  - status=pending\n',
      '--parallelism',
      '5',
    );
    expect(code).to.equal(0);
    expect(runs[0]).to.deep.include({parallelism: 5, changeId: '007'});
    expect(runs[0]?.vch.name).to.equal('vch1');
    expect(runs[0]?.select).to.be.a('function');
    // Like an option, it beats the environment.
    expect(connects[0]?.url.host).to.equal('file.example');
    expect(connects[0]?.user).to.equal('bob');
  });

  it('turns flags on, and serves commands that do not know all of it', async () => {
    const {code, stdout, stderr} = await run('quiet: true\ninsecure: false\ncanary: 5\nformat: json\n');
    expect([code, stderr]).to.deep.equal([0, '']);
    expect(JSON.parse(stdout)).to.include({command: 'plan'});
  });

  it('may be empty', async () => {
    for (const yaml of ['', '# nothing yet\n', '{}\n']) expect((await run(yaml)).code).to.equal(0);
  });

  it('is named in the next command, and its options are not repeated', async () => {
    const {stdout} = await run('change-id: CHG-9\nparallelism: 3\n');
    expect(stdout).to.match(
      /Next: apply it\n {2}vch-migrate apply --settings \S+settings\.yaml --name vch1\n$/,
    );
  });

  const strange: readonly (readonly [string, string, RegExp])[] = [
    ['an alias', 'name: &a x\nuser: *a\n', /aliases \(\*name\) are not supported/],
    ['an alias of nothing', 'name: *pl4nted\n', /aliases \(\*name\) are not supported(?!.*pl4nted)/s],
    ['aliases of aliases', `a: &a [x]\n${'b: &b [*a,*a]\n'.repeat(1)}c: [*b,*b]\n`, /aliases/],
    ['a thousand mistakes', 'name: "a"b\n'.repeat(20_000), /^[^\n]{0,200}is not YAML[^;]*; see vch-migrate/],
    [
      'lists in lists',
      `name: ${'['.repeat(20_000)}`,
      /^[^\n]{0,200}line 1 is nested more than 64 deep[^;]*; see vch-migrate/,
    ],
    ['names that every object has', 'constructor: x\n__proto__: y\n', /"constructor".*"__proto__"/],
  ];
  for (const [what, yaml, line] of strange) {
    it(`is refused in one line for ${what}`, async () => {
      const {code, stderr} = await run(yaml);
      expect(code).to.equal(5);
      expect(stderr)
        .to.match(line)
        .and.match(/^vch-migrate: VCH_ERR_USAGE: --settings[^\n]*\n$/);
    });
  }

  it('is refused with everything that is wrong with it', async () => {
    const {code, stderr, calls} = await run(
      'tarqet: x\npassword: pl4nted\nquiet: perhaps\nname: [a, b]\nonly: []\nsettings: y.yaml\nexcept: {a: b}\n',
    );
    expect([code, calls]).to.deep.equal([5, []]);
    expect(stderr).to.match(
      /^vch-migrate: VCH_ERR_USAGE: --settings: unknown setting "tarqet", did you mean target\?/,
    );
    for (const part of [
      'must not contain a password',
      'quiet must be true or false',
      'name must have one value',
      'only must have one value, or a list',
      'settings cannot name another file',
      'except must have one value, or a list',
      'see vch-migrate plan --help',
    ])
      expect(stderr).to.include(part);
    expect(stderr).to.not.include('pl4nted');
  });

  it('is refused together with the command line, and with what it says that does not fit', async () => {
    writeFileSync(path, 'naem: vch1\nparallelism: 99\nmax-errors: lots\n');
    const {code, stderr} = await runCommandLine(
      ['apply', '--settings', path, '--canary', '0', '--yes'],
      withTarget,
    );
    expect(code).to.equal(5);
    for (const part of [
      '"naem", did you mean name?',
      '--parallelism must',
      '--max-errors must',
      '--canary must',
    ])
      expect(stderr).to.include(part);
  });

  for (const [what, yaml, message] of [
    ['is not YAML', 'a: [b\n', /--settings: line \d is not YAML/],
    ['says a thing twice', 'name: a\nname: b\n', /line 2 is not YAML \(DUPLICATE_KEY\)/],
    ['is a list', '- a\n', /must contain a map/],
    ['is a word', 'vc.example\n', /must contain a map/],
  ] as const) {
    it(`is refused when it ${what}`, async () => {
      const {code, stderr} = await run(yaml);
      expect(code).to.equal(5);
      expect(stderr).to.match(message);
    });
  }

  it('is refused when it is not there', async () => {
    const {code, stderr} = await runCommandLine(['plan', '--settings', join(folder, 'none')], withTarget);
    expect(code).to.equal(5);
    expect(stderr).to.include('cannot be read (no such file)');
  });
});
