import {Writable} from 'node:stream';
import {expect} from 'chai';
import {processTerminal} from '../../src/cli/terminal.js';

/** This process, with another terminal for stderr. */
function processWith(stderr: Writable): NodeJS.Process {
  return Object.create(process, {stderr: {value: stderr}, env: {value: {TERM: 'xterm'}}});
}

describe('terminal', () => {
  it('follows its window when that is made narrower', () => {
    const stderr = Object.assign(new Writable({write: (_chunk, _encoding, done) => done()}), {
      isTTY: true,
      columns: 80,
    });
    const {live} = processTerminal(processWith(stderr));
    expect(live?.columns).to.equal(80);
    stderr.columns = 60;
    expect(live?.columns).to.equal(60);
  });

  it('has no line to draw on where stderr is none', () => {
    const stderr = new Writable({write: (_chunk, _encoding, done) => done()});
    expect(processTerminal(processWith(stderr)).live).to.equal(undefined);
  });
});
