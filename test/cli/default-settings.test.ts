import {expect} from 'chai';
import {withDirectory} from '../temporary-directory.js';
import {parsed, runCommandLine} from './fake-cli.js';

const PLACE = 'vch-migrate/config.yaml';
const PROFILES = `
user: svc-vch
profiles:
  emea: {target: emea.example, name: vch7, parallelism: 3}
  apac:
    target: apac.example
    user: bob
`;
const PASSWORD = {GOVC_PASSWORD: 'pl4nted-pw'};

/** Runs `plan` with this default settings file, and these arguments and variables. */
async function planWith(
  yaml: string,
  args: readonly string[] = [],
  variables: Readonly<Record<string, string>> = PASSWORD,
  files: Readonly<Record<string, string>> = {},
) {
  return withDirectory({[PLACE]: yaml, ...files}, async (directory) => {
    const words = args.map((word) => word.replace('%/', `${directory}/`));
    const ended = await runCommandLine(['plan', ...words], {
      variables: {XDG_CONFIG_HOME: directory, ...variables},
    });
    const [connected] = ended.connects;
    return {
      ...ended,
      stderr: ended.stderr.replaceAll(directory, ''),
      stdout: ended.stdout.replaceAll(directory, ''),
      reached: connected && `${connected.user}@${connected.url.host}`,
    };
  });
}

describe('default settings file', () => {
  it('is read from $XDG_CONFIG_HOME, else from ~/.config', async () => {
    expect((await planWith('target: vc.example\nuser: ann\n')).reached).to.equal('ann@vc.example');
    await withDirectory({[`.config/${PLACE}`]: 'target: home.example\nuser: ann\n'}, async (home) => {
      for (const config of [undefined, 'relative']) {
        const variables = {HOME: home, ...PASSWORD, ...(config !== undefined && {XDG_CONFIG_HOME: config})};
        const {connects} = await runCommandLine(['plan'], {variables});
        expect(connects[0]?.url.host).to.equal('home.example');
      }
    });
  });

  it('is told by --debug and in the report, and only if it was read', async () => {
    const yaml = 'target: vc.example\nuser: ann\nprofiles: {x: {parallelism: 2}}\n';
    const told = await planWith(yaml, ['--debug', '--format', 'json', '--profile', 'x']);
    expect(told.stderr).to.include(`settings are from /${PLACE}, profile x`);
    expect(parsed(told.stdout)['settings']).to.deep.equal([{path: `/${PLACE}`, profile: 'x'}]);
    const without = await planWith(yaml, ['-t', 'vc.example', '-u', 'ann', '-o', 'json', '--no-settings']);
    expect(parsed(without.stdout)).to.not.have.property('settings');
  });

  it('is left out by --no-settings, and does not concern commands without a target', async () => {
    const {code, stderr} = await planWith('target: vc.example\nuser: ann\n', ['--no-settings']);
    expect([code, stderr.includes('--target is missing')]).to.deep.equal([5, true]);
    await withDirectory({[PLACE]: 'nonsense: [\n'}, async (directory) => {
      const variables = {XDG_CONFIG_HOME: directory};
      expect((await runCommandLine(['plugins', 'list'], {variables})).code).to.equal(0);
    });
  });

  const beats: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>, string])[] = [
    ['alone it counts', [], {}, 'file-user@file.example'],
    ['GOVC_URL beats it', [], {GOVC_URL: 'env.example', GOVC_USERNAME: 'eve'}, 'eve@env.example'],
    ['VIC_MACHINE_TARGET beats it', [], {VIC_MACHINE_TARGET: 'u@vic.example'}, 'u@vic.example'],
    ['a user of the environment beats it', [], {GOVC_USERNAME: 'eve'}, 'eve@file.example'],
    ['a profile beats the environment', ['--profile', 'p'], {GOVC_URL: 'e@env.example'}, 'p@profile.example'],
    ['a named file beats the environment', ['--settings', '%/n.yaml'], {GOVC_URL: 'e@x'}, 'n@named.example'],
    [
      'the command line beats all',
      ['-t', 'me@cli.example', '--profile', 'p'],
      {GOVC_URL: 'e@x'},
      'me@cli.example',
    ],
    ['and so does its user', ['-u', 'me', '--profile', 'p'], {GOVC_USERNAME: 'e'}, 'me@profile.example'],
  ];
  for (const [what, args, variables, reached] of beats) {
    it(`is the last to be asked: ${what}`, async () => {
      const yaml =
        'target: file.example\nuser: file-user\nprofiles: {p: {target: profile.example, user: p}}\n';
      const files = {'n.yaml': 'target: named.example\nuser: n\n'};
      const ended = await planWith(yaml, args, {...PASSWORD, ...variables}, files);
      expect(ended.reached, ended.stderr).to.equal(reached);
    });
  }

  it('never lends its credentials and trust to another target', async () => {
    const yaml = 'target: own.example\nuser: svc\npassword-file: PW\ninsecure: true\n';
    const own = await withDirectory({pw: 'secret-of-own'}, (directory) =>
      planWith(yaml.replace('PW', `${directory}/pw`), [], {}),
    );
    expect(own.reached).to.equal('svc@own.example');
    expect(own.connects[0]).to.deep.include({password: 'secret-of-own'});
    const {code, stderr, connects} = await planWith(yaml, ['-t', 'other.example', '-u', 'svc'], {});
    expect([code, connects]).to.deep.equal([5, []]);
    expect(stderr).to.include('the password is missing');
    const other = await planWith(yaml, ['-t', 'ann@other.example']);
    expect(other.connects[0]?.tls.insecure).to.equal(false);
    const noUser = await planWith(yaml, ['-t', 'other.example']);
    expect(noUser.stderr).to.include('--user is missing');
  });

  it('does without its own trust where a certificate is pinned', async () => {
    const pin = 'AB'.repeat(20);
    const yaml = 'user: ann\ninsecure: true\n';
    const {connects} = await planWith(yaml, ['-t', 'vc.example', '--thumbprint', pin]);
    expect(connects[0]?.tls.insecure).to.equal(false);
    expect((await planWith(yaml, ['-t', 'vc.example'])).connects[0]?.tls.insecure).to.equal(true);
  });

  for (const [name, value] of [
    ['yes', 'true'],
    ['name', 'vch1'],
    ['id', 'vm-12'],
  ]) {
    it(`may not set ${name}, but a profile may`, async () => {
      const refused = await planWith(`target: vc.example\nuser: ann\n${name}: ${value}\n`);
      expect([refused.code, refused.calls]).to.deep.equal([5, []]);
      expect(refused.stderr).to.include(`/${PLACE}: ${name} must not be set for every run`);
      const yaml = `target: vc.example\nuser: ann\nprofiles: {p: {${name}: ${value}}}\n`;
      expect((await planWith(yaml, ['--profile', 'p'])).code).to.equal(0);
    });
  }

  it('that is broken is named, with the way around it', async () => {
    const {code, stderr} = await planWith('target: [\n');
    expect(code).to.equal(5);
    expect(stderr).to.match(/config\.yaml: line \d is not YAML .*; --no-settings does without that file/);
    expect(stderr).to.not.include('--target is missing');
  });
});

