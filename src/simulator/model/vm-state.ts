import {VimFault} from '../soap/fault.js';
import {enumeration} from '../soap/value.js';

/** VirtualMachinePowerState of vim25. */
export type PowerState = 'poweredOn' | 'poweredOff' | 'suspended';
/** VirtualMachineConnectionState of vim25. */
export type ConnectionState = 'connected' | 'disconnected' | 'inaccessible' | 'invalid' | 'orphaned';

const POWER_STATE_WORDS: Readonly<Record<PowerState, string>> = {
  poweredOn: 'Powered on',
  poweredOff: 'Powered off',
  suspended: 'Suspended',
};

/** Refuses what needs the host that a VM runs on, where it cannot be reached. */
export function requireConnected(state: ConnectionState): void {
  if (state === 'connected') return;
  if (state === 'disconnected') {
    throw new VimFault(
      'HostNotConnected',
      'Unable to communicate with the remote host, since it is disconnected.',
    );
  }
  throw new VimFault('InvalidState', 'The operation is not allowed in the current state.');
}

/** The fault for what cannot be done in the power state that a VM is in. */
export function invalidPowerState(requested: PowerState, existing: PowerState): VimFault {
  return new VimFault(
    'InvalidPowerState',
    `The attempted operation cannot be performed in the current state (${POWER_STATE_WORDS[existing]}).`,
    [
      ['requestedState', enumeration('VirtualMachinePowerState', requested)],
      ['existingState', enumeration('VirtualMachinePowerState', existing)],
    ],
  );
}
