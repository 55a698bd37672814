import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import {thisMachine} from '../../src/appliance/machine.js';
import {holderOf, stateDirectory, takeOver, withStateDirectory} from '../../src/fleet/state-directory.js';
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

  it('is taken over by one of those who judged its holder gone, and is never free meanwhile', () =>
    withDirectory({}, async (folder) => {
      const lock = join(folder, 'fleet.pid');
      const dead = JSON.stringify({pid: 2 ** 22 + 1, started: '1', machine: thisMachine()});
      const [ann, bob] = ['ann', 'bob'].map((name) =>
        JSON.stringify({pid: process.pid, started: name, machine: thisMachine()}),
      );
      writeFileSync(lock, dead);
      expect(holderOf({lock}).state).to.equal('gone');
      expect(takeOver(lock, dead, ann ?? '')).to.equal(true);
      const before = statSync(lock, {bigint: true}).ctimeNs;
      expect(takeOver(lock, dead, bob ?? '')).to.equal(false);
      expect(readFileSync(lock, 'utf8')).to.equal(ann);
      expect(statSync(lock, {bigint: true}).ctimeNs).to.equal(before);
      expect(readdirSync(folder)).to.deep.equal(['fleet.pid']);
    }));

  it('is taken over although one who would have done so ended in the middle of it', () =>
    withDirectory({}, async (folder) => {
      const lock = join(folder, 'fleet.pid');
      const dead = (started: string) => JSON.stringify({pid: 2 ** 22 + 1, started, machine: thisMachine()});
      writeFileSync(lock, dead('1'));
      const claim = createHash('sha256').update(dead('1')).digest('hex').slice(0, 16);
      writeFileSync(`${lock}.${claim}`, dead('2'));
      expect(takeOver(lock, dead('1'), 'mine')).to.equal(true);
      expect(readFileSync(lock, 'utf8')).to.equal('mine');
      expect(readdirSync(folder)).to.deep.equal(['fleet.pid']);
    }));

  it('says so where it cannot be used', () =>
    withDirectory({file: ''}, async (folder) => {
      const path = join(folder, 'file', 'state');
      const directory = stateDirectory(path);
      const told = `the state directory ${path} cannot be used (ENOTDIR); name another with --state-dir`;
      const error = await rejection(withStateDirectory(directory, async () => undefined));
      expect(error).to.include({code: 'VCH_ERR_USAGE', message: told});
      expect(() => holderOf(directory)).to.throw(told);
    }));
});
