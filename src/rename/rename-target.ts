import {commitAll} from '../containers/commit.js';
import type {VmOutcome} from '../containers/outcome.js';
import {type Decide, isDecidable, outcomeOf, type PendingDecision, type Planned} from '../containers/plan.js';
import {type ReadVch, readVch} from '../containers/read-vch.js';
import type {RunOptions} from '../containers/run-options.js';
import {VchError} from '../errors.js';
import type {Draft} from '../extraconfig/draft.js';
import {DATA_VERSION_KEY, NAME_KEYS, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {labelOf, type ReadableVm} from '../inventory/container-vms.js';
import type {FoundVch} from '../inventory/find-vch.js';
import {acceptDataVersion} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {renameSupport} from '../migration/rename-class.js';
import {refString} from '../vim25/managed-object.js';
import type {WantedKeys} from '../vim25/property-collector.js';
import type {Session} from '../vim25/session.js';
import {type Container, findContainer, holderOf, isContainer, nameInUse, spokenName} from './docker-name.js';
import type {RenameClaim, RenameRecord} from './rename-claim.js';

/** The keys that tell whether a container may get a name. */
export const NAMING_KEYS: readonly string[] = [
  NAME_KEYS.container.hidden,
  NAME_KEYS.container.legacy,
  DATA_VERSION_KEY.container,
  RENAME_DISABLED_KEY,
];

/** One reading of a VCH's containers. */
export interface Containers extends ReadVch {
  readonly all: readonly Container[];
}

/** The VMs of a VCH that may be containers with any name: their keys could not be read. */
export function nameless({unread}: ReadVch): readonly string[] {
  return unread.filter(({config}) => containerNameOf(config) === null).map(labelOf);
}

/** Reads the containers of a VCH; another VCH's in the same folder are left out. */
export async function readContainers(
  session: Session,
  found: FoundVch,
  keys: WantedKeys,
  expect?: number,
): Promise<Containers> {
  const read = await readVch(session, {expect}, keys, found);
  return {...read, all: read.vms.filter(isContainer)};
}

/** The options of `rename`. */
export interface RenameOptions extends RunOptions {
  /** Name, full id, or the beginning of an id that no other container has. */
  readonly container: string;
  readonly newName: string;
  /** Seconds after which other renames consider our claim dead; 30 by default. */
  readonly claimLease?: number | undefined;
}

/** The container that is renamed. */
export interface RenameTarget {
  readonly vm: ReadableVm;
  /** Its name before this rename, or before the earlier one that this run completes. */
  readonly oldName: string;
  /** It has the new name already: an earlier run stopped there, and other containers may still link to the old one. */
  readonly renamed: boolean;
}

/** What one rename works on, read under its claim. */
export interface RenameJob {
  readonly session: Session;
  readonly options: RenameOptions;
  readonly containers: Containers;
  readonly target: RenameTarget;
  readonly claim: RenameClaim;
}

/**
 * Finds the container and throws, with docker's messages and in docker's order, what docker would refuse. If the
 * appliance has a record of the same rename, unfinished, the command completes it: by the old name or by id.
 */
export function renameTarget(
  containers: readonly Container[],
  {container: word, newName}: Pick<RenameOptions, 'container' | 'newName'>,
  records: readonly RenameRecord[],
): RenameTarget {
  const vm = halfRenamed(containers, word, newName, records) ?? findContainer(word, containers);
  if (!isDecidable(vm)) throw unusable(vm);
  const name = containerNameOf(vm.config);
  if (name === newName) {
    const own = records.filter(({container: id, from}) => id === vm.containerId && from !== newName);
    const record = own.find(({from}) => from === spokenName(word)) ?? own[0];
    if (record === undefined)
      throw new VchError(
        'VCH_ERR_NAME_INVALID',
        `renaming a container with the same name as its current name: ${newName}; nothing is left to do, see vch-migrate status`,
      );
    return {vm, oldName: record.from, renamed: true};
  }
  const holder = holderOf(newName, containers, vm);
  if (holder !== undefined) throw nameInUse(newName, holder.containerId);
  if (name === null)
    throw new VchError(
      'VCH_ERR_NAME_MISSING',
      `${labelOf(vm)} has no container name that could be changed; see vch-migrate audit`,
    );
  const refusal = renameRefusal(vm, name);
  if (refusal !== null) throw refusal;
  return {vm, oldName: name, renamed: false};
}

/** The container that a record says was renamed so, if no container has the old name now. */
function halfRenamed(
  containers: readonly Container[],
  word: string,
  newName: string,
  records: readonly RenameRecord[],
): Container | undefined {
  const oldName = spokenName(word);
  const nameOf = ({config}: Container) => containerNameOf(config);
  if (containers.some((vm) => nameOf(vm) === oldName || vm.containerId === word)) return undefined;
  const found = containers.filter(
    (vm) =>
      nameOf(vm) === newName &&
      records.some(
        ({container, from, to}) => container === vm.containerId && from === oldName && to === newName,
      ),
  );
  return found.find(({owner}) => owner.status === 'own') ?? found[0];
}

function unusable(vm: Container): VchError {
  return (
    outcomeOf({vm, decision: null}).error ??
    new VchError(
      'VCH_ERR_CONTAINER_NOT_FOUND',
      `${labelOf(vm)} is a template, not a container that could be renamed; see vch-migrate status`,
    )
  );
}

/** Why a containerVM may not be renamed: VIC's own gate, or data that a newer release has written. */
export function renameRefusal({config, ref}: ReadableVm, name: string): VchError | null {
  const support = renameSupport(config);
  if (support.class === 'disabled')
    return new VchError(
      'VCH_ERR_RENAME_DISABLED',
      `container ${name} does not support rename: ${support.reason}. Recreate it from its image under the new name; see vch-migrate status`,
    );
  const version = acceptDataVersion(config, 'container', {
    label: `container ${name}`,
    vm: refString(ref),
    again: 'vch-migrate rename',
  });
  return version instanceof VchError ? version : null;
}

/** The decision to write what a draft has changed. */
export function writeDraft(draft: Draft, findings: readonly Finding[] = []): PendingDecision {
  return {status: 'pending', applied: [], changes: draft.changes(), ledger: null, findings};
}

/** Writes VMs, each in its own task; `tell` adds to each outcome what is to be reported of it. */
export async function commit(
  {session, containers, options}: Pick<RenameJob, 'session' | 'containers' | 'options'>,
  decide: Decide,
  planned: readonly Planned[],
  tell: (vm: VmOutcome) => VmOutcome = (vm) => vm,
): Promise<readonly VmOutcome[]> {
  const {parallelism, signal, onProgress} = options;
  const onOutcome = (vm: VmOutcome) => onProgress?.({type: 'vm', vm: tell(vm)});
  const context = {session, found: containers, decide, keys: 'all' as const, parallelism, signal, onOutcome};
  return (await commitAll(context, planned)).map(tell);
}
