import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {text} from 'node:stream/consumers';
import {expect} from 'chai';
import {sizeOf} from '../depth.js';
import {withDirectory} from '../temporary-directory.js';

const MAIN = 'dist/cli/main.js';
const CONTAINERS = sizeOf('containerVMs of a large VCH', {sample: 1_000, ci: 10_000, exhaustive: 10_000});
/** What the tool promises for 10,000 containerVMs, in KiB as the system counts it. */
const MEMORY_LIMIT = 250 * 1024;
// Written by the process itself when it ends: its largest resident set.
const TELL_MEMORY =
  "data:text/javascript,import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,String(process.resourceUsage().maxRSS)))";

interface Ended {
  readonly code: number | null;
  readonly summary: Readonly<Record<string, number>>;
  readonly maxRss: number;
}

async function vchMigrate(environment: NodeJS.ProcessEnv, command: string): Promise<Ended> {
  const args = [
    '--import',
    TELL_MEMORY,
    MAIN,
    command,
    '--name',
    'vch1',
    '--format',
    'json',
    '--quiet',
    '--yes',
  ];
  const child = spawn(process.execPath, args, {
    env: {...process.env, XDG_STATE_HOME: '', HOME: '', ...environment},
    stdio: ['ignore', 'pipe', 'inherit', 'pipe'],
  });
  const memory = child.stdio[3];
  if (child.stdout === null || memory === null || memory === undefined || !('readable' in memory)) {
    throw new Error('the child has no pipes');
  }
  const exit = once(child, 'exit');
  const [out, told] = await Promise.all([text(child.stdout), text(memory)]);
  const [code] = await exit;
  return {code, summary: JSON.parse(out).summary, maxRss: Number(told)};
}

describe(`a VCH of ${CONTAINERS} containerVMs, on the simulator in its own process`, function () {
  this.timeout(300_000);

  it('is planned, applied and found finished, in less than 250 MB', async () => {
    const fixture = JSON.parse(await readFile('fixtures/large-legacy.json', 'utf8'));
    fixture.generate[0].count = CONTAINERS;
    const files = {
      'large.json': JSON.stringify(fixture),
      'vic-encoded.jsonl': await readFile('fixtures/vic-encoded.jsonl', 'utf8'),
    };
    await withDirectory(files, async (directory) => {
      const server = spawn(process.execPath, [MAIN, 'simulate', join(directory, 'large.json'), '--quiet'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const gone = once(server, 'exit');
      try {
        const [line] = await once(createInterface({input: server.stdout}), 'line');
        const [, url] = /GOVC_URL=(\S+)/.exec(line) ?? [];
        const environment = {GOVC_URL: url, GOVC_INSECURE: '1', GOVC_USERNAME: '', GOVC_PASSWORD: ''};
        const planned = await vchMigrate(environment, 'plan');
        expect(planned).to.include({code: 0});
        expect(planned.summary.total).to.equal(CONTAINERS);
        expect(planned.summary.pending).to.be.equal(CONTAINERS);
        const applied = await vchMigrate(environment, 'apply');
        expect(applied).to.include({code: 0});
        expect(applied.summary.changed).to.equal(planned.summary.pending);
        const verified = await vchMigrate(environment, 'verify');
        expect(verified.summary.unchanged).to.equal(CONTAINERS);
        for (const {maxRss} of [planned, applied, verified]) expect(maxRss).to.be.within(1_024, MEMORY_LIMIT);
        const megabytes = [planned, applied, verified]
          .map(({maxRss}) => Math.round(maxRss / 1024))
          .join(', ');
        console.log(`      memory of plan, apply, verify: ${megabytes} MB`);
      } finally {
        server.kill('SIGTERM');
        await gone;
      }
    });
  });
});
