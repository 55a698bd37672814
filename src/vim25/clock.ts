import {setMaxListeners} from 'node:events';
import {performance} from 'node:perf_hooks';

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
  // Of its own, because every call sleeps towards its limit: the timer of Node makes an error for each sleep that ends early.
  sleep(milliseconds, {signal, ref = true} = {}) {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      if (!ref) timer.unref();
      if (signal === undefined) return;
      // Every VM that is tried again sleeps on the run's one signal: that is no leak, and Node must not warn of one.
      setMaxListeners(0, signal);
      signal.addEventListener('abort', wake);
    });
  },
};
