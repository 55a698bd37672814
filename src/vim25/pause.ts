import {setTimeout} from 'node:timers/promises';

/** Waits before the next attempt: 50 to 150 ms the first time, doubled each time up to about 3 s. */
export async function pause(attempt: number): Promise<void> {
  const factor = Math.min(2 ** (attempt - 1), 20);
  await setTimeout((50 + Math.random() * 100) * factor);
}
