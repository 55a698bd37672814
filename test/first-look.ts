import {setImmediate} from 'node:timers/promises';
import type {Simulator} from '../src/simulator/simulator.js';

/**
 * Settles once a client has begun to look at the inventory. No virtual time passes until then, whatever the client
 * still loads, since this process is never idle.
 */
export async function firstLook({requests}: Simulator): Promise<void> {
  const before = requests.count('CreateContainerView');
  while (requests.count('CreateContainerView') === before) await setImmediate();
}
