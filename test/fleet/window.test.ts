import {expect} from 'chai';
import fc from 'fast-check';
import type {Window} from '../../src/fleet/inventory.js';
import {opensAt} from '../../src/fleet/window.js';

const NIGHT: Window = {days: ['sat', 'sun'], from: '22:00', to: '04:00', zone: 'Europe/Amsterdam'};

function opens(now: string, window: Window | null = NIGHT): string | null {
  return opensAt(window, new Date(now))?.toISOString() ?? null;
}

describe('fleet/window', () => {
  it('is always open where there is none', () => expect(opens('2026-11-26T12:00:00Z', null)).to.equal(null));

  it('goes over midnight, and belongs to the day on which it begins', () => {
    expect(opens('2026-11-28T21:30:00Z')).to.equal(null);
    expect(opens('2026-11-30T02:59:00Z')).to.equal(null);
    // Monday, 04:00 in Amsterdam; and the night before Saturday belongs to Friday.
    expect(opens('2026-11-30T03:00:00Z')).to.equal('2026-12-05T21:00:00.000Z');
    expect(opens('2026-11-28T01:00:00Z')).to.equal('2026-11-28T21:00:00.000Z');
  });

  it('goes by the clock of its zone when that changes', () => {
    expect(opens('2026-10-25T19:00:00Z')).to.equal('2026-10-25T21:00:00.000Z');
    expect(opens('2026-10-24T19:00:00Z')).to.equal('2026-10-24T20:00:00.000Z');
  });

  it('is open at the time that it gives, and not a minute earlier', () => {
    const minute = fc.integer({min: 0, max: 7 * 24 * 60});
    const time = fc
      .integer({min: 0, max: 24 * 60 - 1})
      .map((at) => `${String(Math.floor(at / 60)).padStart(2, '0')}:${String(at % 60).padStart(2, '0')}`);
    fc.assert(
      fc.property(minute, time, time, fc.constantFrom('UTC', 'America/New_York'), (at, from, to, zone) => {
        fc.pre(from !== to);
        const window: Window = {days: ['mon', 'thu'], from, to, zone};
        const now = new Date(Date.UTC(2026, 10, 20) + at * 60_000);
        const opening = opensAt(window, now);
        if (opening === null) return;
        expect(opensAt(window, opening)).to.equal(null);
        expect(opensAt(window, new Date(opening.getTime() - 60_000))).to.not.equal(null);
      }),
      {numRuns: 15},
    );
  });
});
