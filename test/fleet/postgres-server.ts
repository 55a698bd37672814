import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {leaveOut} from '../depth.js';
import {INSTALL_PEERS, peersAreRequired} from '../peers.js';

const DEBIAN = '/usr/lib/postgresql';

/** Where PostgreSQL's programs are; undefined if it is not installed. */
export function postgresPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(DEBIAN, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
}

/** PostgreSQL runs as no root: then as the user that its package has made. */
function owner(): {readonly uid: number; readonly gid: number} | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const [, , uid, gid] = /^postgres:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? [];
  return {uid: Number(uid), gid: Number(gid)};
}

/** A PostgreSQL server of a test's own. */
export interface PostgresServer {
  readonly url: string;
  /** Ends it at once, as a power cut does, and starts it again. */
  restart(mode: 'immediate' | 'fast'): Promise<void>;
  /** Everything in the database, as SQL. */
  dump(): string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL in a folder of its own, on a free port of this machine. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vch-postgres-'));
  const as = owner();
  if (as !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  const run = (program: string, ...args: readonly string[]) => {
    const {status, stderr, stdout} = spawnSync(join(bin, program), args, {
      ...as,
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 1 << 30,
    });
    if (status !== 0) throw new Error(`${program} ${args[0]} ended with ${status}: ${stderr}`);
    return stdout;
  };
  run(
    'initdb',
    '--pgdata',
    data,
    '--auth=trust',
    '--username=fleet',
    '--encoding=UTF8',
    '--no-sync',
    '--locale=C',
  );
  const port = await freePort();
  const url = `postgres://fleet@127.0.0.1:${port}/postgres`;
  const start = async () => {
    const server = spawn(
      join(bin, 'postgres'),
      [
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        `unix_socket_directories=${folder}`,
        '-c',
        'fsync=off',
        '-c',
        'max_connections=200',
      ],
      {...as, cwd: folder, stdio: ['ignore', 'ignore', 'pipe']},
    );
    server.stderr.resume();
    const ended = once(server, 'exit');
    while (spawnSync(join(bin, 'pg_isready'), ['-h', '127.0.0.1', '-p', String(port), '-q']).status !== 0) {
      if (server.exitCode !== null) throw new Error(`PostgreSQL did not start (${server.exitCode})`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return {server, ended};
  };
  const stopped = async ({server, ended}: Awaited<ReturnType<typeof start>>, signal: NodeJS.Signals) => {
    server.kill(signal);
    await ended;
  };
  let running = await start();
  return {
    url,
    async restart(mode) {
      await stopped(running, mode === 'immediate' ? 'SIGQUIT' : 'SIGINT');
      running = await start();
    },
    dump: () => run('pg_dump', '-h', '127.0.0.1', '-p', String(port), '-U', 'fleet', 'postgres'),
    async stop() {
      await stopped(running, 'SIGQUIT');
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A suite that needs PostgreSQL: left out where there is none, and a failure in CI. */
export function describeWithPostgres(title: string, body: (server: () => PostgresServer) => void): void {
  const bin = postgresPrograms();
  const problem = `no PostgreSQL found; install with: ${INSTALL_PEERS}`;
  const absent = (): PostgresServer => {
    throw new Error(problem);
  };
  if (bin === undefined) {
    if (peersAreRequired(process.env)) describe(title, () => it('finds PostgreSQL', absent));
    else {
      describe.skip(title, () => body(absent));
      leaveOut(`"${title}" (${problem})`);
    }
    return;
  }
  describe(title, function () {
    this.timeout(180_000);
    let server: PostgresServer | undefined;
    before(async () => {
      server = await startPostgres(bin);
    });
    after(async () => {
      await server?.stop();
    });
    body(() => server ?? absent());
  });
}
