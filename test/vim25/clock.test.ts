import {setImmediate} from 'node:timers/promises';
import {expect} from 'chai';
import {systemClock} from '../../src/vim25/clock.js';

describe('vim25/clock', () => {
  it('is slept by many at once on one signal, and Node warns of no leak', async () => {
    const warnings: string[] = [];
    const listen = ({name}: Error) => warnings.push(name);
    process.on('warning', listen);
    const stop = new AbortController();
    const sleeps = Array.from({length: 20}, () => systemClock.sleep(60_000, {signal: stop.signal}));
    stop.abort();
    await Promise.all(sleeps);
    await setImmediate();
    process.off('warning', listen);
    expect(warnings).not.to.include('MaxListenersExceededWarning');
  });
});
