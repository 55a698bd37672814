import {execFileSync} from 'node:child_process';
import {statSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {makeFolder} from '../src/make-folder.js';
import {withDirectory} from './temporary-directory.js';

describe('make-folder', () => {
  const modeOf = (path: string) => statSync(path).mode & 0o777;

  it('makes what is missing, with the mode, and leaves what is there', () =>
    withDirectory({}, async (folder) => {
      makeFolder(join(folder, 'a'), 0o750);
      makeFolder(join(folder, 'a', 'b', 'c'), 0o700);
      makeFolder(join(folder, 'a', 'b'), 0o755);
      expect(['a', 'a/b', 'a/b/c'].map((path) => modeOf(join(folder, path)))).to.deep.equal([
        0o750, 0o700, 0o700,
      ]);
    }));

  it('refuses a file that is in the way', () =>
    withDirectory({file: ''}, async (folder) => {
      expect(() => makeFolder(join(folder, 'file'))).to.throw('EEXIST');
      expect(() => makeFolder(join(folder, 'file', 'a', 'b'))).to.throw('ENOTDIR');
    }));

  it('comes to an end where the system makes no folder and calls it missing', () => {
    // In a process of its own: what never returns cannot be stopped from within.
    const script = `
      import {makeFolder} from ${JSON.stringify(new URL('../src/make-folder.js', import.meta.url))};
      try { makeFolder('/proc/none/below'); } catch ({code}) { console.log(code); }`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      timeout: 20_000,
      killSignal: 'SIGKILL',
    });
    // On Linux ENOENT.
    expect(said).to.match(/^E[A-Z]+\n$/);
  });
});
