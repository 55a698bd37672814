import {describeHolder, readHolder} from '../appliance/lease.js';
import {isOwn} from '../inventory/container-vms.js';
import {type Vch, vchLabel} from '../inventory/vch.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {linksTo} from './aliases.js';
import {type Container, holderOf} from './docker-name.js';
import {RENAME_CLAIM, type RenameRecord, unfinishedIn} from './rename-claim.js';
import {renameRefusal} from './rename-target.js';

// Why: docs/decisions/010-renames-take-turns.md

/**
 * The renames after which a link still has the old name, and could be updated. The others are finished: the container is
 * gone or was never renamed, no link has the old name, or another container has that name now, so those links are to it.
 */
export function stillOpen(
  records: readonly RenameRecord[],
  containers: readonly Container[],
): readonly RenameRecord[] {
  return records.filter(({container: id, from}) => {
    const renamed = containers.find(({containerId}) => containerId === id);
    if (renamed === undefined || containerNameOf(renamed.config) === from) return false;
    if (holderOf(from, containers, renamed) !== undefined) return false;
    return containers.some((other) => other.containerId !== id && couldFollow(other, from));
  });
}

function couldFollow(vm: Container, oldName: string): boolean {
  if (vm.status === 'template' || !isOwn(vm) || linksTo(vm.config, [oldName]).length === 0) return false;
  return vm.status !== 'readable' || renameRefusal(vm, containerNameOf(vm.config) ?? vm.containerId) === null;
}

/** Who renames on a VCH, and the renames that are not finished. */
export function claimFindings(vch: Vch): readonly Finding[] {
  const {leases} = vch;
  const holder = readHolder(RENAME_CLAIM, leases);
  const findings: Finding[] = [];
  if (holder.state !== 'none') {
    const {state, wayOut} = describeHolder(RENAME_CLAIM, holder, vchLabel(vch));
    findings.push({code: 'rename-claimed', message: `${state}. ${wayOut}`});
  }
  for (const {container, from, to} of unfinishedIn(leases)) {
    // By the full id, which no other container can have: docker may have reused the old name.
    const message =
      `the rename of the container ${container} from ${from} to ${to} may be half done: links in other containers may still name ${from}. ` +
      `To finish it: vch-migrate rename ${container} ${to}`;
    findings.push({code: 'rename-unfinished', message});
  }
  return findings;
}
