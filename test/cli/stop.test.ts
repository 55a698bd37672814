import {EventEmitter} from 'node:events';
import {expect} from 'chai';
import {listenForStop} from '../../src/cli/stop.js';

describe('stop', () => {
  for (const [signal, code] of [
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`asks softly at the first ${signal} and exits with ${code} at the second`, () => {
      const source = new EventEmitter();
      const exits: number[] = [];
      const stop = listenForStop(source, (exitCode) => exits.push(exitCode));
      expect([stop.signal.aborted, stop.by()]).to.deep.equal([false, null]);
      source.emit(signal);
      expect([stop.signal.aborted, stop.by(), exits]).to.deep.equal([true, signal, []]);
      source.emit(signal);
      expect(exits).to.deep.equal([code]);
    });
  }
});
