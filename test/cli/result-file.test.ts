import {
  chmodSync,
  mkdtempSync,
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
import {writeWhole} from '../../src/cli/result-file.js';

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
});
