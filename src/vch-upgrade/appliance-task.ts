import type {SideEffect} from '../appliance/journal.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {type Policy, retried} from '../vim25/retry.js';
import {waitUntilIdle} from '../vim25/tasks.js';
import type {LockedVch} from './vch-target.js';

/** A task of vCenter's on the appliance. */
export interface ApplianceTask extends SideEffect {
  /** Names the task in an error: `powering off vch1 (vm-12)`. */
  readonly what: string;
  start(): Promise<ManagedObjectReference>;
}

/**
 * Runs a task until `look` gives a result; `look` is told whether the task has succeeded. Each look first waits until no
 * task is running on the appliance: one whose answer was lost may be. A task starts only if the lock is still ours.
 */
export function runUntil<T>(
  {session, vch, writer, note, assertOurs}: LockedVch,
  policy: Policy,
  {what, start, ...effect}: ApplianceTask,
  look: (succeeded: boolean) => Promise<T | null>,
): Promise<T> {
  let succeeded = false;
  return retried<true, T>(session, policy, {
    async look() {
      await waitUntilIdle(session, vch.ref);
      const found = await look(succeeded);
      return found === null ? {act: true} : {done: found};
    },
    async act() {
      await assertOurs();
      note(effect);
      await writer.waiter.wait(await start(), what);
      succeeded = true;
      return undefined;
    },
  });
}
