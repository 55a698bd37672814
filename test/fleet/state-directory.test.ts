import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {holderOf, stateDirectory, withStateDirectory} from '../../src/fleet/state-directory.js';
import {rejection} from '../rejection.js';
import {withDirectory} from '../temporary-directory.js';

describe('fleet/state-directory', () => {
  it('has one holder at a time, and is its owner’s alone', () =>
    withDirectory({}, async (folder) => {
      const directory = stateDirectory(join(folder, 'state'));
      await withStateDirectory(directory, async () => {
        expect(statSync(directory.path).mode & 0o777).to.equal(0o700);
        expect(statSync(directory.lock).mode & 0o777).to.equal(0o600);
        const error = await rejection(withStateDirectory(directory, async () => undefined));
        expect(error.code).to.equal('VCH_ERR_LOCKED');
        expect(error.message).to.contain(`process ${process.pid}`);
      });
      expect(existsSync(directory.lock)).to.equal(false);
    }));

  it('is taken from a process that is gone, and not from one of another machine', () =>
    withDirectory({}, async (folder) => {
      const directory = stateDirectory(folder);
      let mine = '';
      await withStateDirectory(directory, async () => {
        mine = readFileSync(directory.lock, 'utf8');
      });
      const {machine} = JSON.parse(mine);
      // No process has so high an id.
      const gone = {pid: 99_999_999, started: '1', machine};
      writeFileSync(directory.lock, JSON.stringify(gone));
      expect(await withStateDirectory(directory, async () => 'taken')).to.equal('taken');
      writeFileSync(directory.lock, JSON.stringify({...gone, machine: {...machine, host: 'elsewhere'}}));
      expect(holderOf(directory).state).to.equal('alive');
      expect((await rejection(withStateDirectory(directory, async () => undefined))).code).to.equal(
        'VCH_ERR_LOCKED',
      );
    }));
});
