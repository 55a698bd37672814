import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {expect} from 'chai';
import {processStart, processState, thisMachine} from '../../src/appliance/machine.js';

describe('appliance/machine', () => {
  it('tells a process from another one that was given its pid later', async () => {
    const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const pid = child.pid ?? 0;
    const started = processStart(pid);
    const here = thisMachine();
    // Where there is no /proc nothing is certain.
    const certain = started !== null && here.boot !== null && here.pidNamespace !== null;
    expect(processState(here, {pid, started})).to.equal(certain ? 'alive' : 'unknown');
    expect(processState(here, {pid, started: '1'})).to.equal(certain ? 'gone' : 'unknown');
    expect(processState(here, {pid, started: null})).to.equal('unknown');
    child.stdin.end();
    await once(child, 'exit');
    expect(processState(here, {pid, started})).to.equal(certain ? 'gone' : 'unknown');
  });

  it('knows nothing of the processes of another machine, boot or pid namespace', () => {
    const here = thisMachine();
    const own = {pid: process.pid, started: processStart(process.pid)};
    for (const other of [{host: 'elsewhere'}, {boot: 'another'}, {boot: null}, {pidNamespace: 'pid:[1]'}])
      expect(processState({...here, ...other}, own)).to.equal('unknown');
    for (const pid of [0, -1, 1.5]) expect(processState(here, {...own, pid})).to.equal('unknown');
  });
});
