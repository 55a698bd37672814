import type {ExtraConfig} from '../extraconfig/extra-config.js';
import type {Target} from '../extraconfig/keys.js';

/** One VM as it was read: its identity and its ExtraConfig, of which the keys of `readKeys` are enough. */
export interface VmInput {
  readonly target: Target;
  /** Container id, or `VirtualMachine:vm-N`. */
  readonly id: string;
  readonly instanceUuid: string;
  /** No other VM can be meant by its id: a ledger of that id is its own, even if restoring gave it another instance UUID. */
  readonly isOnly?: boolean | undefined;
  /** What govc calls it on a command line, `VirtualMachine:vm-N`; by default the id. */
  readonly ref?: string;
  readonly config: ExtraConfig;
}

/** The run that a ledger names. */
export interface RunInfo {
  readonly runId: string;
  /** RFC 3339. */
  readonly time: string;
  readonly user: string;
  readonly changeId?: string | undefined;
  readonly toolVersion: string;
}

/** What govc calls a VM. */
export function govcVm({ref, id}: Pick<VmInput, 'ref' | 'id'>): string {
  return ref ?? id;
}

/** What messages call a VM. */
export function vmLabel(input: {readonly target: Target; readonly id: string}): string {
  return input.target === 'container' ? `containerVM ${input.id}` : `appliance ${input.id}`;
}
