import {once} from 'node:events';
import {PassThrough, Writable} from 'node:stream';
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

  it('drops what was typed before a question, a line that is not ended included', async () => {
    const modes: boolean[] = [];
    const stdin = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (raw: boolean) => modes.push(raw),
    });
    stdin.write('y\nye');
    const stderr = new PassThrough();
    const terminal = processTerminal(
      Object.create(process, {stdin: {value: stdin}, stderr: {value: stderr}, env: {value: {}}}),
    );
    const heard = once(stderr, 'data');
    const answer = terminal.ask('Go on? ', new AbortController().signal);
    await heard;
    stdin.write('no\n');
    expect(await answer).to.equal('no');
    expect(modes).to.deep.equal([true, false]);
  });

  it('has no line to draw on where stderr is none', () => {
    const stderr = new Writable({write: (_chunk, _encoding, done) => done()});
    expect(processTerminal(processWith(stderr)).live).to.equal(undefined);
  });
});
