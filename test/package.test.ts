import {execFile, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {promisify} from 'node:util';
import {expect} from 'chai';
import {vmOf} from './on-simulator.js';
import {withDirectory} from './temporary-directory.js';
import {unasked} from './unasked.js';

const BIN = join('node_modules', '.bin', 'vch-migrate');
const ROOT = process.cwd();

interface Exit {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program as a user of that directory would, and nothing of this process' environment with it. */
async function runIn(
  directory: string,
  program: string,
  args: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<Exit> {
  const env = {PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`, ...variables};
  try {
    const done = await promisify(execFile)(program, args, {cwd: directory, env});
    return {code: 0, ...done};
  } catch (error) {
    if (error instanceof Error && 'stdout' in error && 'stderr' in error && 'code' in error)
      return {code: error.code, stdout: String(error.stdout), stderr: String(error.stderr)};
    throw error;
  }
}

/** The path of the packed package; packed once. */
let packed: Promise<string> | undefined;

async function pack(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vch-migrate-'));
  // Without scripts: building would clean the folder that this test runs from.
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', directory];
  const {stdout} = await promisify(execFile)('npm', args, {cwd: ROOT, maxBuffer: 2 ** 24});
  const [{filename}] = JSON.parse(stdout);
  return join(directory, filename);
}

/**
 * The packed package in an otherwise empty directory: as `npm install` would leave it, but for the registry. What it
 * depends on are links to where it is installed already.
 */
async function withPackage<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return withDirectory({'package.json': '{"private": true}'}, async (directory) => {
    packed ??= pack();
    const own = join(directory, 'node_modules', 'vch-migrate');
    await mkdir(own, {recursive: true});
    await promisify(execFile)('tar', ['-xzf', await packed, '-C', own, '--strip-components=1']);
    const manifest = JSON.parse(await readFile(join(own, 'package.json'), 'utf8'));
    for (const name of Object.keys(manifest.dependencies)) {
      const link = join(directory, 'node_modules', name);
      await mkdir(dirname(link), {recursive: true});
      await symlink(join(ROOT, 'node_modules', name), link);
    }
    await mkdir(join(directory, 'node_modules', '.bin'));
    await symlink(join('..', 'vch-migrate', manifest.bin['vch-migrate']), join(directory, BIN));
    return use(directory);
  });
}

/** The files that the README shows, by the path that each names in its first line. */
function filesOf(readme: string): readonly (readonly [string, string])[] {
  return [...readme.matchAll(/^```js\n\/\/ (\S+)\n(.*?)^```$/gms)].map(([, path = '', text = '']) => [
    path,
    text,
  ]);
}

/** The commands of this tool that the README shows, as lists of words. */
function commandsOf(readme: string): readonly (readonly string[])[] {
  return [...readme.matchAll(/^npx vch-migrate ([^#\n]+)/gm)].map(([, line = '']) => line.trim().split(' '));
}

describe('the packed package', function () {
  // Every command is a process of its own.
  this.timeout(120_000);

  after(async () => {
    if (packed !== undefined) await rm(dirname(await packed), {recursive: true, force: true});
  });

  it('has all that is needed, and nothing else', async () => {
    await withPackage(async (directory) => {
      const files = await readdir(join(directory, 'node_modules', 'vch-migrate'), {recursive: true});
      expect(files).to.include.members([
        'plugins/README.md',
        'fixtures/legacy.json',
        'dist/src/vim25/vim25.wsdl',
        'dist/cli/vim25.wsdl',
        'dist/cli/page/list.js',
        'dist/cli/main.js.map',
        'dist/cli/THIRD-PARTY-LICENSES.txt',
      ]);
      expect(files.filter((file) => /(^|\/)(dist\/test|node_modules|scripts)/.test(file))).to.deep.equal([]);
      const {code, stdout} = await runIn(directory, BIN, ['--version']);
      expect([code, stdout]).to.deep.equal([
        0,
        `${JSON.parse(await readFile('package.json', 'utf8')).version}\n`,
      ]);
    });
  });

  it('makes a plugin whose test passes at once', async () => {
    await withPackage(async (directory) => {
      const made = await runIn(directory, BIN, ['plugins', 'new', 'container-note']);
      expect([made.code, made.stderr]).to.deep.equal([0, '']);
      expect(made.stdout).to.match(/Next: node --test/);
      const tested = await runIn(directory, process.execPath, ['--test']);
      expect(tested.stdout).to.match(/# pass 1\n# fail 0/);
      expect(tested.code).to.equal(0);
      const checked = await runIn(directory, BIN, ['plugins', 'check', '.']);
      expect([checked.code, checked.stderr]).to.deep.equal([0, '']);
    });
  });

  it('runs the upgrade test suite of the documentation, word by word', async () => {
    await withPackage(async (directory) => {
      const page = await readFile(
        join(directory, 'node_modules/vch-migrate/docs/upgrade-test-suites.md'),
        'utf8',
      );
      const files = [...page.matchAll(/^`(\S+)`:\n\n```\w+\n(.*?)^```$/gms)];
      expect(files.map(([, path]) => path)).to.deep.equal(['tsconfig.json', 'test/upgrade.test.ts']);
      for (const [, path = '', text = ''] of files) {
        await mkdir(join(directory, dirname(path)), {recursive: true});
        await writeFile(join(directory, path), text);
      }
      await writeFile(join(directory, 'package.json'), '{"type": "module"}');
      const [, install = ''] = /^npm install --save-dev (.+)$/m.exec(page) ?? [];
      const [own, ...others] = install.split(' ');
      expect(own).to.equal('vch-migrate');
      for (const name of others) {
        await mkdir(join(directory, 'node_modules', dirname(name)), {recursive: true});
        await symlink(join(ROOT, 'node_modules', name), join(directory, 'node_modules', name));
      }
      const [, compile = '', run = ''] = /^npx (tsc) && npx (mocha .+)$/m.exec(page) ?? [];
      for (const line of [compile, run]) {
        const [program = '', ...args] = line.split(' ');
        const {code, stdout, stderr} = await runIn(
          directory,
          join(ROOT, 'node_modules', '.bin', program),
          args,
        );
        expect(code, `${line}: ${stdout}${stderr}`).to.equal(0);
        if (program === 'mocha') expect(stdout).to.match(/ 5 passing/);
      }
    });
  });

  it('runs what the README of the plugins shows, word by word', async () => {
    await withPackage(async (directory) => {
      const readme = await readFile(join(directory, 'node_modules/vch-migrate/plugins/README.md'), 'utf8');
      const files = filesOf(readme);
      expect(files.map(([path]) => path)).to.deep.equal([
        '1000-container-team.mjs',
        'test/1000-container-team.test.mjs',
      ]);
      for (const [path, text] of files) {
        await mkdir(join(directory, dirname(path)), {recursive: true});
        await writeFile(join(directory, path), text);
      }
      const tested = await runIn(directory, process.execPath, ['--test']);
      expect(tested.stdout).to.match(/# pass 2\n# fail 0/);

      const commands = commandsOf(readme).filter(([, second]) => second !== 'new');
      expect(commands.map((words) => words.slice(0, 2).join(' '))).to.deep.equal([
        'plugins list',
        'plugins check',
        'plan --plugins',
      ]);
      for (const words of commands) {
        const {code, stdout} = await runIn(directory, BIN, words);
        expect(code, words.join(' ')).to.equal(0);
        expect(stdout, words.join(' ')).to.match(/1000-container-team|acme\/team/);
      }
      await appliesAndUndoes(directory);
    });
  });
});

/** The plugin of the README through plan, apply, verify and undo against a simulator in a process of its own. */
async function appliesAndUndoes(directory: string): Promise<void> {
  const fixture = 'node_modules/vch-migrate/fixtures/legacy.json';
  const server = spawn(join(directory, BIN), ['simulate', fixture, '--quiet'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  try {
    const [line] = await Promise.race([
      once(createInterface({input: server.stdout}), 'line'),
      exited.then(() => Promise.reject(new Error('the simulator did not start'))),
    ]);
    const settings = Object.fromEntries(
      [...String(line).matchAll(/(GOVC_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
    );
    const reports = [];
    for (const command of ['plan', 'apply', 'verify', 'undo', 'plan']) {
      const args = unasked([command, '--name', 'vch1', '--plugins', '.', '--format', 'json', '--quiet']);
      const {code, stdout} = await runIn(directory, BIN, args, settings);
      // The fixture has one VM without a name, and one on a host that is away.
      expect([command, code]).to.deep.equal([command, command === 'plan' ? 0 : 3]);
      reports.push(JSON.parse(stdout));
    }
    const [planned, applied, verified, undone, again] = reports;
    const web = planned.vms.find(({containerName}: {containerName: string}) => containerName === 'web').id;
    const team = {key: 'acme/team', before: null, after: 'web'};
    expect(vmOf(planned, web).changes).to.deep.include(team);
    expect(vmOf(applied, web)).to.deep.include({...vmOf(planned, web), status: 'changed'});
    expect(applied.summary.changed).to.equal(16);
    expect([verified.summary.unchanged, undone.summary.changed]).to.deep.equal([16, 16]);
    expect(again.vms).to.deep.equal(planned.vms);
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
}
