import {expect} from 'chai';
import {runCommandLine, withTarget} from './fake-cli.js';

describe('command line', () => {
  const usage: readonly (readonly [string, readonly string[], RegExp])[] = [
    ['no command but an option', ['--quiet'], /no command given, one of ls, plan/],
    ['list', ['list'], /unknown command "list", did you mean ls\?/],
    ['info', ['info'], /unknown command "info", did you mean status\?/],
    ['validate', ['validate'], /unknown command "validate", did you mean check\?/],
    ['migrate', ['migrate'], /unknown command "migrate", did you mean apply\?/],
    ['--json', ['plan', '--json'], /unknown option --json, did you mean --format json\?/],
    ['apply --dry-run', ['apply', '--dry-run'], /apply has no option --dry-run: .* vch-migrate plan;/],
    ['a habit that the command could not follow', ['version', '--json'], /unknown option --json;/],
    ['an unknown command', ['plna'], /unknown command "plna", did you mean plan\?/],
    [
      'unknown options, all of them',
      ['plan', '--nmae', 'x', '--frob'],
      /--nmae, did you mean --name\?; unknown option --frob/,
    ],
    ["another command's option", ['plan', '--listen', 'x'], /plan has no option --listen/],
    ['an argument too many', ['plan', 'extra'], /plan takes no argument "extra"/],
    [
      'a rename without a new name',
      ['rename', 'web'],
      /rename needs CONTAINER and NEW-NAME: vch-migrate rename /,
    ],
    ['a rename with a third name', ['rename', 'a', 'b', 'c'], /rename takes no argument "c"/],
    ['a simulator without a fixture', ['simulate'], /simulate needs FIXTURE: vch-migrate simulate fixtures/],
    ['an address without a port', ['simulate', 'x', '--listen', 'localhost'], /--listen must be HOST:PORT/],
    ['a word that every object has', ['plan', '--constructor', 'x'], /unknown option --constructor/],
    ['another such word', ['plan', '--__proto__=x'], /unknown option --__proto__/],
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
});
