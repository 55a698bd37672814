import type {VirtualMachine} from '../model/virtual-machine.js';
import {boolean, data, dateTime, enumeration, int, reference, references, string} from '../soap/value.js';
import {configInfo, GUEST_FULL_NAME, GUEST_ID} from './config-info.js';
import type {Getter, Struct} from './node.js';
import {snapshotInfo} from './snapshot.js';

const config = configInfo<VirtualMachine>(
  (vm) => vm,
  (vm) => vm.hasConfig,
);

const runtime: Struct<VirtualMachine> = {
  type: 'VirtualMachineRuntimeInfo',
  fields: {
    host: (vm) => (vm.host === undefined ? undefined : reference(vm.host)),
    connectionState: (vm) => enumeration('VirtualMachineConnectionState', vm.connectionState),
    powerState: (vm) => enumeration('VirtualMachinePowerState', vm.powerState),
    faultToleranceState: () => enumeration('VirtualMachineFaultToleranceState', 'notConfigured'),
    toolsInstallerMounted: () => boolean(false),
    bootTime: (vm) => (vm.bootTime === undefined ? undefined : dateTime(vm.bootTime)),
    numMksConnections: () => int(0),
  },
};

const ipAddress: Getter<VirtualMachine> = (vm) =>
  vm.guest.ipAddress === undefined || !isRunning(vm) ? undefined : string(vm.guest.ipAddress);

const guest: Struct<VirtualMachine> = {
  type: 'GuestInfo',
  fields: {
    toolsStatus: (vm) =>
      enumeration('VirtualMachineToolsStatus', hasTools(vm) ? 'toolsOk' : 'toolsNotRunning'),
    toolsRunningStatus: (vm) => string(hasTools(vm) ? 'guestToolsRunning' : 'guestToolsNotRunning'),
    ipAddress,
    guestState: (vm) => string(isRunning(vm) ? 'running' : 'notRunning'),
  },
};

/** The properties of a VirtualMachine. */
export const virtualMachine: Struct<VirtualMachine> = {
  type: 'VirtualMachine',
  fields: {
    parent: (vm) => reference(vm.parent),
    name: (vm) => string(vm.name),
    overallStatus: () => enumeration('ManagedEntityStatus', 'green'),
    configStatus: () => enumeration('ManagedEntityStatus', 'green'),
    config,
    datastore: (vm) => references(vm.datastore === undefined ? [] : [vm.datastore]),
    network: () => references([]),
    guest,
    guestHeartbeatStatus: () => enumeration('ManagedEntityStatus', 'gray'),
    parentVApp: (vm) => (vm.resourcePool?.type === 'VirtualApp' ? reference(vm.resourcePool) : undefined),
    recentTask: (vm, {vcenter}) =>
      references(vcenter.settings.breaks.includes('recent-tasks') ? [] : vcenter.tasks.recentOf(vm.id)),
    resourcePool: (vm) => (vm.resourcePool === undefined ? undefined : reference(vm.resourcePool)),
    rootSnapshot: (vm) => references(vm.snapshots.roots),
    runtime,
    snapshot: (vm) => snapshotInfo(vm.snapshots),
    summary: {
      type: 'VirtualMachineSummary',
      fields: {
        vm: (vm) => reference(vm),
        runtime,
        guest: {
          type: 'VirtualMachineGuestSummary',
          fields: {ipAddress},
        },
        config: {
          type: 'VirtualMachineConfigSummary',
          fields: {
            name: (vm) => string(vm.name),
            template: (vm) => boolean(vm.template),
            vmPathName: (vm) => string(vm.vmPathName),
            memorySizeMB: () => int(2048),
            numCpu: () => int(1),
            uuid: (vm) => string(vm.uuid),
            instanceUuid: (vm) => string(vm.instanceUuid),
            guestId: () => string(GUEST_ID),
            guestFullName: () => string(GUEST_FULL_NAME),
            annotation: (vm) => string(vm.annotation),
          },
        },
        quickStats: () => data('VirtualMachineQuickStats'),
        overallStatus: () => enumeration('ManagedEntityStatus', 'green'),
      },
    },
  },
};

function isRunning(vm: VirtualMachine): boolean {
  return vm.powerState === 'poweredOn' && vm.connectionState === 'connected';
}

function hasTools(vm: VirtualMachine): boolean {
  return isRunning(vm) && vm.guest.toolsRunning;
}
