import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {isDecidable, outcomeOf} from '../containers/plan.js';
import {mapVms, readVch, runOutcome} from '../containers/read-vch.js';
import type {RunOptions} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {aliasListKey, NAME_CONVENTION_KEY, NETWORKS_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {listEntries} from '../extraconfig/value.js';
import {readAppliance} from '../inventory/appliance.js';
import {labelOf, type ReadableVm, readContainerKeys} from '../inventory/container-vms.js';
import {readVmFiles, type VmFiles} from '../inventory/datastores.js';
import {type FoundContainer, type FoundVch, findVch} from '../inventory/find-vch.js';
import {dataVersionOf, RENAME_SUPPORTED_VERSION} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf, nameFindings} from '../migration/names.js';
import {isRenameMarked, renameSupport} from '../migration/rename-class.js';
import {untilStopped} from '../stopping.js';
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
import {NAMING_KEYS, nameless} from './rename-target.js';
import {claimFindings} from './rename-unfinished.js';

// Why: docs/decisions/011-audit-says-what-it-can-know.md

const AUDIT_KEYS = [...NAMING_KEYS, NETWORKS_KEY];

/** Not the container's fault: docker, too, leaves a link behind when it removes the linked container. */
const DANGLING_LINK = 'link-dangling';

/**
 * Compares names, folders, identities and links of a VCH's containerVMs with VIC's conventions and with each other;
 * writes nothing. A VM that breaks a convention is `failed`, and its findings say which.
 */
export function auditVch(session: Session, options: RunOptions): Promise<RunOutcome> {
  return untilStopped(options.signal, () => audit(session, options));
}

async function audit(session: Session, options: RunOptions): Promise<RunOutcome> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  const appliance = await readAppliance(session, found.vch);
  const convention = readConvention(appliance.config[NAME_CONVENTION_KEY]);
  const files = await readVmFiles(session, found.vch);
  const read = await readVch(session, options, AUDIT_KEYS, found);
  const unread = nameless(read);
  const containers = read.vms.filter(isContainer);
  const byName = groupedBy(containers, ({config}) => containerNameOf(config));
  const byContainerId = groupedBy(found.inventory.containers, ({containerId}) => containerId);
  const links = await readLinks(session, found, read.vms.filter(isDecidable));
  const vms = await mapVms(read, async (vm) => {
    if (!isDecidable(vm)) return outcomeOf({vm, decision: null});
    const {config, containerId, ref, owner} = vm;
    const name = containerNameOf(config);
    return judged(vm, [
      ...displayNameFindings(vm, name, convention),
      ...folderFindings(vm, name, files.get(ref.value)),
      ...nameFindings('container', config, dataVersionOf(config, 'container') ?? 0),
      ...renameClassFindings(config),
      ...twinFindings(vm, byContainerId.get(containerId) ?? []),
      ...owner.findings,
      ...(name === null ? [] : nameTwiceFindings(vm, name, byName.get(name) ?? [])),
      // A container whose name cannot be read may be the one that is linked to.
      ...(unread.length === 0 ? linkFindings(links.get(ref.value) ?? [], containers, byName) : []),
    ]);
  });
  const message = `the container names of ${unread.join(', ')} cannot be read: duplicate names may be missed, and links were not checked`;
  return {
    ...runOutcome(read, vms),
    findings: [
      ...conventionFindings(convention),
      ...read.findings,
      ...(unread.length === 0 ? [] : [{code: 'names-unread', message}]),
      ...claimFindings(found.vch),
    ],
  };
}

function judged(vm: ReadableVm, findings: readonly Finding[]): VmOutcome {
  const broken = findings.map(({code}) => code).filter((code) => code !== DANGLING_LINK);
  if (broken.length === 0) return outcomeOf({vm, decision: {status: 'unchanged', findings}});
  const codes = [...new Set(broken)].join(', ');
  const message = `${labelOf(vm)} breaks VIC's conventions: ${codes}; see its findings. Correct it, then run vch-migrate audit again`;
  const error = new VchError('VCH_ERR_VERIFY', message);
  return outcomeOf({vm, decision: {status: 'failed', error, findings}});
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
  if (keys.length === 0) return new Map();
  return new Map(
    await readContainerKeys(session, found, keys, (id, config) => [id, linksOf(config)] as const),
  );
}

/** A copy of the same container is reported by its id. */
function nameTwiceFindings(
  {containerId}: ReadableVm,
  name: string,
  sameName: readonly Container[],
): Finding[] {
  const others = sameName.filter((other) => other.containerId !== containerId);
  if (others.length === 0) return [];
  const message = `its name ${JSON.stringify(name)} is also the name of ${others.map(labelOf).join(', ')}: rename one of them by id, or remove it`;
  return [{code: 'name-twice', message}];
}

/** Links that lead to none of the containers, by name or by id. */
function linkFindings(
  links: readonly Link[],
  containers: readonly Container[],
  byName: ReadonlyMap<string | null, unknown>,
): Finding[] {
  const answers = (word: string) =>
    byName.has(word) ||
    (/^[0-9a-f]+$/.test(word) && containers.some(({containerId}) => containerId.startsWith(word)));
  return links
    .filter(({container}) => !answers(container))
    .map(({container, alias}) => ({
      code: DANGLING_LINK,
      message: `it links to ${JSON.stringify(container)} as ${JSON.stringify(alias)}, but there is no such container: it was removed, or its rename is not finished`,
    }));
}

function displayNameFindings(vm: ReadableVm, name: string | null, convention: NamingConvention): Finding[] {
  const {config, containerId, displayName} = vm;
  if (name === null) {
    const message = 'it has no container name from which its display name could be derived';
    return [{code: 'name-missing', message}];
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
function folderFindings(
  {config, containerId}: ReadableVm,
  name: string | null,
  files: VmFiles | undefined,
): Finding[] {
  if (files === undefined) return [];
  const {folder, datastoreType} = files;
  const vsan = datastoreType?.toLowerCase().startsWith('vsan') ?? false;
  const legacy = isLegacy(config);
  if (folder === containerId || (legacy && isOldestFolder(folder, containerId, name))) return [];
  if (vsan && (UUID.test(folder) || folder.includes(containerId.slice(0, 12)))) return [];
  const wanted = vsan
    ? `a UUID of vSAN's, or a name with ${containerId.slice(0, 12)}`
    : `the container id${legacy ? ', or the display name that VIC 0.9 and older gave' : ''}`;
  const message = `its files are in the folder ${JSON.stringify(folder)} of a datastore of type ${datastoreType ?? 'unknown'}, but the folder should be ${wanted}`;
  return [{code: 'datastore-folder', message}];
}

/** vSphere appends a number if a folder with the display name exists already. */
function isOldestFolder(folder: string, containerId: string, name: string | null): boolean {
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

function twinFindings({containerId, ref}: ReadableVm, sameId: readonly FoundContainer[]): Finding[] {
  const others = sameId.filter((other) => other.ref.value !== ref.value);
  if (others.length === 0) return [];
  const labels = others.map((other) => `${other.where?.name ?? 'a VM'} (${other.ref.value})`).join(', ');
  return [
    {code: 'id-twice', message: `its container id ${containerId} is also that of ${labels}: one is a copy`},
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
