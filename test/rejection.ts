import {VchError} from '../src/errors.js';

/** The `VchError` a promise rejects with; anything else is a failure of the test. */
export async function rejection(promise: Promise<unknown>): Promise<VchError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof VchError) return error;
    throw error;
  }
  throw new Error('it was fulfilled, and a rejection was expected');
}
