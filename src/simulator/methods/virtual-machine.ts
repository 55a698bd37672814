import {hasPrivilege, noPermission} from '../model/permissions.js';
import type {VirtualMachine} from '../model/virtual-machine.js';
import {VimFault} from '../soap/fault.js';
import {readConfigSpec} from './config-spec.js';
import {
  invalidArgument,
  type Method,
  type Outcome,
  required,
  type SessionCall,
  withPrivilege,
} from './method.js';
import {startTask} from './task-call.js';

/** The methods of a VirtualMachine. */
export const virtualMachineMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['VirtualMachine.ReconfigVM_Task', withPrivilege(undefined, reconfigure)],
  power('PowerOnVM_Task', 'VirtualMachine.Interact.PowerOn', 'powerOn', (vm) => vm.powerOn()),
  power('PowerOffVM_Task', 'VirtualMachine.Interact.PowerOff', 'powerOff', (vm) => vm.powerOff()),
  [
    'VirtualMachine.ShutdownGuest',
    withPrivilege('VirtualMachine.Interact.PowerOff', (call) => {
      // The guest goes down by itself, some time after the answer, and there is no task to wait for.
      vmOf(call).shutdownGuest();
      return {};
    }),
  ],
  [
    'VirtualMachine.Rename_Task',
    withPrivilege('VirtualMachine.Config.Rename', (call) => {
      const vm = vmOf(call);
      const name = required(call.args, 'newName');
      return startTask(call, 'VirtualMachine.rename', vm, () => {
        vm.rename(name);
        return undefined;
      });
    }),
  ],
  [
    'VirtualMachine.Destroy_Task',
    withPrivilege('VirtualMachine.Inventory.Delete', (call) => {
      const vm = vmOf(call);
      return startTask(call, 'VirtualMachine.destroy', vm, () => {
        if (vm.powerState === 'poweredOn') {
          throw new VimFault(
            'InvalidPowerState',
            'The attempted operation cannot be performed in the current state (Powered on).',
          );
        }
        call.vcenter.inventory.removeVm(vm);
        return undefined;
      });
    }),
  ],
]);

function reconfigure(call: SessionCall): Outcome {
  const vm = vmOf(call);
  const element = call.args.child('spec');
  if (element === undefined) throw invalidArgument('spec');
  const spec = readConfigSpec(element);
  const needed = [
    ...(spec.extraConfig.length > 0 ? ['VirtualMachine.Config.AdvancedConfig'] : []),
    ...(spec.name !== undefined ? ['VirtualMachine.Config.Rename'] : []),
    ...(spec.annotation !== undefined ? ['VirtualMachine.Config.Annotation'] : []),
    ...(spec.alternateGuestName !== undefined ? ['VirtualMachine.Config.Settings'] : []),
    ...(spec.cdrom?.some(({operation}) => operation === 'edit') ? ['VirtualMachine.Config.EditDevice'] : []),
    ...(spec.cdrom?.some(({operation}) => operation !== 'edit')
      ? ['VirtualMachine.Config.AddRemoveDevice']
      : []),
  ];
  for (const privilege of needed) {
    if (!hasPrivilege(call.session.user.role, privilege, vm.id)) throw noPermission(vm, privilege);
  }
  return startTask(call, 'VirtualMachine.reconfigure', vm, () => {
    vm.reconfigure(spec);
    vm.reconfigurations += 1;
    return undefined;
  });
}

function power(
  method: string,
  privilege: string,
  description: string,
  change: (vm: VirtualMachine) => void,
): [string, Method] {
  return [
    `VirtualMachine.${method}`,
    withPrivilege(privilege, (call) => {
      const vm = vmOf(call);
      return startTask(call, `VirtualMachine.${description}`, vm, () => {
        change(vm);
        return undefined;
      });
    }),
  ];
}

function vmOf({object}: SessionCall): VirtualMachine {
  if (object.type !== 'VirtualMachine') throw invalidArgument('_this');
  return object;
}
