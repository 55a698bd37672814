import {spawn, spawnSync} from 'node:child_process';
import {chmod} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {commands} from '../../src/cli/commands.js';
import {completionText} from '../../src/cli/completion.js';
import {COMPLETION_SCRIPTS} from '../../src/cli/completion-scripts.js';
import {leaveOut} from '../depth.js';
import {peersAreRequired, ROOT} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';
import {runCommandLine} from './fake-cli.js';

function offered(...words: readonly string[]): string[] {
  return completionText(words, commands)
    .split('\n')
    .flatMap((line) => line.split('\t')[0] || []);
}

const FILES = {
  'one.plan.json': '{\n  "schema": "vch-migrate/plan/v1"}',
  'a night.json': '{"schema": "vch-migrate/report/v1"}',
  'small.json': '{"schema": "vch-migrate/fixture/v1"}',
  'note.txt': '"vch-migrate/plan/v1"',
  '.hidden.json': '{"schema": "vch-migrate/plan/v1"}',
  'sub/deep.json': '{"schema": "vch-migrate/fixture/v1"}',
};

describe('completion', () => {
  it('offers every command, those of a group, and both after help', () => {
    for (const before of [[], ['help']]) {
      const first = offered(...before, '');
      for (const {name, group, aliases = []} of commands)
        expect(first).to.include.members([group?.name ?? name, ...aliases]);
      expect(offered(...before, 'plugins', '')).to.deep.equal(['list', 'new', 'check']);
    }
    expect(offered('pla')).to.deep.equal(['plan']);
    expect(offered('help', 'plan', '')).to.deep.equal([]);
    expect(offered('frobnicate', '')).to.deep.equal([]);
  });

  for (const {name, options} of commands) {
    it(`offers the options of ${name}, and no other`, () => {
      expect(offered(...name.split(' '), '--').sort()).to.deep.equal(
        [...Object.keys(options).map((option) => `--${option}`), '--help'].sort(),
      );
    });
  }

  it('offers an option again only if it may be repeated', () => {
    const again = offered('plan', '-n', 'vch1', '--only', 'id=vm-1', '--format', 'json', '--');
    expect(again).to.include('--only').and.not.include.members(['--name']);
    expect(again).to.not.include('--format');
  });

  it('offers the values of options, in both ways to write them', () => {
    expect(offered('plan', '--format', 'j')).to.deep.equal(['json', 'junit']);
    expect(offered('plan', '-o', 'js')).to.deep.equal(['json']);
    expect(offered('plan', '--format=js')).to.deep.equal(['--format=json']);
    expect(offered('ls', '--format', 'c')).to.deep.equal([]);
    expect(offered('apply', '--only', 'power=')).to.deep.equal(['power=on', 'power=off']);
    expect(offered('apply', '--only', 'status=ref')).to.deep.equal(['status=refused']);
    expect(offered('completion', '')).to.deep.equal(['bash', 'zsh', 'fish']);
    expect(offered('plan', '--name', '')).to.deep.equal([]);
  });

  it('offers the files that fit, and folders', async () => {
    await withDirectory(FILES, async (directory) => {
      const at = (path: string) => `${directory}/${path}`;
      const all = ['one.plan.json', 'a night.json', 'small.json', 'note.txt', 'sub/'];
      const cases: readonly (readonly [readonly string[], readonly string[]])[] = [
        [
          ['apply', at('')],
          ['one.plan.json', 'sub/'],
        ],
        [
          ['show', at('')],
          ['one.plan.json', 'a night.json', 'sub/'],
        ],
        [
          ['simulate', at('')],
          ['small.json', 'sub/'],
        ],
        [['simulate', at('sub/')], ['sub/deep.json']],
        [['apply', at('.h')], ['.hidden.json']],
        [['plan', '--log-file', at('')], all],
        [['plan', '--plugins', at('')], ['sub/']],
        [['apply', at('none/')], []],
      ];
      for (const [words, names] of cases)
        expect(offered(...words).sort(), words.join(' ')).to.deep.equal(names.map(at).sort());
      expect(offered('plan', '-t', `sim:${at('s')}`)).to.have.members([
        `sim:${at('small.json')}`,
        `sim:${at('sub/')}`,
      ]);
      expect(offered('plan', '-t', '')).to.deep.equal(['sim:', 'dump:']);
    });
  });

  it('has a script for each shell, and refuses others', async () => {
    for (const [shell, script] of COMPLETION_SCRIPTS)
      expect(await runCommandLine(['completion', shell])).to.include({code: 0, stdout: script});
    expect((await runCommandLine(['completion', 'tcsh'])).stderr).to.match(
      /no completion for "tcsh", only for bash, zsh or fish: vch-migrate completion bash/,
    );
    expect((await runCommandLine(['completion'])).stderr).to.include('completion needs SHELL');
  });
});

