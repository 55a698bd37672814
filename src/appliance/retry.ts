import {toVchError, VchError} from '../errors.js';
import {isTransient} from '../vim25/faults.js';
import {pause} from '../vim25/pause.js';

const ATTEMPTS = 6;
/** Each of them has attempts of its own within. */
const PERSISTENCE = 3;

const UNANSWERED: ReadonlySet<string> = new Set([
  'VCH_ERR_TRANSPORT',
  'VCH_ERR_TIMEOUT',
  'VCH_ERR_OUTCOME_UNKNOWN',
]);

/** Whether a failure says that the request may have been carried out, or may be tried again after a look. */
export function mayHaveLost(failure: VchError): boolean {
  return (
    UNANSWERED.has(failure.code) ||
    // By its fault: a conflict that we have found out ourselves is a decision, and stays one.
    failure.fault === 'ConcurrentAccess' ||
    failure.fault === 'InvalidState' ||
    // vSphere's word for a failure that it cannot name; a look tells what came of it.
    failure.fault === 'SystemError' ||
    isTransient(failure)
  );
}

/** Does again, from its start, what looks before it acts, when it fails for a reason that may pass. */
export async function persist<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      const failure = toVchError(error);
      if (!mayHaveLost(failure) || attempt === PERSISTENCE) throw failure;
      await pause(attempt + 2);
    }
  }
}

/**
 * Acts until a goal is reached. The goal is looked at first and after every act, so that an answer that was lost, or
 * an act that somebody else was quicker with, is no failure.
 */
export async function reach<T>(
  goal: () => Promise<T | null>,
  act: () => Promise<void>,
  mayRetry: (failure: VchError) => boolean = mayHaveLost,
): Promise<T> {
  let failure: VchError | null = null;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const reached = await goal();
      if (reached !== null) return reached;
      if (attempt > ATTEMPTS) break;
      await act();
    } catch (error) {
      failure = toVchError(error);
      if (!mayRetry(failure) || attempt > ATTEMPTS) throw failure;
      await pause(attempt);
    }
  }
  throw (
    failure ?? new VchError('VCH_ERR_VERIFY', 'the tasks succeeded, but had no effect that could be seen')
  );
}
