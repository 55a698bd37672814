import type {VirtualMachine} from '../model/virtual-machine.js';
import {
  boolean,
  data,
  dateTime,
  enumeration,
  int,
  list,
  reference,
  references,
  string,
} from '../soap/value.js';
import {extraConfigList, optionValue} from './extra-config.js';
import type {Node, Struct} from './node.js';
import {snapshotInfo} from './snapshot.js';

const GUEST_ID = 'other3xLinux64Guest';
const GUEST_FULL_NAME = 'Other 3.x Linux (64-bit)';

const extraConfig: Node<VirtualMachine> = {
  all: (vm) => extraConfigList(vm.extraConfig),
  one: (vm, key) => {
    const value = vm.extraConfig.get(key);
    return value === undefined ? undefined : optionValue(key, value);
  },
};

const config: Struct<VirtualMachine> = {
  type: 'VirtualMachineConfigInfo',
  present: (vm) => vm.hasConfig,
  fields: {
    changeVersion: (vm) => string(vm.changeVersion),
    modified: (vm) => dateTime(vm.modified),
    name: (vm) => string(vm.name),
    guestFullName: () => string(GUEST_FULL_NAME),
    version: () => string('vmx-11'),
    uuid: (vm) => string(vm.uuid),
    instanceUuid: (vm) => string(vm.instanceUuid),
    template: (vm) => boolean(vm.template),
    guestId: () => string(GUEST_ID),
    annotation: (vm) => string(vm.annotation),
    files: {type: 'VirtualMachineFileInfo', fields: {vmPathName: (vm) => string(vm.vmPathName)}},
    hardware: {
      type: 'VirtualHardware',
      fields: {
        numCPU: () => int(1),
        numCoresPerSocket: () => int(1),
        memoryMB: () => int(2048),
        device: () => list('VirtualDevice', []),
      },
    },
    extraConfig,
  },
};

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

const guest: Struct<VirtualMachine> = {
  type: 'GuestInfo',
  fields: {
    toolsStatus: (vm) =>
      enumeration('VirtualMachineToolsStatus', isRunning(vm) ? 'toolsOk' : 'toolsNotRunning'),
    toolsRunningStatus: (vm) => string(isRunning(vm) ? 'guestToolsRunning' : 'guestToolsNotRunning'),
    ipAddress: (vm) => (vm.ipAddress === undefined || !isRunning(vm) ? undefined : string(vm.ipAddress)),
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
    recentTask: () => references([]),
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
          fields: {
            ipAddress: (vm) =>
              vm.ipAddress === undefined || !isRunning(vm) ? undefined : string(vm.ipAddress),
          },
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
