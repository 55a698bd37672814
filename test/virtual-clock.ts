import type {Clock} from '../src/vim25/clock.js';

interface Sleeper {
  readonly until: number;
  readonly ref: boolean;
  readonly wake: () => void;
}

/**
 * A clock that jumps to the earliest sleeper whenever everybody sleeps, so that minutes pass in no time. `idle` says
 * when that is so; a sleeper that does not keep the process alive does not make it jump.
 */
export function virtualClock(idle: () => boolean = () => true): Clock {
  let time = 1_000;
  let jumping = false;
  const sleepers = new Set<Sleeper>();
  const jump = () => {
    const waited = [...sleepers].filter(({ref}) => ref);
    jumping = waited.length > 0;
    if (!jumping) return;
    if (idle()) {
      const earliest = [...sleepers].reduce((first, other) => (other.until < first.until ? other : first));
      time = Math.max(time, earliest.until);
      sleepers.delete(earliest);
      earliest.wake();
    }
    setImmediate(jump);
  };
  return {
    now: () => time,
    sleep(milliseconds, {signal, ref = true} = {}) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper: Sleeper = {
          until: time + milliseconds,
          ref,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        const abort = () => {
          sleepers.delete(sleeper);
          resolve();
        };
        signal?.addEventListener('abort', abort, {once: true});
        sleepers.add(sleeper);
        if (jumping) return;
        jumping = true;
        setImmediate(jump);
      });
    },
  };
}
