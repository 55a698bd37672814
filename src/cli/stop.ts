/** Stops a run gently on the first signal. */
export interface Stop {
  /** Aborted when the run is to start nothing new. */
  readonly signal: AbortSignal;
  /** What asked for it. */
  readonly by: () => StopCause | null;
}

/** SIGHUP comes when the terminal goes: an ssh connection that drops. */
type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** What stops a run. */
export type StopCause = StopSignal | 'an error that nobody caught';

/** What processes stopped by that signal exit with. */
export const STOP_EXIT_CODE = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
  'an error that nobody caught': 1,
} as const;

interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
}

/** Listens for signals: the first one asks to stop, the second one exits at once. `stopFor` counts as one. */
export function listenForStop(
  source: SignalSource,
  exit: (code: number) => void,
): Stop & {stopFor(cause: StopCause): void} {
  const controller = new AbortController();
  let by: StopCause | null = null;
  const stopFor = (cause: StopCause) => {
    if (by !== null) return exit(STOP_EXIT_CODE[cause]);
    by = cause;
    controller.abort();
  };
  for (const name of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) source.on(name, () => stopFor(name));
  return {signal: controller.signal, by: () => by, stopFor};
}
