import {spawn, spawnSync} from 'node:child_process';

/** The clients that others wrote, by which the simulator is judged. */
export type PeerClient = 'govc' | 'python';

const CANDIDATES: Readonly<Record<PeerClient, readonly string[]>> = {
  govc: ['govc', '.tools/bin/govc'],
  python: ['.tools/python/bin/python3', 'python3'],
};
const PROBES: Readonly<Record<PeerClient, readonly string[]>> = {
  govc: ['version'],
  python: ['-c', 'import pyVmomi, pyVim.connect'],
};

/** A suite that needs one of them: loudly skipped where it is missing, a failure where peers are required. */
export function describeWithPeer(title: string, name: PeerClient, body: (path: string) => void): void {
  const path = CANDIDATES[name].find((candidate) => spawnSync(candidate, [...PROBES[name]]).status === 0);
  if (path !== undefined) {
    describe(title, () => body(path));
    return;
  }
  const problem = `${title}: ${name} not found; install it with scripts/install-peers.sh`;
  if ((process.env.CI ?? process.env.VCH_MIGRATE_REQUIRE_PEERS ?? '') !== '') {
    describe(title, () => {
      it('finds its peer', () => {
        throw new Error(problem);
      });
    });
    return;
  }
  process.stderr.write(`LEFT OUT: ${problem}\n`);
  describe.skip(title, () => body(''));
}

/** Runs a program to its end; gives what it printed, both streams, in `output`. */
export function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{readonly code: number | null; readonly output: string}> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: {...process.env, ...environment},
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('close', (code) => resolve({code, output}));
  });
}
