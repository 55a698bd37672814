import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {dataVersionOf, RENAME_SUPPORTED_VERSION} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf, nameFindings} from '../migration/names.js';
import {isRenameMarked, renameSupport} from '../migration/rename-class.js';
import {displayNameOf, type NamingConvention, oldestDisplayNameOf} from './display-name.js';

/** A containerVM, as VIC's conventions speak of it. */
export interface AuditedVm {
  readonly containerId: string;
  readonly config: ExtraConfig;
  /** As people see it, not as vSphere escapes it. */
  readonly displayName: string;
  /** Where its files lie; `null` where vSphere does not show it. */
  readonly files: {readonly folder: string; readonly datastoreType: string | null} | null;
  /** How messages call the other VMs with the same container id. */
  readonly twins: readonly string[];
}

/** Where a containerVM's names and identity break VIC's conventions; whose it is, its BIOS UUID tells elsewhere. */
export function auditNames(vm: AuditedVm, convention: NamingConvention): Finding[] {
  const version = dataVersionOf(vm.config, 'container');
  return [
    ...displayNameFindings(vm, convention),
    ...folderFindings(vm),
    ...nameFindings('container', vm.config, version.status === 'valid' ? version.version : 0),
    ...renameClassFindings(vm.config),
    ...twinFindings(vm),
  ];
}

function displayNameFindings(
  {config, containerId, displayName}: AuditedVm,
  convention: NamingConvention,
): Finding[] {
  const name = containerNameOf(config);
  if (name === null) {
    return [
      {
        code: 'name-missing',
        message: 'it has no container name, so there is none that its display name could follow',
      },
    ];
  }
  const wanted = displayNameOf(convention, {containerId, name});
  if (displayName === wanted) return [];
  // Nothing renames a legacy containerVM, so it keeps what VIC gave it when it was made.
  if (isLegacy(config) && displayName === oldestDisplayNameOf({containerId, name})) return [];
  const message = `its display name is ${JSON.stringify(displayName)}, and by the convention ${convention.template} it is ${JSON.stringify(wanted)}`;
  return [{code: 'display-name', message}];
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * VIC 1.1 and newer name the folder after the container, except on vSAN. VIC 0.9 and older left it to vSphere, which
 * takes the display name. vSAN makes a UUID of either name, which only vSAN itself can resolve; where it shows the name
 * instead, that is the display name the VM was made with, which contains the short id.
 */
function folderFindings({files, containerId, config}: AuditedVm): Finding[] {
  if (files === null) return [];
  const {folder, datastoreType} = files;
  const vsan = datastoreType?.toLowerCase().startsWith('vsan') ?? false;
  const legacy = isLegacy(config);
  if (folder === containerId || (legacy && isOldestFolder(folder, containerId, config))) return [];
  if (vsan && (UUID.test(folder) || folder.includes(containerId.slice(0, 12)))) return [];
  const wanted = vsan
    ? `a UUID of vSAN's, or a name with ${containerId.slice(0, 12)}`
    : `the container id${legacy ? ', or the display name that VIC 0.9 and older gave' : ''}`;
  const message = `its files lie in the folder ${JSON.stringify(folder)} of a datastore of type ${datastoreType ?? 'unknown'}, and the folder should be ${wanted}`;
  return [{code: 'datastore-folder', message}];
}

/** vSphere appends a number where a folder with the display name is already there. */
function isOldestFolder(folder: string, containerId: string, config: ExtraConfig): boolean {
  const name = containerNameOf(config);
  const base = folder.replace(/_\d+$/, '');
  // Without a name only the id, which ends the display name, can be compared.
  const isDisplayName = (text: string) =>
    name === null ? text.endsWith(`-${containerId}`) : text === oldestDisplayNameOf({containerId, name});
  return isDisplayName(folder) || isDisplayName(base);
}

/** The mark and the data version must say the same. A legacy VM without the mark is one that was not migrated yet. */
function renameClassFindings(config: ExtraConfig): Finding[] {
  const mark = config[RENAME_DISABLED_KEY];
  const {[RENAME_DISABLED_KEY]: _, ...unmarked} = config;
  const byVersion = renameSupport(unmarked);
  if (mark === undefined || isRenameMarked(config) === (byVersion.class === 'disabled')) return [];
  const message = `${RENAME_DISABLED_KEY} is ${JSON.stringify(mark)}, but docker rename is ${byVersion.class} here: ${byVersion.reason}`;
  return [{code: 'rename-class', message}];
}

function twinFindings({containerId, twins}: AuditedVm): Finding[] {
  if (twins.length === 0) return [];
  return [
    {
      code: 'id-twice',
      message: `its container id ${containerId} is there again, on ${twins.join(', ')}: one is a copy`,
    },
  ];
}

function isLegacy(config: ExtraConfig): boolean {
  const version = dataVersionOf(config, 'container');
  return version.status === 'invalid' || version.version < RENAME_SUPPORTED_VERSION;
}
