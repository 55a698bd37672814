import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {linksTo} from './aliases.js';
import {type Container, holderOf} from './docker-name.js';
import {parseClaim, type RenameRecord, unfinishedIn} from './rename-claim-text.js';
import {renameRefusal} from './rename-target.js';

/**
 * The records behind which a link stands that could follow and has not. The others are settled: the container is gone
 * or was never renamed, nobody links to the old name any more, or another container has it, whose links they now are.
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
  if (vm.status === 'template' || linksTo(vm.config, [oldName]).length === 0) return false;
  return vm.status !== 'readable' || renameRefusal(vm, containerNameOf(vm.config) ?? vm.containerId) === null;
}

/** What a person should know of the claim on an appliance, and of the renames that are not finished. */
export function claimFindings(raw: string | null): readonly Finding[] {
  const claim = parseClaim(raw ?? '');
  const findings: Finding[] = [];
  if (claim !== null) {
    const {purpose, owner, time} = claim;
    const message =
      `a rename is going on, or its owner died: ${purpose}, claimed by ${owner} at ${time}. ` +
      'It holds up other renames only for as long as its owner renews it; the next rename takes a dead one over';
    findings.push({code: 'rename-claimed', message});
  }
  for (const {container, from, to} of unfinishedIn(raw ?? '')) {
    // By the full id, which nobody else can take: the old name may be another container's by now.
    const message =
      `the rename of the container ${container} from ${from} to ${to} may be half done: links of others may still name ${from}. ` +
      `To finish it: vch-migrate rename ${container} ${to}`;
    findings.push({code: 'rename-unfinished', message});
  }
  return findings;
}
