import {hasPrivilege, noPermission} from '../model/permissions.js';
import type {Snapshot} from '../model/snapshot.js';
import type {VirtualMachine} from '../model/virtual-machine.js';
import {VimFault} from '../soap/fault.js';
import {reference} from '../soap/value.js';
import {
  invalidArgument,
  type Method,
  type Outcome,
  required,
  type SessionCall,
  withPrivilege,
} from './method.js';
import {startTask} from './task-call.js';

const REVERT = 'VirtualMachine.State.RevertToSnapshot';
const REMOVE = 'VirtualMachine.State.RemoveSnapshot';

/** The methods that make, use and remove snapshots. */
export const snapshotMethods: ReadonlyMap<string, Method> = new Map<string, Method>([
  [
    'VirtualMachine.CreateSnapshot_Task',
    withPrivilege('VirtualMachine.State.CreateSnapshot', (call) => {
      const {object: vm, args, vcenter} = call;
      if (vm.type !== 'VirtualMachine') throw invalidArgument('_this');
      const wanted = {
        name: required(args, 'name'),
        description: args.textOf('description') ?? '',
        memory: required(args, 'memory') === 'true',
        quiesced: required(args, 'quiesce') === 'true',
      };
      return startTask(call, 'VirtualMachine.createSnapshot', vm, () =>
        reference(vcenter.inventory.addSnapshot(vm, wanted)),
      );
    }),
  ],
  [
    'VirtualMachineSnapshot.RevertToSnapshot_Task',
    withPrivilege(undefined, (call) => {
      const {snapshot, vm} = snapshotOf(call, REVERT);
      return revert(call, vm, () => snapshot, call.args.textOf('suppressPowerOn') === 'true');
    }),
  ],
  [
    'VirtualMachine.RevertToCurrentSnapshot_Task',
    withPrivilege(REVERT, (call) => {
      const {object: vm} = call;
      if (vm.type !== 'VirtualMachine') throw invalidArgument('_this');
      return revert(call, vm, () => vm.snapshots.current, call.args.textOf('suppressPowerOn') === 'true');
    }),
  ],
  [
    'VirtualMachineSnapshot.RemoveSnapshot_Task',
    withPrivilege(undefined, (call) => {
      const {snapshot, vm} = snapshotOf(call, REMOVE);
      const withChildren = required(call.args, 'removeChildren') === 'true';
      return startTask(call, 'VirtualMachine.removeSnapshot', vm, () => {
        call.vcenter.inventory.forgetSnapshots(vm.snapshots.remove(snapshot, withChildren));
        return undefined;
      });
    }),
  ],
  [
    'VirtualMachine.RemoveAllSnapshots_Task',
    withPrivilege(REMOVE, (call) => {
      const {object: vm} = call;
      if (vm.type !== 'VirtualMachine') throw invalidArgument('_this');
      return startTask(call, 'VirtualMachine.removeAllSnapshots', vm, () => {
        call.vcenter.inventory.forgetSnapshots(vm.snapshots.clear());
        return undefined;
      });
    }),
  ],
]);

function revert(
  call: SessionCall,
  vm: VirtualMachine,
  target: () => Snapshot | undefined,
  suppressPowerOn: boolean,
): Outcome {
  return startTask(call, 'VirtualMachine.revertToSnapshot', vm, () => {
    const snapshot = target();
    if (snapshot === undefined)
      throw new VimFault('NotFound', 'The object or item referred to could not be found.');
    vm.revertTo(snapshot, suppressPowerOn);
    return undefined;
  });
}

function snapshotOf(call: SessionCall, privilege: string): {snapshot: Snapshot; vm: VirtualMachine} {
  const {object: snapshot, vcenter, session} = call;
  if (snapshot.type !== 'VirtualMachineSnapshot') throw invalidArgument('_this');
  const vm = vcenter.inventory.get(snapshot.vm.id);
  if (vm?.type !== 'VirtualMachine') throw invalidArgument('_this');
  if (!hasPrivilege(session.user.role, privilege, vm.id)) throw noPermission(vm, privilege);
  return {snapshot, vm};
}
