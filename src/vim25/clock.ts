import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';

export interface SleepOptions {
  /** Aborting it ends the sleep early. */
  readonly signal?: AbortSignal | undefined;
  /** `false`: the sleep does not keep the process alive. */
  readonly ref?: boolean | undefined;
  /** It is only a limit: what is waited for should come before it ends. */
  readonly limit?: boolean | undefined;
}

/** The time that waiting, retrying and leases go by. It travels on the session, so that a test can run it faster. */
export interface Clock {
  /** Milliseconds since an arbitrary start; never goes back. */
  now(): number;
  /** Never rejects: whoever cares looks at the signal afterwards. */
  sleep(milliseconds: number, options?: SleepOptions): Promise<void>;
}

/** The machine's own monotonic clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  async sleep(milliseconds, {signal, ref = true} = {}) {
    // Only an abort rejects here, and it is what the caller asked for.
    await setTimeout(milliseconds, undefined, {ref, ...(signal && {signal})}).catch(() => undefined);
  },
};