/** How each shell is started without the settings of whoever runs the tests, and how it learns to complete. */
const SHELLS = {
  bash: ['bash --norc --noprofile -i', 'source <(vch-migrate completion bash)'],
  zsh: ['zsh -f -i', 'autoload -Uz compinit; compinit -u -D; source <(vch-migrate completion zsh)'],
  fish: ['fish -N -i', 'vch-migrate completion fish | source'],
} as const;

/** Command lines as they are typed up to a tab, and the arguments that then reach the command. */
const TYPED: readonly (readonly [string, string])[] = [
  ['upg', '<upgrade>'],
  ['plugins che', '<plugins><check>'],
  ['plan --format=js', '<plan><--format=json>'],
  ['plan --only status=ref', '<plan><--only><status=refused>'],
  ['plan -t sim:sm', '<plan><-t><sim:small.json>'],
  ['show a', '<show><a night.json>'],
  ['apply o', '<apply><one.plan.json>'],
];

/** A `vch-migrate` that completes as the real one does, and prints the arguments of every other call. */
const STUB = `#!/bin/bash
if [ "$1" = __complete ]; then exec "$NODE" "$MAIN" "$@"; fi
if [ "$1" = completion ] && [ -z "$READY" ]; then exec "$NODE" "$MAIN" "$@"; fi
printf 'given:'; printf '<%s>' "$@"; printf ':given\\n'
`;

for (const [shell, [start, setUp]] of Object.entries(SHELLS)) {
  const there = spawnSync(shell, ['--version']).status === 0;
  const problem = `no ${shell} found; install with: apt-get install ${shell}`;
  const title = `completion in ${shell}`;
  if (!there && !peersAreRequired(process.env)) {
    describe.skip(title, () => undefined);
    leaveOut(`"${title}" (${problem})`);
    continue;
  }
  describe(title, function () {
    this.timeout(60_000);

    it('completes what is typed', async () => {
      if (!there) throw new Error(problem);
      await withDirectory({...FILES, 'bin/vch-migrate': STUB}, async (directory) => {
        await chmod(join(directory, 'bin/vch-migrate'), 0o755);
        const given = await typedInto(start, directory, [
          setUp,
          shell === 'fish' ? 'set -gx READY 1' : 'export READY=1',
          ...TYPED.map(([line]) => `vch-migrate ${line}\t`),
        ]);
        expect(given).to.deep.equal(TYPED.map(([, words]) => words));
      });
    });
  });
}

/** Types lines into a shell at a terminal of its own, each when the one before has been carried out. */
async function typedInto(shell: string, directory: string, lines: readonly string[]): Promise<string[]> {
  const env = {
    PATH: `${directory}/bin:${process.env['PATH']}`,
    HOME: directory,
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    NODE: process.execPath,
    MAIN: `${ROOT}dist/cli/main.js`,
  };
  const terminal = spawn('script', ['-qfec', `stty cols 200; exec ${shell}`, '/dev/null'], {
    cwd: directory,
    env,
  });
  const given: string[] = [];
  let unread = '';
  const rest = [...lines];
  const type = () => terminal.stdin.write(`${rest.shift() ?? 'exit'}\n`);
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    unread += text;
    const [whole, words] = /given:(<.*>):given\r?\n/.exec(unread) ?? [];
    if (whole === undefined || words === undefined) return;
    unread = '';
    given.push(words);
    type();
  });
  await new Promise((resolve, reject) => {
    terminal.once('error', reject).once('close', resolve);
    // The first lines print nothing; the terminal keeps them until the shell reads them.
    for (let line = 0; line <= lines.length - TYPED.length; line += 1) type();
  });
  return given;
}
