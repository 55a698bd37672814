import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {connect} from 'node:tls';
import {type Peers, ROOT} from '../peers.js';
import {runWell} from './run.js';

/** One VM as pyVmomi sees it. */
export interface DumpedVm {
  readonly name: string;
  readonly uuid: string;
  readonly instanceUuid: string;
  readonly template: boolean;
  readonly powerState: string;
  readonly connectionState: string;
  readonly extraConfig: Readonly<Record<string, string>>;
}

/** Every VM of an inventory, by moref value. */
export type Dump = Readonly<Record<string, DumpedVm>>;

/** A vCenter of govmomi's, filled with a fixture and looked at by govc and pyVmomi only. */
export interface Vcsim {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** SHA-256 of its certificate. */
  readonly thumbprint: string;
  /** Display names of the fixture's VMs that vcsim cannot hold: unreachable ones. */
  readonly leftOut: readonly string[];
  dump(): Promise<Dump>;
  govc(...args: string[]): Promise<string>;
  close(): Promise<void>;
}

const USER = 'administrator@vsphere.local';
const PASSWORD = 'vcsim-p4ssw0rd';

/** Starts vcsim on a free port and seeds it with a fixture; `count` limits what the fixture generates. */
export function startVcsim(peers: Peers, fixture: string, count?: number): Promise<Vcsim> {
  return start(peers, fixture, modelOf(`${ROOT}fixtures/${fixture}`), count);
}

/** Whether this vcsim can be a standalone ESXi host. */
export function canBeEsxi({vcsim}: Peers): boolean {
  return /^ *-esx\b/m.test(spawnSync(vcsim, ['-h'], {encoding: 'utf8'}).stderr);
}

/** Starts vcsim as a standalone ESXi host, and seeds it with a fixture of one cluster and no folders. */
export function startEsxi(peers: Peers, fixture: string): Promise<Vcsim> {
  return start(peers, fixture, ['-esx', '-l', '127.0.0.1:0', '-vm', '0', '-pool', '0']);
}

async function start(
  peers: Peers,
  fixture: string,
  model: readonly string[],
  count?: number,
): Promise<Vcsim> {
  const path = `${ROOT}fixtures/${fixture}`;
  const child = spawn(peers.vcsim, [...model, '-username', USER, '-password', PASSWORD], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  tellIfItDies(child);
  try {
    const url = await listening(child);
    const login = {url, user: USER, password: PASSWORD};
    const env = environment(login);
    const seed = [`${ROOT}test/peers/seed.py`, path, ...(count === undefined ? [] : [String(count)])];
    const seeded = JSON.parse(await runWell(peers.python, seed, {env}));
    return {
      ...login,
      thumbprint: await thumbprintOf(url),
      leftOut: seeded.leftOut,
      dump: () => dumpOf(peers, login),
      govc: (...args) => runWell(peers.govc, args, {env}),
      close: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** vcsim complains about every refused handshake; only what it says before it dies on its own is of interest. */
function tellIfItDies(child: ChildProcess): void {
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-4000);
  });
  child.once('close', (code) => {
    if (code !== 0) process.stderr.write(`vcsim exited ${code}:\n${said}`);
  });
}

function modelOf(path: string): string[] {
  const {datacenters} = JSON.parse(readFileSync(path, 'utf8'));
  const clusters = String(datacenters[0].clusters.length);
  const sizes = {dc: '1', cluster: clusters, host: '1', 'standalone-host': '0', ds: '1', vm: '0'};
  return ['-l', '127.0.0.1:0', ...Object.entries(sizes).flatMap(([name, size]) => [`-${name}`, size])];
}

async function listening(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('vcsim has no stdout');
  const lines = createInterface(child.stdout);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`vcsim exited ${code} before it listened`);
  });
  // Whichever wins, the exit of a vcsim that is stopped later is no unhandled rejection.
  ended.catch(() => {});
  const [line] = await Promise.race([once(lines, 'line'), ended]);
  const url = /GOVC_URL=(\S+)/.exec(line)?.[1];
  if (url === undefined) throw new Error(`vcsim printed ${line}`);
  const {host} = new URL(url);
  return `https://${host}/sdk`;
}

/** Where a vCenter is, and who may look at it. */
interface Login {
  readonly url: string;
  readonly user: string;
  readonly password: string;
}

/** What pyVmomi sees of any vCenter. */
export async function dumpOf(peers: Pick<Peers, 'python'>, login: Login): Promise<Dump> {
  return JSON.parse(await runWell(peers.python, [`${ROOT}test/peers/dump.py`], {env: environment(login)}));
}

function environment({url, user, password}: Login): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    GOVC_URL: url,
    GOVC_USERNAME: user,
    GOVC_PASSWORD: password,
    GOVC_INSECURE: '1',
    GOVC_PERSIST_SESSION: 'false',
    PYTHONDONTWRITEBYTECODE: '1',
  };
}

/** SHA-256 thumbprint of the certificate that a URL serves. */
export async function thumbprintOf(url: string): Promise<string> {
  const {hostname, port} = new URL(url);
  const socket = connect({host: hostname, port: Number(port), rejectUnauthorized: false});
  try {
    await once(socket, 'secureConnect');
    return socket.getPeerCertificate().fingerprint256;
  } finally {
    socket.end();
    await once(socket, 'close');
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
