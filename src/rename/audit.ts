import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {isDecidable, outcomeOf} from '../containers/plan.js';
import {mapVms, readVch, runOutcome} from '../containers/read-vch.js';
import type {RunOptions} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {aliasListKey, NAME_CONVENTION_KEY, NETWORKS_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {listEntries} from '../extraconfig/value.js';
import {readAppliance} from '../inventory/appliance.js';
import {labelOf, type ReadableVm, readContainerVms} from '../inventory/container-vms.js';
import {readVmFiles, type VmFiles} from '../inventory/datastores.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import type {VicVm} from '../inventory/vch.js';
import {dataVersionOf, RENAME_SUPPORTED_VERSION} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf, nameFindings} from '../migration/names.js';
import {isRenameMarked, renameSupport} from '../migration/rename-class.js';
import type {Session} from '../vim25/session.js';
import {type Link, linksOf} from './aliases.js';
import {
  conventionFindings,
  displayNameOf,
  type NamingConvention,
  oldestDisplayNameOf,
  readConvention,
} from './display-name.js';
import {type Container, isContainer} from './docker-name.js';
import {NAMING_KEYS} from './rename-target.js';
import {claimFindings} from './rename-unfinished.js';

// Why: docs/decisions/011-audit-says-what-it-can-know.md

const AUDIT_KEYS = [...NAMING_KEYS, NETWORKS_KEY];

/** Not the container's fault: docker, too, leaves a link behind when it removes the linked container. */
const DANGLING_LINK = 'link-dangling';

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
  const read = await readVch(session, options, AUDIT_KEYS, found);
  const own = read.vms.filter(({owner}) => owner.status !== 'other');
  const unread = own.filter(
    ({config, status}) =>
      containerNameOf(config) === null && (status === 'unreachable' || status === 'unreadable'),
  );
  const neighbours = new Neighbours(own.filter(isContainer));
  const links = await readLinks(session, found, read.vms.filter(isDecidable));
  const byContainerId = groupedBy(found.inventory.containers, ({containerId}) => containerId);
  const vms = await mapVms(read, async (vm) => {
    if (!isDecidable(vm)) return outcomeOf({vm, decision: null});
    const id = vm.ref.value;
    const twins = (byContainerId.get(vm.containerId) ?? []).filter(({ref}) => ref.value !== id);
    return judged(vm, [
      ...nameAndIdentityFindings(vm, {convention, files: files.get(id), twins}),
      ...neighbours.nameFindings(vm),
      // A container whose name cannot be read may be the one that is linked to.
      ...(unread.length === 0 ? neighbours.linkFindings(links.get(id) ?? []) : []),
    ]);
  });
  return {
    ...runOutcome(read, vms),
    findings: [
      ...conventionFindings(convention),
      ...read.findings,
      ...unreadFindings(unread.map(labelOf)),
      ...claimFindings(found.vch),
    ],
  };
}

function judged(vm: ReadableVm, findings: readonly Finding[]): VmOutcome {
  const broken = findings.map(({code}) => code).filter((code) => code !== DANGLING_LINK);
  if (broken.length === 0) return outcomeOf({vm, decision: {status: 'unchanged', findings}});
  const codes = [...new Set(broken)].join(', ');
  const message = `${labelOf(vm)} breaks VIC's conventions: ${codes}; see its findings. Correct it, then run vch-migrate audit again`;
  return outcomeOf({
    vm,
    decision: {status: 'failed', error: new VchError('VCH_ERR_VERIFY', message), findings},
  });
}

/** The links of each container, by moref. Reading the networks first and then only their lists costs a fifth of reading all. */
async function readLinks(
  session: Session,
  found: FoundVch,
  vms: readonly ReadableVm[],
): Promise<ReadonlyMap<string, readonly Link[]>> {
  const networks = new Set(vms.flatMap(({config}) => listEntries(config[NETWORKS_KEY] ?? '')));
  // A quote would end the property's path; docker allows none in the name of a network.
  const keys = [...networks].filter((network) => !network.includes('"')).map(aliasListKey);
  const read = keys.length === 0 ? [] : await readContainerVms(session, found, keys);
  return new Map(read.map(({ref, config}) => [ref.value, linksOf(config)]));
}

function unreadFindings(unread: readonly string[]): Finding[] {
  if (unread.length === 0) return [];
  const message = `the container names of ${unread.join(', ')} cannot be read: duplicate names may be missed, and links were not checked`;
  return [{code: 'names-unread', message}];
}

/** All containers of a VCH: duplicate names and dangling links show only in comparison. */
class Neighbours {
  readonly #byName: ReadonlyMap<string | null, readonly Container[]>;
  readonly #ids: readonly string[];

  constructor(containers: readonly Container[]) {
    this.#ids = containers.map(({containerId}) => containerId);
    this.#byName = groupedBy(containers, ({config}) => containerNameOf(config));
  }

