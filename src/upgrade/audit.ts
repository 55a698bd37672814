import {VchError} from '../errors.js';
import {readAppliance} from '../inventory/appliance.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import {readVmFiles} from '../inventory/vm-files.js';
import {auditNames} from '../naming/audit.js';
import {CONVENTION_KEY, conventionFindings, readConvention} from '../naming/display-name.js';
import {unescapeName} from '../vim25/entity-name.js';
import type {Session} from '../vim25/session.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import {NAMING_KEYS} from './rename-scope.js';
import type {RunOptions} from './run-options.js';
import {scopeOf} from './scope.js';

/**
 * Compares names, folders and identities of a VCH's containerVMs with VIC's conventions; writes nothing. A VM that
 * breaks one is `failed`, and its findings say which.
 */
export async function auditVch(session: Session, options: RunOptions): Promise<RunOutcome> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  const appliance = await readAppliance(session, found.vch);
  const convention = readConvention(appliance.config[CONVENTION_KEY]);
  const files = await readVmFiles(session, found.vch);
  const vmsById = byContainerId(found);
  const {outcome} = await scopeOf(session, found, options, {
    keys: NAMING_KEYS,
    decide: async (vm) => {
      const audited = {
        containerId: vm.containerId,
        config: vm.config,
        displayName: unescapeName(vm.displayName),
        files: files.get(vm.ref.value) ?? null,
        twins: (vmsById.get(vm.containerId) ?? []).flatMap(({id, label}) =>
          id === vm.ref.value ? [] : [label],
        ),
      };
      return {status: 'unchanged', findings: auditNames(audited, convention)};
    },
  });
  return {
    ...outcome,
    vms: outcome.vms.map(judged),
    findings: [...conventionFindings(convention), ...outcome.findings],
  };
}

interface Labelled {
  readonly id: string;
  readonly label: string;
}

/** Every containerVM that can be seen, other VCHs' included: a copy may lie anywhere. */
function byContainerId({landscape}: FoundVch): ReadonlyMap<string, readonly Labelled[]> {
  const found = new Map<string, Labelled[]>();
  for (const {containerId, ref, name} of landscape.containers) {
    const vm = {id: ref.value, label: `${name} (${ref.value})`};
    const others = found.get(containerId);
    if (others === undefined) found.set(containerId, [vm]);
    else others.push(vm);
  }
  return found;
}

function judged(vm: VmOutcome): VmOutcome {
  if (vm.status !== 'unchanged' || vm.findings.length === 0) return vm;
  const codes = [...new Set(vm.findings.map(({code}) => code))].join(', ');
  const message = `${vm.displayName} (${vm.id}) is not as VIC would have it: ${codes}; the findings say more. Put it right, then run vch-migrate audit again`;
  return {...vm, status: 'failed', error: new VchError('VCH_ERR_VERIFY', message)};
}
