import {expect} from 'chai';
import fc from 'fast-check';
import {durationText, goDuration, parseDuration} from '../src/duration.js';

describe('duration', () => {
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

  it('reads every duration as Go prints it', () => {
    fc.assert(
      fc.property(fc.integer({min: 0, max: 86_400_000}), (milliseconds) => {
        expect(parseDuration(goDuration(milliseconds))).to.equal(milliseconds);
      }),
    );
  });

  it('words a time span in two units at most, and leaves out a second one that is zero', () => {
    const texts = [
      [0, '0 s'],
      [449, '0.4 s'],
      [9_949, '9.9 s'],
      [9_950, '10 s'],
      [59_499, '59 s'],
      [59_500, '1 min'],
      [200_000, '3 min 20 s'],
      [600_000, '10 min'],
      [3_599_500, '1 h'],
      [3_900_000, '1 h 5 min'],
    ] as const;
    for (const [milliseconds, text] of texts) expect(durationText(milliseconds)).to.equal(text);
  });
});
