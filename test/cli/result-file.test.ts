import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {whyUnwritten, writeToPipe, writeWhole} from '../../src/cli/result-file.js';

describe('result file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  afterEach(() => rmSync(folder, {recursive: true}));

  it('is for its owner alone where it is new, and keeps its mode where it is not', () => {
    const path = join(folder, 'r.json');
    writeWhole(path, 'one');
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    chmodSync(path, 0o640);
    writeWhole(path, 'two');
    expect(statSync(path).mode & 0o777).to.equal(0o640);
    expect(readFileSync(path, 'utf8')).to.equal('two');
    expect(readdirSync(folder)).to.deep.equal(['r.json']);
  });

  it('keeps every character of a text that is written in pieces', () => {
    const path = join(folder, 'r.json');
    for (const before of [0, 1]) {
      const text = `${'x'.repeat(before)}${'😀'.repeat(1024 * 1024 + 3)}é`;
      writeWhole(path, text);
      expect(readFileSync(path, 'utf8') === text).to.equal(true);
    }
  });

  it('replaces what a link leads to, and not the link', () => {
    const [path, link] = [join(folder, 'r.json'), join(folder, 'latest.json')];
    writeFileSync(path, 'one');
    symlinkSync('r.json', link);
    writeWhole(link, 'two');
    expect(readFileSync(path, 'utf8')).to.equal('two');
  });

  it('stays as it was where the new one cannot be written', () => {
    const path = join(folder, 'x'.repeat(300));
    expect(() => writeWhole(path, 'x')).to.throw('ENAMETOOLONG');
    expect(readdirSync(folder)).to.deep.equal([]);
  });

  it('may be a device', () => {
    writeWhole('/dev/null', 'x');
    expect(statSync('/dev/null').isCharacterDevice()).to.equal(true);
  });

  it('may be a pipe, however slow its reader', async () => {
    const [pipe, copy] = [join(folder, 'pipe.json'), join(folder, 'copy')];
    execFileSync('mkfifo', [pipe]);
    const reader = spawn('sh', ['-c', 'exec cat "$0" > "$1"', pipe, copy]);
    const text = 'x'.repeat(300_000);
    writeWhole(pipe, text);
    await once(reader, 'close');
    expect(readFileSync(copy, 'utf8')).to.equal(text);
  });

  it('is given up where nobody reads from the pipe, or reads on', () => {
    const pipe = join(folder, 'pipe.json');
    execFileSync('mkfifo', [pipe]);
    const patience = {reader: 20, reading: 20};
    const failure = (text: string) => {
      try {
        writeToPipe(pipe, text, patience);
        return 'written';
      } catch (error) {
        return whyUnwritten(error);
      }
    };
    expect(failure('x')).to.equal('nobody reads from that pipe');
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      expect(failure('x'.repeat(300_000))).to.equal('whoever reads from that pipe has stopped');
    } finally {
      closeSync(reader);
    }
  });
});
