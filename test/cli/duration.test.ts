import {expect} from 'chai';
import fc from 'fast-check';
import {parseDuration} from '../../src/cli/duration.js';
import {goDuration} from '../../src/vch-upgrade/ready.js';

describe('cli/duration', () => {
  it('reads what Go and vic-machine write', () => {
    expect(parseDuration('90s')).to.equal(90_000);
    expect(parseDuration('10m')).to.equal(600_000);
    expect(parseDuration('1h30m')).to.equal(5_400_000);
    expect(parseDuration('1.5s')).to.equal(1500);
    expect(parseDuration('250ms')).to.equal(250);
  });

  it('reads nothing else', () => {
    for (const text of ['', '10', 'm', '-1s', '1 s', '1d', '1e3s', '1s!', '.5s'])
      expect(parseDuration(text), text).to.equal(undefined);
  });

  it('reads every duration as messages write it', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 86_400_000}), (milliseconds) => {
        expect(parseDuration(goDuration(milliseconds))).to.equal(milliseconds);
      }),
    );
  });
});