describe('profile', () => {
  it('is a named target, over what stands beside it', async () => {
    const {reached, runs, stdout} = await planWith(PROFILES, ['--profile', 'emea']);
    expect(reached).to.equal('svc-vch@emea.example');
    expect(runs[0]).to.deep.include({parallelism: 3});
    expect(runs[0]?.vch.name).to.equal('vch7');
    expect(stdout).to.match(/vch-migrate apply --profile emea --name vch7/);
    expect((await planWith(PROFILES, ['--profile=apac'])).reached).to.equal('bob@apac.example');
  });

  it('may stand in a file that --settings names', async () => {
    const files = {'n.yaml': 'user: n\nprofiles: {x: {target: x.example}}\n'};
    const ended = await planWith('', ['--settings', '%/n.yaml', '--profile', 'x'], PASSWORD, files);
    expect(ended.reached).to.equal('n@x.example');
  });

  for (const [what, yaml, args, line] of [
    ['is not there', PROFILES, ['--profile', 'amer'], /config\.yaml has no profile amer, only emea, apac/],
    [
      'has no file',
      PROFILES,
      ['--profile', 'emea', '--no-settings'],
      /--profile emea: no settings file is read/,
    ],
    [
      'has an unknown setting',
      'profiles: {p: {naem: x}}',
      ['--profile', 'p'],
      /profile p: unknown setting "naem"/,
    ],
    ['has a password', 'profiles: {p: {password: x}}', ['--profile', 'p'], /must not contain a password/],
    ['names another', 'profiles: {p: {profile: x}}', ['--profile', 'p'], /profile cannot name another file/],
    ['is a word', 'profiles: {p: x}', ['--profile', 'p'], /profile p must contain a map/],
    ['is in no map', 'profiles: x', ['--profile', 'p'], /profiles must be a map/],
  ] as const) {
    it(`is refused when it ${what}`, async () => {
      const {code, stderr, calls} = await planWith(yaml, args);
      expect([code, calls]).to.deep.equal([5, []]);
      expect(stderr).to.match(line);
    });
  }

  it('is refused when there is no settings file at all', async () => {
    await withDirectory({}, async (directory) => {
      const variables = {XDG_CONFIG_HOME: directory, ...PASSWORD};
      const {stderr} = await runCommandLine(['plan', '--profile', 'emea'], {variables});
      expect(stderr).to.match(/--profile emea: there is no \S+config\.yaml; write profiles into it/);
    });
  });
});
