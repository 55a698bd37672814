import {VchError} from '../errors.js';

/**
 * Faults by which a server says that it does not do what was asked, and would not do it the next time. All others leave
 * that open: a privilege, a host, a datastore or a moment may be the reason.
 */
const REFUSALS = new Set([
  // Where the version was read right before, and nobody else writes to the VM; `ScratchVm.write` tries again.
  'ConcurrentAccess',
  'InvalidArgument',
  'InvalidPowerState',
  'InvalidProperty',
  'InvalidRequest',
  'InvalidType',
  'MethodDisabled',
  'MethodNotFound',
  'NotImplemented',
  'NotSupported',
  'RestrictedVersion',
]);

/** Faults of a reconfiguration that say no more than that it was refused. The same one to a VM that is off must have worked. */
const UNSPECIFIC = new Set(['GenericVmConfigFault', 'VmConfigFault']);

/** The fault by which the server has refused something for good; `null` if that was something else. */
export function refusedBy(error: unknown): string | null {
  return error instanceof VchError && error.fault !== undefined && REFUSALS.has(error.fault)
    ? error.fault
    : null;
}

/** The same for a reconfiguration of a running VM that works while it is off. */
export function refusedWhileRunning(error: unknown): string | null {
  const unspecific = error instanceof VchError && UNSPECIFIC.has(error.fault ?? '');
  return unspecific ? (error.fault ?? null) : refusedBy(error);
}
