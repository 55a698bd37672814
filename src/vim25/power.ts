import type {ManagedObjectReference} from './managed-object.js';
import type {Session} from './session.js';
import {startTask} from './task-call.js';

/** Starts `PowerOnVM_Task`; it ends when the VM runs, which is long before its guest has booted. */
export function powerOn(session: Session, vm: ManagedObjectReference): Promise<ManagedObjectReference> {
  return startTask(session, 'PowerOnVM_Task', vm);
}

/** Starts `PowerOffVM_Task`: the plug is pulled. */
export function powerOff(session: Session, vm: ManagedObjectReference): Promise<ManagedObjectReference> {
  return startTask(session, 'PowerOffVM_Task', vm);
}

/**
 * Asks the guest to shut down, and returns as soon as it was asked: the VM is off when `runtime.powerState` says so.
 * The fault is `ToolsUnavailable` where no VMware Tools run.
 */
export async function shutdownGuest(session: Session, vm: ManagedObjectReference): Promise<void> {
  await session.call('ShutdownGuest', vm);
}
