import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {readTextFile, remembering} from '../src/text-file.js';

const NO_PATIENCE = {writer: 20, data: 40};

describe('text file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
  });
  after(() => rmSync(folder, {recursive: true}));

  const write = (name: string, content: Buffer) => {
    const path = join(folder, name);
    writeFileSync(path, content, {mode: 0o600});
    return path;
  };
  const pipe = (name: string) => {
    execFileSync('mkfifo', [join(folder, name)]);
    return join(folder, name);
  };

  const utf16 = Buffer.from('p\u00e4ss', 'utf16le');
  const written: Readonly<Record<string, Buffer>> = {
    'UTF-8': Buffer.from('p\u00e4ss'),
    'UTF-8 with a mark': Buffer.from('\ufeffp\u00e4ss'),
    'UTF-16LE': Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
    'UTF-16BE': Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()]),
  };
  for (const [encoding, bytes] of Object.entries(written)) {
    it(`is read from ${encoding}`, () => {
      expect(readTextFile(write('encoded', bytes))).to.include({status: 'read', text: 'p\u00e4ss'});
    });
  }

  it('tells whether others can read it', () => {
    const path = write('shared', Buffer.from('x'));
    expect(readTextFile(path)).to.include({shared: false});
    chmodSync(path, 0o644);
    expect(readTextFile(path)).to.include({shared: true});
  });

  it('has an end', () => {
    expect(readTextFile('/dev/zero')).to.deep.equal({status: 'unreadable', reason: 'more than 128 MiB'});
  });

  it('does not wait for ever for a pipe', () => {
    expect(readTextFile(pipe('nobody'), NO_PATIENCE)).to.include({status: 'unreadable'});
  });

  it('comes through a pipe, once', async () => {
    const path = pipe('somebody');
    const writer = spawn('sh', ['-c', 'printf secret > "$1"', 'sh', path]);
    const read = remembering((name) => readTextFile(name));
    expect(read(path)).to.include({status: 'read', text: 'secret'});
    expect(read(path)).to.include({status: 'read', text: 'secret'});
    await once(writer, 'exit');
  });

  it('is missing, or says why it cannot be read', () => {
    expect(readTextFile(join(folder, 'nowhere'))).to.deep.equal({status: 'missing'});
    expect(readTextFile(folder)).to.deep.equal({status: 'unreadable', reason: 'EISDIR'});
  });
});
