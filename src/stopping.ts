import {VchError} from './errors.js';

/**
 * Waits for work that only reads, but no longer than until the signal: a server that hangs must not keep anybody.
 * What the work still has under way ends with its session.
 */
export async function untilStopped<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
  if (signal === undefined) return work();
  if (signal.aborted) throw stopped();
  let listener: (() => void) | undefined;
  const abort = new Promise<never>((_resolve, reject) => {
    listener = () => reject(stopped());
    signal.addEventListener('abort', listener, {once: true});
  });
  try {
    return await Promise.race([work(), abort]);
  } finally {
    if (listener !== undefined) signal.removeEventListener('abort', listener);
  }
}

function stopped(): VchError {
  return new VchError(
    'VCH_ERR_INTERRUPTED',
    'stopped before anything was written; run the same command again',
  );
}
