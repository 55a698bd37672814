import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Writable} from 'node:stream';
import {expect} from 'chai';
import fc from 'fast-check';
import {type RunLoggerOptions, withRunLogger} from '../../src/cli/logger.js';
import {Redactor} from '../../src/cli/redactor.js';
import type {Logger} from '../../src/log.js';
import {rejection} from '../rejection.js';

interface Collected {
  readonly errors: Writable;
  readonly text: () => string;
}

function collect(): Collected {
  let text = '';
  const errors = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  return {errors, text: () => text};
}

async function logged(options: Partial<RunLoggerOptions>, use: (log: Logger) => void): Promise<string> {
  const {errors, text} = collect();
  const now = () => new Date('2026-01-02T03:04:05Z');
  await withRunLogger(
    {errors, logFile: undefined, debug: false, quiet: false, redactor: new Redactor(), now, ...options},
    async (log) => use(log),
  );
  return text();
}

function everything(log: Logger): void {
  log.error('VCH_ERR_AUTH: no');
  log.warn('careful');
  log.info('reading');
  log.debug('details');
}

describe('logger', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  it('tells errors, warnings and progress, and leaves details to --debug', async () => {
    expect(await logged({}, everything)).to.equal(
      'vch-migrate: VCH_ERR_AUTH: no\nwarning: careful\nreading\n',
    );
    expect(await logged({debug: true}, everything)).to.include('2026-01-02T03:04:05.000Z debug: details\n');
  });

  it('tells errors only when it is to be quiet, and the file everything else too', async () => {
    const logFile = join(folder, 'quiet.log');
    expect(await logged({quiet: true, logFile}, everything)).to.equal('vch-migrate: VCH_ERR_AUTH: no\n');
    const levels = readFileSync(logFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).level);
    expect(levels).to.deep.equal(['error', 'warn', 'info']);
  });

  it('appends to a log file that nobody else may read', async () => {
    const logFile = join(folder, 'twice.log');
    await logged({logFile}, (log) => log.info('one'));
    await logged({logFile}, (log) => log.info('two'));
    expect(readFileSync(logFile, 'utf8').trimEnd().split('\n')).to.have.length(2);
    expect(statSync(logFile).mode & 0o077).to.equal(0);
  });

  it('may be a pipe, and is refused where nobody reads from it', async () => {
    const [logFile, copy] = [join(folder, 'pipe.log'), join(folder, 'copy.log')];
    execFileSync('mkfifo', [logFile]);
    const error = await rejection(logged({logFile}, everything));
    expect(error).to.include({code: 'VCH_ERR_USAGE'});
    expect(error.message).to.include('nobody reads from that pipe');
    const reader = spawn('sh', ['-c', 'exec cat "$0" > "$1"', logFile, copy]);
    await logged({logFile}, everything);
    await once(reader, 'close');
    expect(readFileSync(copy, 'utf8').trimEnd().split('\n')).to.have.length(3);
  });

  it('makes one line of a message, whatever is in it', async () => {
    const text = await logged({}, (log) => log.error('VCH_ERR_VIM_FAULT: a\nb\u001b[2Jc'));
    expect(text).to.equal('vch-migrate: VCH_ERR_VIM_FAULT: a bc\n');
  });

  it('shows no planted secret on any level, on the terminal or in the file', async () => {
    const logFile = join(folder, 'secret.log');
    const secret = fc.stringMatching(/^[A-Za-z0-9!@#$%^&<>'"\\/ ]{6,20}$/).map((text) => `aB3${text}-x9Z`);
    await fc.assert(
      fc.asyncProperty(
        secret,
        fc.string(),
        fc.constantFrom('', '\u0000', '\u001b[0m', '\u200e'),
        async (planted, around, hidden) => {
          rmSync(logFile, {force: true});
          const redactor = new Redactor();
          redactor.add(planted);
          // Halves that only come together when what stands between them is taken out.
          const halves = planted.slice(0, 3) + hidden + planted.slice(3);
          const message = `${around}${planted}${around}${halves}`;
          const text = await logged({redactor, logFile, debug: true}, (log) => {
            log.error(message);
            log.debug(message);
          });
          const messages = readFileSync(logFile, 'utf8')
            .trimEnd()
            .split('\n')
            .map((line) => String(JSON.parse(line).message));
          expect(messages).to.have.length(2);
          for (const shown of [text, ...messages]) expect(shown).to.not.include(planted);
        },
      ),
      {numRuns: 60},
    );
  });

  it('has written everything when the run is over, also when it failed', async () => {
    const logFile = join(folder, 'failed.log');
    const {errors} = collect();
    const options = {
      errors,
      logFile,
      debug: false,
      quiet: false,
      redactor: new Redactor(),
      now: () => new Date(),
    };
    const failing = withRunLogger(options, async (log) => {
      for (let n = 0; n < 500; n += 1) log.info(`line ${n}`);
      throw new Error('in the middle');
    });
    expect(await failing.catch((error: unknown) => String(error))).to.equal('Error: in the middle');
    expect(readFileSync(logFile, 'utf8').trimEnd().split('\n')).to.have.length(500);
  });
});