  /** A name that another container has, too. A copy of the same container is reported by its id. */
  nameFindings({config, containerId}: ReadableVm): Finding[] {
    const name = containerNameOf(config);
    const others = (name === null ? [] : (this.#byName.get(name) ?? [])).filter(
      (other) => other.containerId !== containerId,
    );
    if (others.length === 0) return [];
    const message = `its name ${JSON.stringify(name)} is also the name of ${others.map(labelOf).join(', ')}: rename one of them by id, or remove it`;
    return [{code: 'name-twice', message}];
  }

  /** Links that lead to none of the containers, by name or by id. */
  linkFindings(links: readonly Link[]): Finding[] {
    return links
      .filter(({container}) => !this.#answers(container))
      .map(({container, alias}) => ({
        code: DANGLING_LINK,
        message: `it links to ${JSON.stringify(container)} as ${JSON.stringify(alias)}, but there is no such container: it was removed, or its rename is not finished`,
      }));
  }

  #answers(word: string): boolean {
    return (
      this.#byName.has(word) || (/^[0-9a-f]+$/.test(word) && this.#ids.some((id) => id.startsWith(word)))
    );
  }
}

/** What a containerVM's names and identity are compared with. */
interface Surroundings {
  readonly convention: NamingConvention;
  /** `undefined` if vSphere does not show its files. */
  readonly files: VmFiles | undefined;
  /** The other VMs with the same container id. */
  readonly twins: readonly VicVm[];
}

/** Where a containerVM's names and identity break VIC's conventions. */
function nameAndIdentityFindings(vm: ReadableVm, {convention, files, twins}: Surroundings): Finding[] {
  return [
    ...displayNameFindings(vm, convention),
    ...folderFindings(vm, files),
    ...nameFindings('container', vm.config, dataVersionOf(vm.config, 'container') ?? 0),
    ...renameClassFindings(vm.config),
    ...twinFindings(vm, twins),
    ...vm.owner.findings,
  ];
}

function displayNameFindings(vm: ReadableVm, convention: NamingConvention): Finding[] {
  const {config, containerId} = vm;
  const displayName = vm.displayName;
  const name = containerNameOf(config);
  if (name === null) {
    return [
      {
        code: 'name-missing',
        message: 'it has no container name from which its display name could be derived',
      },
    ];
  }
  const wanted = displayNameOf(convention, {containerId, name});
  if (displayName === wanted) return [];
  // Nothing renames a legacy containerVM, so it keeps the name it was created with.
  if (isLegacy(config) && displayName === oldestDisplayNameOf({containerId, name})) return [];
  const message = `its display name is ${JSON.stringify(displayName)}, but by the convention ${convention.template} it should be ${JSON.stringify(wanted)}`;
  return [{code: 'display-name', message}];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * VIC 1.1 and newer name the folder after the container, except on vSAN. VIC 0.9 and older left it to vSphere, which
 * takes the display name. vSAN turns either into a UUID, which only vSAN itself could resolve to a name; if it shows a
 * name instead, that is the display name the VM was created with, which has the short id in it.
 */
function folderFindings({config, containerId}: ReadableVm, files: VmFiles | undefined): Finding[] {
  if (files === undefined) return [];
  const {folder, datastoreType} = files;
  const vsan = datastoreType?.toLowerCase().startsWith('vsan') ?? false;
  const legacy = isLegacy(config);
  if (folder === containerId || (legacy && isOldestFolder(folder, containerId, config))) return [];
  if (vsan && (UUID.test(folder) || folder.includes(containerId.slice(0, 12)))) return [];
  const wanted = vsan
    ? `a UUID of vSAN's, or a name with ${containerId.slice(0, 12)}`
    : `the container id${legacy ? ', or the display name that VIC 0.9 and older gave' : ''}`;
  const message = `its files are in the folder ${JSON.stringify(folder)} of a datastore of type ${datastoreType ?? 'unknown'}, but the folder should be ${wanted}`;
  return [{code: 'datastore-folder', message}];
}

/** vSphere appends a number if a folder with the display name exists already. */
function isOldestFolder(folder: string, containerId: string, config: ExtraConfig): boolean {
  const name = containerNameOf(config);
  // Without a name, only the id at the end of the display name can be compared.
  const isDisplayName = (text: string) =>
    name === null ? text.endsWith(`-${containerId}`) : text === oldestDisplayNameOf({containerId, name});
  return isDisplayName(folder) || isDisplayName(folder.replace(/_\d+$/, ''));
}

/** The mark and the data version must agree. A legacy VM without the mark has not been migrated yet. */
function renameClassFindings(config: ExtraConfig): Finding[] {
  const mark = config[RENAME_DISABLED_KEY];
  const {[RENAME_DISABLED_KEY]: _, ...unmarked} = config;
  const byVersion = renameSupport(unmarked);
  if (mark === undefined || isRenameMarked(config) === (byVersion.class === 'disabled')) return [];
  const message = `${RENAME_DISABLED_KEY} is ${JSON.stringify(mark)}, but docker rename is ${byVersion.class} here: ${byVersion.reason}`;
  return [{code: 'rename-class', message}];
}

function twinFindings({containerId}: ReadableVm, twins: readonly VicVm[]): Finding[] {
  if (twins.length === 0) return [];
  return [
    {
      code: 'id-twice',
      message: `its container id ${containerId} is also that of ${twins.map(({name, ref}) => `${name} (${ref.value})`).join(', ')}: one is a copy`,
    },
  ];
}

function isLegacy(config: ExtraConfig): boolean {
  return (dataVersionOf(config, 'container') ?? 0) < RENAME_SUPPORTED_VERSION;
}

function groupedBy<T, Key>(items: readonly T[], keyOf: (item: T) => Key): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}
