import type {VmOutcome} from './outcome.js';
import type {Scope} from './scope.js';

/** Whether a VM, as far as it is decided on, is to be in the run. */
export type Select = (vm: VmOutcome) => boolean;

/** The scope without the VMs that are not selected; how many they are is told. */
export function selected(scope: Scope, select: Select | undefined): Scope {
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
