// The main job on the embedded simulator, as a user would type it: each command is a process of its own.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const main = `${root}dist/cli/main.js`;
const FIXTURE = 'fixtures/legacy.json';

/** Exit codes that are an answer and no failure: 3 says that some VMs were refused, which the demo is to show. */
const ANSWERS = new Set([0, 3]);

// Settings of a real vCenter must not reach the demo: it writes.
const ownEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(VIC_MACHINE|GOVC)_/.test(name)),
);

async function vchMigrate(environment, ...args) {
  process.stdout.write(`\n$ vch-migrate ${args.join(' ')}\n`);
  const child = spawn(process.execPath, [main, ...args, '--quiet'], {
    cwd: root,
    env: {...ownEnvironment, ...environment},
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  if (!ANSWERS.has(code)) throw new Error(`vch-migrate ${args[0]} ended with exit code ${code}`);
}

async function withSimulator(use) {
  process.stdout.write(`$ vch-migrate simulate ${FIXTURE}\n`);
  const server = spawn(process.execPath, [main, 'simulate', FIXTURE, '--quiet'], {
    cwd: root,
    env: ownEnvironment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(server, 'exit');
  try {
    const [line] = await Promise.race([
      once(createInterface({input: server.stdout}), 'line'),
      exited.then(() => Promise.reject(new Error('the simulator did not start'))),
    ]);
    process.stdout.write(`${line}\n`);
    const settings = [...line.matchAll(/(GOVC_\w+)=(\S+)/g)].map(([, name, value]) => [name, value]);
    return await use(Object.fromEntries(settings));
  } finally {
    server.kill('SIGTERM');
    await exited;
  }
}

try {
  await withSimulator(async (environment) => {
    const vch = ['--name', 'vch1'];
    await vchMigrate(environment, 'ls');
    await vchMigrate(environment, 'plan', ...vch);
    await vchMigrate(environment, 'apply', ...vch, '--change-id', 'CHG-1', '--yes');
    await vchMigrate(environment, 'verify', ...vch);
    await vchMigrate(environment, 'undo', ...vch, '--yes');
    process.stdout.write('\nEverything is back as it was. And once more, for good:\n');
    await vchMigrate(environment, 'apply', ...vch, '--yes');
  });
} catch (error) {
  process.stderr.write(`demo: ${error.message}\n`);
  process.exitCode = 1;
}
