import type {ReportError, ReportVm} from '../report/report.js';
import type {Told} from './next.js';

/** Commands that mend an error of the run, or of one of its VMs, or that show more of it; empty if none is known. */
export function remediesFor(
  {code}: ReportError,
  vm: ReportVm | undefined,
  line: Told['line'],
): readonly string[] {
  if (vm === undefined || vm.kind === 'appliance') return remediesOfRun(code, line);
  const ref = `VirtualMachine:${vm.id}`;
  const only = {words: ['--only', `id=${vm.id}`], without: ['only', 'except', 'from-report']};
  switch (code) {
    case 'VCH_ERR_NAME_MISSING':
      return [`govc vm.change -vm ${ref} -e common/name=NAME`];
    case 'VCH_ERR_HOST_UNREACHABLE':
      return [`govc vm.info ${ref}`];
    case 'VCH_ERR_CONFLICT':
    case 'VCH_ERR_OUTCOME_UNKNOWN':
    case 'VCH_ERR_PLAN_STALE':
    case 'VCH_ERR_VERIFY':
      return [line('plan', only)];
    case 'VCH_ERR_DATA_TOO_NEW':
    case 'VCH_ERR_DATA_VERSION_INVALID':
    case 'VCH_ERR_LEDGER_INVALID':
      return [`govc vm.info -e ${ref}`];
    case 'VCH_ERR_PRIVILEGE':
      return [line('check')];
    default:
      return [];
  }
}

function remediesOfRun(code: string, line: Told['line']): readonly string[] {
  switch (code) {
    case 'VCH_ERR_ROLLBACK_FAILED':
      return [line('rollback')];
    case 'VCH_ERR_INTERRUPTED':
      return [line('resume')];
    case 'VCH_ERR_LOCKED':
    case 'VCH_ERR_LOCK_LOST':
    case 'VCH_ERR_CONFLICT':
      return [line('status')];
    case 'VCH_ERR_PRIVILEGE':
      return [line('check')];
    default:
      return [];
  }
}
