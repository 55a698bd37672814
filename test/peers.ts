import {spawn, spawnSync} from 'node:child_process';
import {fileURLToPath} from 'node:url';
import {leaveOut} from './depth.js';

/** The programs that judge our work and share no code with it. */
export type PeerName = 'vcsim' | 'govc' | 'python';

/** Where each of them is; `python` is an interpreter that has pyVmomi. */
export type Peers = Readonly<Record<PeerName, string>>;

/** The command that installs what is missing. */
export const INSTALL_PEERS = 'scripts/install-peers.sh';

/** The sources' root, from wherever the compiled tests run. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What `keyed` paths and removal of ExtraConfig keys need. */
const OLDEST_GOVMOMI = [0, 52] as const;

const CANDIDATES: Readonly<Record<PeerName, readonly string[]>> = {
  vcsim: ['vcsim', `${ROOT}.tools/bin/vcsim`],
  govc: ['govc', `${ROOT}.tools/bin/govc`],
  python: [`${ROOT}.tools/python/bin/python3`, 'python3'],
};

/** The peers on PATH or in `.tools`, and the names of those that are in neither. */
export function findPeers(wanted: readonly PeerName[]): {
  readonly found: Partial<Peers>;
  readonly missing: readonly PeerName[];
} {
  const found = Object.fromEntries(
    wanted.flatMap((name) => {
      const path = pathOf(name);
      return path === undefined ? [] : [[name, path]];
    }),
  );
  return {found, missing: wanted.filter((name) => !(name in found))};
}

/** To start an interpreter for each of many suites would take longer than most of them. */
const probed = new Map<PeerName, string | undefined>();

function pathOf(name: PeerName): string | undefined {
  if (!probed.has(name)) {
    const path = CANDIDATES[name].find((candidate) => isUsable(name, candidate));
    probed.set(name, path);
  }
  return probed.get(name);
}

function isUsable(name: PeerName, path: string): boolean {
  const args = name === 'python' ? ['-c', 'import pyVmomi, pyVim.connect'] : ['version'];
  // An older vcsim has no `version` and would serve for ever.
  const answer = spawnSync(path, args, {
    encoding: 'utf8',
    timeout: 20_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (answer.status !== 0) return false;
  return name === 'python' || isRecent(answer.stdout);
}

function isRecent(version: string): boolean {
  const [, major, minor] = /(\d+)\.(\d+)\.\d+/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > OLDEST_GOVMOMI[0] || Number(minor) >= OLDEST_GOVMOMI[1];
}

/** True where a missing peer is a failure: in CI, or when `VCH_MIGRATE_REQUIRE_PEERS` is set. */
export function peersAreRequired(environment: NodeJS.ProcessEnv): boolean {
  return [environment.CI, environment.VCH_MIGRATE_REQUIRE_PEERS].some(
    (value) => value !== undefined && value !== '' && value !== '0' && value !== 'false',
  );
}

/**
 * A suite that needs peers. Where one is missing its scenarios are skipped, and the end of the run says so with the
 * command that installs it; where peers are required that is a failing test instead.
 */
export function describeWithPeers<N extends PeerName>(
  title: string,
  wanted: readonly N[],
  body: (peers: Pick<Peers, N>) => void,
): void {
  const {found, missing} = findPeers(wanted);
  if (hasAll(found, wanted)) {
    describe(title, function () {
      // Hundreds of VMs, on machines that do other things besides.
      this.timeout(120_000);
      body(found);
    });
    return;
  }
  const problem = `${missing.join(', ')} not found; install with: ${INSTALL_PEERS}`;
  if (peersAreRequired(process.env)) {
    describe(title, () => {
      it(`finds ${wanted.join(', ')}`, () => {
        throw new Error(problem);
      });
    });
    return;
  }
  // The body only declares here: nothing of a skipped suite runs.
  const nowhere: Peers = {vcsim: '', govc: '', python: ''};
  const suite = describe.skip(title, () => body(nowhere));
  if (suite === undefined) return;
  leaveOut(`${suite.total()} scenarios of "${title}" (${problem})`);
}

function hasAll<N extends PeerName>(found: Partial<Peers>, wanted: readonly N[]): found is Pick<Peers, N> {
  return wanted.every((name) => found[name] !== undefined);
}

/** Runs a program to its end; gives what it printed, both streams, in `output`. */
export function runPeer(
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
