/** Stops a run gently on the first signal. */
export interface Stop {
  /** Aborted when the run is to start nothing new. */
  readonly signal: AbortSignal;
  /** The signal that asked for it. */
  readonly by: () => StopSignal | null;
}

/** SIGHUP comes when the terminal goes: an ssh connection that drops. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** What processes stopped by that signal exit with. */
export const STOP_EXIT_CODE = {SIGHUP: 129, SIGINT: 130, SIGTERM: 143} as const;

interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
}

/** Listens for signals: the first one asks to stop, the second one exits at once. */
export function listenForStop(source: SignalSource, exit: (code: number) => void): Stop {
  const controller = new AbortController();
  let by: StopSignal | null = null;
  const hear = (name: StopSignal) => () => {
    if (by !== null) return exit(STOP_EXIT_CODE[name]);
    by = name;
    controller.abort();
  };
  source.on('SIGHUP', hear('SIGHUP'));
  source.on('SIGINT', hear('SIGINT'));
  source.on('SIGTERM', hear('SIGTERM'));
  return {signal: controller.signal, by: () => by};
}
