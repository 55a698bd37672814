import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import type {Target} from './plugin.js';

/** One VM as it was read: whose it is, and its ExtraConfig (the keys of `readKeys` will do). */
export interface VmInput {
  readonly target: Target;
  /** Container id, or `VirtualMachine:vm-N`. */
  readonly id: string;
  readonly instanceUuid: string;
  readonly config: ExtraConfig;
}

/** The run that a ledger will name. */
export interface RunInfo {
  readonly runId: string;
  /** RFC 3339. */
  readonly time: string;
  readonly user: string;
  readonly changeId?: string | undefined;
  readonly toolVersion: string;
}

/** How messages call a VM. */
export function vmLabel(input: {readonly target: Target; readonly id: string}): string {
  return input.target === 'container' ? `containerVM ${input.id}` : `appliance ${input.id}`;
}

/** The refusal of a ledger that tells nothing reliable about its VM, with the way out. */
export function ledgerError(input: VmInput, fault: string, wayOut: string): VchError {
  return new VchError('VCH_ERR_LEDGER_INVALID', `${vmLabel(input)}: ${fault}. ${wayOut}`);
}
