import type {Decide, Decision, PendingDecision} from '../containers/decision.js';
import {VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {NAME_KEYS} from '../extraconfig/keys.js';
import type {ReadableVm} from '../inventory/container-vms.js';
import {acceptDataVersion} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {renameSupport} from '../migration/rename-class.js';
import {escapeName, unescapeName} from '../vim25/entity-name.js';
import {linksTo, renameLinks, renameOwnAliases} from './aliases.js';
import {displayNameOf, type NamingConvention} from './display-name.js';
import {renameUnsupported} from './docker-name.js';

/** From what to what. */
export interface Renaming {
  readonly oldName: string;
  readonly newName: string;
  readonly convention: NamingConvention;
}

/** The names that links to a container may have, and the one they are to have. */
export interface Relinking {
  readonly oldNames: readonly string[];
  readonly newName: string;
}

/** Decides what gives a containerVM its new name: hidden name, own aliases, display name. */
export function decideRename({oldName, newName, convention}: Renaming): Decide {
  return async (vm) => {
    const refusal = refusalOf(vm, oldName);
    if (refusal !== null) return refusal;
    const now = containerNameOf(vm.config);
    if (now !== oldName) {
      const message = `container ${vm.containerId} is no longer called ${oldName} but ${now ?? 'nothing'}: somebody else renamed it meanwhile; see vch-migrate status`;
      return {status: 'conflict', error: new VchError('VCH_ERR_CONFLICT', message), findings: []};
    }
    const draft = new Draft(vm.config);
    draft.set(NAME_KEYS.container.hidden, newName);
    renameOwnAliases(draft, oldName, newName);
    const displayName = displayNameOf(convention, {containerId: vm.containerId, name: newName});
    return {...pending(draft, notKept(vm)), ...displayed(vm, displayName)};
  };
}

/** Decides what takes a rename back: whatever of it is still as it was written. */
export function decideReturn(before: ReadableVm, renamed: PendingDecision): Decide {
  return async (vm) => {
    const draft = new Draft(vm.config);
    for (const {key, before: raw, after} of renamed.changes) {
      if (draft.raw(key) === after) draft.setRaw(key, raw);
    }
    const untouched =
      renamed.displayName !== undefined && unescapeName(vm.displayName) === unescapeName(renamed.displayName);
    return {...pending(draft, []), ...(untouched ? {displayName: before.displayName} : {})};
  };
}

/** Decides what lets a container's links to the renamed one go on. */
export function decideLinks({oldNames, newName}: Relinking): Decide {
  return async (vm) => {
    const links = linksTo(vm.config, oldNames);
    if (links.length === 0) return {status: 'unchanged', findings: []};
    const names = linkNames(vm.config, oldNames).join(', ');
    const aliases = links.map(({alias}) => alias).join(', ');
    const refusal = refusalOf(vm, containerNameOf(vm.config) ?? vm.containerId);
    if (refusal !== null) {
      const message = `it links to ${names} as ${aliases}, and keeps the old name: create it anew with a link to ${newName}`;
      return {...refusal, findings: [{code: 'link-kept', message}]};
    }
    const draft = new Draft(vm.config);
    renameLinks(draft, oldNames, newName);
    const message = `it linked to ${names} as ${aliases}, and links to ${newName} now`;
    return pending(draft, [{code: 'link-renamed', message}]);
  };
}

/** Which of the names a container's links have. */
export function linkNames(config: ExtraConfig, names: readonly string[]): readonly string[] {
  const linked = new Set(linksTo(config, names).map(({container}) => container));
  return names.filter((name) => linked.has(name));
}

/** Why a containerVM may not be renamed: VIC's own gate, or data that a newer release has written. */
export function renameRefusal({config}: ReadableVm, name: string): VchError | null {
  const support = renameSupport(config);
  if (support.class === 'disabled') return renameUnsupported(name, support.reason);
  const accepted = acceptDataVersion(config, 'container', `container ${name}`, 'vch-migrate rename');
  return accepted.status === 'refused' ? accepted.error : null;
}

function refusalOf(
  vm: ReadableVm,
  name: string,
): Exclude<Decision, PendingDecision | {status: 'unchanged'}> | null {
  const error = renameRefusal(vm, name);
  return error === null ? null : {status: 'refused', error, findings: []};
}

/** The class between: VIC would lose a rename that it does itself, since it writes such a VM's keys no more. */
function notKept(vm: ReadableVm): Finding[] {
  const {class: renameClass, reason} = renameSupport(vm.config);
  if (renameClass !== 'not-persisted-by-vic') return [];
  return [{code: 'not-persisted-by-vic', message: `${reason}; this rename is in its hidden keys, and stays`}];
}

function pending(draft: Draft, findings: readonly Finding[]): PendingDecision {
  return {status: 'pending', applied: [], changes: draft.changes(), ledger: null, findings};
}

/** Only where it changes: a display name needs a privilege of its own (VirtualMachine.Config.Rename). */
function displayed(vm: ReadableVm, name: string): {displayName?: string} {
  return unescapeName(vm.displayName) === name ? {} : {displayName: escapeName(name)};
}
