import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {scopeOf} from '../containers/scope.js';
import {VchError} from '../errors.js';
import {aliasListKey, NAME_CONVENTION_KEY, NETWORKS_KEY} from '../extraconfig/keys.js';
import {listEntries} from '../extraconfig/list.js';
import {readAppliance} from '../inventory/appliance.js';
import {readContainerVms} from '../inventory/container-vms.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import {readVmFiles} from '../inventory/vm-files.js';
import type {Finding} from '../migration/finding.js';
import {unescapeName} from '../vim25/entity-name.js';
import type {Session} from '../vim25/session.js';
import {type Link, linksOf} from './aliases.js';
import {DANGLING_LINK, Neighbours} from './audit-among.js';
import {conventionFindings, readConvention} from './display-name.js';
import type {NamedContainer} from './find-container.js';
import {auditNames} from './naming-audit.js';
import {NAMING_KEYS} from './rename-scope.js';
import {claimFindings} from './rename-unfinished.js';

const AUDIT_KEYS = [...NAMING_KEYS, NETWORKS_KEY];

/**
 * Compares names, folders, identities and links of a VCH's containerVMs with VIC's conventions and with each other;
 * writes nothing. A VM that breaks a convention is `failed`, and its findings say which.
 */
export async function auditVch(session: Session, options: RunOptions): Promise<RunOutcome> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  const appliance = await readAppliance(session, found.vch);
  const convention = readConvention(appliance.config[NAME_CONVENTION_KEY]);
  const files = await readVmFiles(session, found.vch);
  const vmsById = byContainerId(found);
  const networks = new Set<string>();
  const {outcome} = await scopeOf(session, found, options, {
    keys: AUDIT_KEYS,
    decide: async (vm) => {
      for (const network of listEntries(vm.config[NETWORKS_KEY] ?? '')) networks.add(network);
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
  const {named, unread} = namesOf(outcome.vms);
  const neighbours = new Neighbours(named);
  const links = await readLinks(session, found, networks);
  const among = (vm: VmOutcome): VmOutcome => {
    const {containerId, containerName: name} = vm;
    if (vm.status !== 'unchanged' || containerId === null) return vm;
    // A container whose name cannot be read may be the one that is linked to.
    const dangling = unread.length === 0 ? neighbours.linkFindings(links.get(vm.id) ?? []) : [];
    return {...vm, findings: [...vm.findings, ...neighbours.nameFindings({name, containerId}), ...dangling]};
  };
  return {
    ...outcome,
    vms: outcome.vms.map((vm) => judged(among(vm))),
    findings: [
      ...conventionFindings(convention),
      ...outcome.findings,
      ...unreadFindings(unread),
      ...claimFindings(found.vch),
    ],
  };
}

/** The links of each container, by moref. To know the networks first and read their lists alone costs a fifth of reading all. */
async function readLinks(
  session: Session,
  {vch}: FoundVch,
  networks: ReadonlySet<string>,
): Promise<ReadonlyMap<string, readonly Link[]>> {
  // A quote would end the property's path; docker allows none in the name of a network.
  const keys = [...networks].filter((network) => !network.includes('"')).map(aliasListKey);
  const vms = keys.length === 0 ? [] : await readContainerVms(session, vch, keys);
  return new Map(vms.map(({ref, config}) => [ref.value, linksOf(config)]));
}

/** The containers of the VCH by name, and the VMs that may have any. */
function namesOf(vms: readonly VmOutcome[]): {
  readonly named: readonly NamedContainer[];
  readonly unread: readonly string[];
} {
  const named: NamedContainer[] = [];
  const unread: string[] = [];
  for (const {id, displayName, containerId, containerName: name, status, findings} of vms) {
    if (findings.some(({code}) => code === 'other-vch')) continue;
    const label = `${displayName} (${id})`;
    if (containerId !== null)
      named.push({containerId, name, vm: label, own: !findings.some(({code}) => code === 'uuid-unknown')});
    if (name === null && (status === 'unreachable' || status === 'failed')) unread.push(label);
  }
  return {named, unread};
}

function unreadFindings(unread: readonly string[]): Finding[] {
  if (unread.length === 0) return [];
  const message = `the container names of ${unread.join(', ')} cannot be read: names that are there twice may be overlooked, and whether links lead anywhere was not looked at`;
  return [{code: 'names-unread', message}];
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
  const broken = vm.findings.map(({code}) => code).filter((code) => code !== DANGLING_LINK);
  if (vm.status !== 'unchanged' || broken.length === 0) return vm;
  const codes = [...new Set(broken)].join(', ');
  const message = `${vm.displayName} (${vm.id}) is not as VIC would have it: ${codes}; the findings say more. Put it right, then run vch-migrate audit again`;
  return {...vm, status: 'failed', error: new VchError('VCH_ERR_VERIFY', message)};
}
