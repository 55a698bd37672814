import type {VchError} from '../errors.js';
import type {Change} from '../extraconfig/extra-config.js';
import type {ReadableVm} from '../inventory/container-vms.js';
import type {Finding} from '../migration/finding.js';
import {planVm, type RunInfo, type VmInput} from '../migration/plan.js';
import type {PluginRegistry} from '../migration/registry.js';
import {planUndo} from '../migration/undo.js';

/** What is to be done with one VM, decided on one reading of it. */
export type Decision =
  | {readonly status: 'unchanged'; readonly findings: readonly Finding[]}
  | PendingDecision
  | {
      readonly status: 'refused' | 'failed' | 'conflict';
      readonly error: VchError;
      readonly findings: readonly Finding[];
    };

/** A VM that is to be written. */
export interface PendingDecision {
  readonly status: 'pending';
  /** Plugins that are applied, or undone. */
  readonly applied: readonly string[];
  /** Without the ledger's own. */
  readonly changes: readonly Change[];
  /** `null`: what is done leaves no trace in the ledger. */
  readonly ledger: Change | null;
  /** The VM's display name from now on, as vSphere wants it escaped; absent, it stays. */
  readonly displayName?: string;
  readonly findings: readonly Finding[];
}

/** Decides from a reading alone: called again, on a new reading, when the VM has moved on before the write. */
export type Decide = (vm: ReadableVm) => Promise<Decision>;

/** Decides what the pending plugins would change. */
export function decideApply(registry: PluginRegistry, run: RunInfo): Decide {
  return (vm) => planVm(registry, vmInput(vm), run);
}

/** Decides what putting the VM back would change. */
export function decideUndo(
  registry: PluginRegistry,
  filter: {readonly run?: string; readonly to?: number},
): Decide {
  return async (vm) => {
    const undo = await planUndo(registry, vmInput(vm), filter);
    return undo.status === 'pending' ? {...undo, applied: undo.undone} : undo;
  };
}

/** Every key that a decision writes. */
export function writtenKeys({changes, ledger}: PendingDecision): readonly Change[] {
  return ledger === null ? changes : [...changes, ledger];
}

/** A reading as the migration layer wants it. */
export function vmInput(vm: ReadableVm): VmInput {
  return {target: 'container', id: vm.containerId, instanceUuid: vm.instanceUuid, config: vm.config};
}
