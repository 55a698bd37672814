// The main jobs on the embedded simulator, as a user would type them: each command is a process of its own, and the screen
// shows the head of what it prints.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdtempSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import {vchFixture, writeVicIso} from '../dist/src/testing/testing.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const main = join(root, 'dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'vch-migrate-demo-'));

const fixture = vchFixture({
  containers: [
    'web',
    'db',
    {name: 'cache', powerState: 'poweredOff'},
    {name: 'queue', dataVersion: 5},
    {name: 'job', dataVersion: 10},
  ],
  more: {settings: {bootTime: 300, shutdownTime: 100}},
});

// Settings of a real vCenter must not reach the demo: it writes.
const own = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VIC_MACHINE|GOVC|XDG)_/.test(name)),
);

const say = (line = '') => process.stdout.write(`${line}\n`);

function start(args, environment, stdout) {
  return spawn(process.execPath, [main, ...args, '--quiet'], {
    cwd: folder,
    env: {...own, HOME: folder, ...environment},
    stdio: ['ignore', stdout, 'inherit'],
  });
}

/** Runs a command and shows the first lines of its result. */
async function vchMigrate(environment, lines, ...args) {
  say(`\n$ vch-migrate ${args.join(' ')}`);
  const child = start(args, environment, 'pipe');
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0 && code !== 3)
    throw new Error(`vch-migrate ${args[0]} ended with exit code ${code}\n${output}`);
  const shown = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('Next: '));
  for (const line of shown.slice(0, lines)) say(line.length > 110 ? `${line.slice(0, 109)}…` : line);
}

async function withSimulator(use) {
  const file = join(folder, 'vch1.json');
  writeFileSync(file, JSON.stringify(fixture));
  // The maps that the fixture extends lie beside it.
  for (const name of ['vic-encoded.jsonl', 'vic-old.jsonl'])
    copyFileSync(join(root, 'fixtures', name), join(folder, name));
  const server = start(['simulate', file], {}, 'pipe');
  const exited = once(server, 'exit');
  try {
    const [line] = await Promise.race([
      once(createInterface({input: server.stdout}), 'line'),
      exited.then(() => Promise.reject(new Error('the simulator did not start'))),
    ]);
    return await use(
      Object.fromEntries([...line.matchAll(/(GOVC_\w+)=(\S+)/g)].map(([, name, value]) => [name, value])),
    );
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
}

try {
  const report = join(folder, 'upgrade.html');
  await Promise.all(
    ['appliance.iso', 'bootstrap.iso'].map((name) => writeVicIso(join(folder, name), {version: 'v1.5.6'})),
  );
  say('A VCH of VIC 0.9 with five containers, in an embedded vCenter.');
  await withSimulator(async (environment) => {
    const vch = ['--name', 'vch1'];
    await vchMigrate(environment, 6, 'plan', ...vch);
    await vchMigrate(environment, 7, 'upgrade', ...vch, '--yes', '--report', 'upgrade.html');
    say(
      '\nBy hand, with vic-machine alone: nothing shows beforehand what will change; docker accepts a rename of',
    );
    say(
      '"queue", whose data version is 5, and loses it; and no container has a record from which it could be put back.',
    );
    await vchMigrate(environment, 5, 'rollback', ...vch, '--yes');
    await vchMigrate(environment, 3, 'ls');
  });
  say(`\nThe report of the upgrade, for people: ${report}`);
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}
