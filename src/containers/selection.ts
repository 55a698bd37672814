import {VchError} from '../errors.js';
import type {VmOutcome} from './outcome.js';
import type {Scope} from './scope.js';

/** Whether a VM, as far as it is decided on, is to be in the run. */
export type Select = (vm: VmOutcome) => boolean;

/** How a run is narrowed. */
export interface Narrowing {
  readonly select?: Select | undefined;
  /** The VCH of the report that VMs are selected by: selecting another one's by it would select nothing, and say so of nothing. */
  readonly reported?: {readonly id: string; readonly name: string} | undefined;
}

/** The scope without the VMs that are not selected; how many they are is told. */
export function selected(scope: Scope, {select, reported}: Narrowing): Scope {
  const {id, name} = scope.vch.summary;
  if (reported !== undefined && reported.id !== id) {
    throw new VchError(
      'VCH_ERR_USAGE',
      `--from-report is about the VCH ${reported.name} (${reported.id}), and this is ${name} (${id}); nothing was written. ` +
        'Name the VCH of the report with --name or --id',
    );
  }
  if (select === undefined) return scope;
  const vms = scope.outcome.vms.filter(select);
  const left = scope.outcome.vms.length - vms.length;
  const ids = new Set(vms.map(({id}) => id));
  const message = `${left} of the VCH's VMs were left out of this run by --only, --except or --from-report`;
  const findings =
    left === 0 ? scope.outcome.findings : [...scope.outcome.findings, {code: 'left-out', message}];
  return {
    ...scope,
    outcome: {...scope.outcome, vms, findings},
    pending: scope.pending.filter(({vm}) => ids.has(vm.ref.value)),
  };
}
