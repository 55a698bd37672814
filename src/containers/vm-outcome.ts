import {VchError} from '../errors.js';
import type {ContainerVm} from '../inventory/container-vms.js';
import {dataVersionOf} from '../migration/data-version.js';
import {containerNameOf} from '../migration/names.js';
import {renameClass} from '../migration/rename-class.js';
import type {Decision} from './decision.js';
import type {VmOutcome} from './outcome.js';

type Identity = Pick<
  VmOutcome,
  'id' | 'kind' | 'displayName' | 'containerId' | 'containerName' | 'powerState' | 'dataVersion' | 'rename'
>;

/** Who a VM is, for the report. */
export function identity(vm: ContainerVm): Identity {
  const known = vm.status === 'readable' || vm.containerId !== null;
  const version = dataVersionOf(vm.config, 'container');
  return {
    id: vm.ref.value,
    kind: 'container',
    displayName: vm.displayName,
    containerId: vm.containerId,
    containerName: containerNameOf(vm.config),
    powerState: vm.powerState,
    dataVersion: known && version.status === 'valid' ? version.version : null,
    // Of a VM that cannot be read nothing says that it may be renamed.
    rename: renameClass(vm.config),
  };
}

/** The outcome of a VM that nothing was decided about. */
export function untouched(vm: Exclude<ContainerVm, {status: 'readable' | 'other'}>): VmOutcome {
  const base = {...identity(vm), applied: [], changes: [], findings: []};
  switch (vm.status) {
    case 'template':
      return {
        ...base,
        status: 'skipped',
        error: null,
        findings: [{code: 'template', message: 'a template; not a container that runs'}],
      };
    case 'unreadable':
      return {...base, status: 'failed', error: vm.error};
    case 'unreachable':
      return {
        ...base,
        status: 'unreachable',
        error: new VchError(
          'VCH_ERR_HOST_UNREACHABLE',
          `${vm.displayName} (${vm.ref.value}) cannot be read: ${vm.reason}; bring its host or datastore back and run the same command again`,
        ),
      };
  }
}

/** The outcome of a VM as far as the decision goes. */
export function decided(vm: ContainerVm, decision: Decision): VmOutcome {
  const base = {...identity(vm), status: decision.status, findings: decision.findings};
  switch (decision.status) {
    case 'pending':
      return {...base, applied: decision.applied, changes: decision.changes, error: null};
    case 'unchanged':
      return {...base, applied: [], changes: [], error: null};
    default:
      return {...base, applied: [], changes: [], error: decision.error};
  }
}
