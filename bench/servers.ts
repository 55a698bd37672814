import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {ROOT} from '../test/peers.js';
import {CLI} from './clients.js';

/** What went over the wire: requests, and bytes of the answers' bodies. */
export interface Wire {
  readonly requests: number;
  readonly bytes: number;
}

const TEMPLATES = `${ROOT}fixtures/vic-encoded.jsonl`;

/** A fresh vcsim with a VCH of so many containerVMs, whose tasks take so many milliseconds, while `use` runs. */
export async function withVcsim<T>(
  vcsim: string,
  {vms, task}: {readonly vms: number; readonly task: number},
  use: (url: string) => Promise<T>,
): Promise<{readonly result: T; readonly wire: Wire}> {
  const server = spawn(vcsim, ['-vm', String(vms), '-task', String(task), '-templates', TEMPLATES]);
  const ended = once(server, 'exit');
  const lines = linesOf(server, 'vcsim');
  try {
    const result = await use(await lines.next());
    server.stdin.end();
    const [requests = 0, bytes = 0] = (await lines.next()).split(' ').map(Number);
    return {result, wire: {requests, bytes}};
  } finally {
    // It removes its files before it ends.
    server.stdin.end();
    const impatient = setTimeout(() => server.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(impatient);
  }
}

/** The embedded simulator in a process of its own, with a VCH of so many containerVMs, while `use` runs. */
export async function withSimulator<T>(
  folder: string,
  vms: number,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const fixture = JSON.parse(readFileSync(`${ROOT}fixtures/large-legacy.json`, 'utf8'));
  fixture.generate[0].count = vms;
  const path = join(folder, 'fixture.json');
  writeFileSync(path, JSON.stringify(fixture));
  cpSync(TEMPLATES, join(folder, 'vic-encoded.jsonl'));
  const server = spawn(process.execPath, [CLI, 'simulate', path, '--quiet']);
  const ended = once(server, 'exit');
  const lines = linesOf(server, 'the simulator');
  try {
    const [, url = ''] = /GOVC_URL=(\S+)/.exec(await lines.next()) ?? [];
    return await use(url);
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

/** The lines that a server prints; it fails if the server ends instead. */
function linesOf(server: ChildProcessWithoutNullStreams, name: string) {
  let said = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-2000);
  });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  return {
    async next(): Promise<string> {
      const {value, done} = await lines.next();
      if (done === true) throw new Error(`${name} ended:\n${said}`);
      return value;
    },
  };
}
