import {expect} from 'chai';
import {commands} from '../../src/cli/commands.js';
import {helpText} from '../../src/cli/help.js';
import {runCommandLine} from './fake-cli.js';

async function printed(...args: readonly string[]): Promise<string> {
  const {code, stdout, stderr} = await runCommandLine(args);
  expect([code, stderr], args.join(' ')).to.deep.equal([0, '']);
  return stdout;
}

describe('help', () => {
  it('is what vch-migrate prints alone, with --help and with help', async () => {
    const all = await printed();
    for (const args of [['--help'], ['-h'], ['help'], ['--quiet', '--help']])
      expect(await printed(...args)).to.equal(all);
    for (const {name, group} of commands)
      expect(all).to.match(new RegExp(`^  ${group?.name ?? name}( |$)`, 'm'));
    for (const code of ['0', '1', '2', '3', '4', '5', '6', '129, 130, 143'])
      expect(all).to.match(new RegExp(`^  ${code} +[a-z]`, 'm'));
    expect(all).to.include('VIC_MACHINE_TARGET').and.include('GOVC_URL').and.include('HTTPS_PROXY');
  });

  for (const {name, options, examples, positionals = [], aliases = []} of commands) {
    it(`of ${name} has its arguments, exactly its options, and its examples as they are typed`, async () => {
      const text = await printed(...name.split(' '), '--help');
      for (const words of [name, ...aliases])
        expect(await printed('help', ...words.split(' '))).to.equal(text);
      const usage = positionals.map((word) => ` ${word.optional === true ? `[${word.name}]` : word.name}`);
      expect(text).to.include(
        `\n  vch-migrate ${name}${usage.join('')}${Object.keys(options).length > 0 ? ' [OPTIONS]' : ''}\n`,
      );
      const list = text.slice(text.indexOf('Usage:'), text.indexOf('Examples:'));
      const named = [...list.matchAll(/(?:^ {2}(?:-\w, | {4})?|, | |\/)--([a-z][a-z-]+)(?= |,|$)/gm)].map(
        ([, option]) => option,
      );
      const long = Object.keys(options);
      const short = Object.values(options).flatMap(({alias = ''}) => (alias.length > 1 ? [alias] : []));
      expect(named).to.include.members(long);
      expect([...long, ...short]).to.include.members(named);
      for (const [line, what] of examples)
        expect(text).to.include(`\n  # ${what}`.slice(0, 40)).and.include(`\n  vch-migrate ${line}\n`);
      expect(text).to.match(/\nExit codes:\n {2}0 /);
    });
  }

  it('shows the value of every option, and the forms that the command can have', async () => {
    expect(await printed('plan', '-h'))
      .to.include('--out FILE ')
      .and.include('--only PROPERTY ');
    for (const {options} of commands)
      for (const [name, {kind, value}] of Object.entries(options))
        if (kind !== 'flag') expect(value, `--${name}`).to.match(/^(?!VALUE)[A-Z]/);
    const formats = (name: string) =>
      commands.find((command) => command.name === name)?.options['format']?.values ?? [];
    expect(formats('plan')).to.include('html');
    expect(formats('ls')).to.include('json').and.not.include('csv');
    expect(formats('plugins list')).to.deep.equal(formats('ls'));
    expect(formats('show')).to.deep.equal(formats('plan'));
  });

  it('explains the options that commands share, and groups of commands', async () => {
    const text = await printed('help', 'options');
    for (const option of ['-t, --target URL', '--retry-for DURATION', '-y, --yes', '-o, --format FORMAT'])
      expect(text).to.include(option);
    expect(await printed('help', 'plugins')).to.equal(await printed('plugins', '--help'));
    expect(await printed('help', 'plugins')).to.include('plugins new NAME');
  });

  it('is found behind options and their values, and is no value itself', async () => {
    const text = await printed('help', 'plan');
    expect(await printed('-t', 'vc.example', 'plan', '--name', 'apply', '--help')).to.equal(text);
    expect(await printed('plan', '--name', '-h')).to.equal(text);
    const {code} = await runCommandLine(['show', '--', '--help']);
    expect(code).to.not.equal(0);
  });

  it('refuses what it does not know, with what was probably meant', async () => {
    for (const [args, line] of [
      [['help', 'plna'], /unknown command "plna", did you mean plan\?/],
      [['plna', '--help'], /unknown command "plna", did you mean plan\?/],
      [['help', 'plugins', 'lits'], /unknown command "plugins lits", did you mean plugins list\?/],
    ] as const) {
      const {code, stderr} = await runCommandLine(args);
      expect(code).to.equal(5);
      expect(stderr).to.match(line);
    }
  });

  for (const columns of [60, 80, 200]) {
    it(`fits ${columns} columns, but for what must be typed on one line`, () => {
      for (const {name} of [...commands, {name: 'options'}, {name: ''}]) {
        const lines = helpText(commands, name.split(' ').filter(Boolean), columns).split('\n');
        const long = lines.filter((line) => line.length > columns);
        for (const line of long) expect(line, name).to.match(/^ {2}vch-migrate |^ +\S+$|^ +--\S+ \S+$/);
      }
    });
  }

  it('prints the version', async () => {
    expect(await printed('version')).to.equal('9.9.9\n');
    expect(await printed('--version')).to.equal('9.9.9\n');
    expect(await printed('plan', '--version')).to.equal('9.9.9\n');
  });
});
