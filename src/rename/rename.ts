import {assertFree} from '../appliance/lease.js';
import {heldLabel, UPGRADE_LOCK} from '../appliance/upgrade-lock.js';
import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {type Decide, isDecidable, outcomeOf, type PendingDecision} from '../containers/plan.js';
import {runOutcome} from '../containers/read-vch.js';
import {hasCode, VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import {NAME_CONVENTION_KEY, NAME_KEYS} from '../extraconfig/keys.js';
import type {ReadableVm} from '../inventory/container-vms.js';
import {findVch} from '../inventory/find-vch.js';
import {vchLabel} from '../inventory/vch.js';
import {dataVersionOf, RENAME_PERSISTED_VERSION} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {renameSupport} from '../migration/rename-class.js';
import type {Session} from '../vim25/session.js';
import {renameOwnAliases} from './aliases.js';
import {conventionFindings, displayNameOf, type NamingConvention, readConvention} from './display-name.js';
import {assertRenameWords, holderOf} from './docker-name.js';
import {linkedTo, renameLinks} from './links.js';
import {type RenameRecord, unfinishedIn, withRenameClaim} from './rename-claim.js';
import {
  type Containers,
  commit,
  NAMING_KEYS,
  nameless,
  type RenameJob,
  type RenameOptions,
  type RenameTarget,
  readContainers,
  renameRefusal,
  renameTarget,
  writeDraft,
} from './rename-target.js';
import {stillOpen} from './rename-unfinished.js';
import {lookAgain} from './second-look.js';

export type {RenameOptions} from './rename-target.js';

// Why: docs/decisions/009-rename-follows-docker.md

/**
 * Does `docker rename` on a containerVM: hidden name, display name and own aliases in one `ReconfigVM_Task`, then the
 * links in other containers, each in its own. Rejects with docker's message if docker would refuse, with
 * VCH_ERR_RENAME_DISABLED on a legacy containerVM, and with VCH_ERR_LOCKED during an upgrade. The first VM of the
 * outcome is the renamed one. If links are left, the appliance keeps a record, and the same command completes the
 * rename.
 */
export async function renameContainer(session: Session, options: RenameOptions): Promise<RunOutcome> {
  const {container, newName} = options;
  assertRenameWords(container, newName);
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  const {leases, summary} = found.vch;
  assertFree(UPGRADE_LOCK, leases, heldLabel(vchLabel(found.vch), summary.powerState));
  // Checked first without a claim: a rename that is refused writes nothing at all.
  options.onProgress?.({type: 'phase', phase: 'read', total: found.vch.summary.containerVMs});
  const records = unfinishedIn(found.vch.leases);
  const keys = options.permit === undefined ? NAMING_KEYS : 'all';
  const readings = await readContainers(session, found, keys, options.expect);
  const first = renameTarget(readings.all, options, records);
  await options.permit?.(planned(readings, first, records), false);
  const claim = {...options, rename: recordOf(first, newName), lease: options.claimLease};
  return withRenameClaim(session, found.vch, claim, async (held) => {
    // A rename whose turn came before ours may have changed anything.
    const containers = await readContainers(session, found, 'all', options.expect);
    held.leave(stillOpen(held.unfinished, containers.all));
    const target = renameTarget(containers.all, options, held.unfinished);
    return rename({session, options, containers, target, claim: held});
  });
}

/** What would be written, for who may forbid it. */
function planned(read: Containers, target: RenameTarget, records: readonly RenameRecord[]): RunOutcome {
  const earlier = records.filter(({container}) => container === target.vm.containerId).map(({from}) => from);
  const linked = linkedTo(target, read, [target.oldName, ...earlier]).filter(isDecidable);
  const vms = [...(target.renamed ? [] : [target.vm]), ...linked];
  const decision = {status: 'unchanged', findings: []} as const;
  return runOutcome(
    read,
    vms.map((vm) => ({...outcomeOf({vm, decision}), status: 'pending'})),
  );
}

function recordOf({vm, oldName}: RenameTarget, newName: string): RenameRecord {
  return {container: vm.containerId, from: oldName, to: newName};
}

async function rename(job: RenameJob): Promise<RunOutcome> {
  const {target, claim, options, containers} = job;
  const {containerId} = target.vm;
  const convention = readConvention(claim.appliance.config[NAME_CONVENTION_KEY]);
  const outcome = (vms: readonly VmOutcome[]): RunOutcome => ({
    ...runOutcome(containers, vms),
    findings: [...conventionFindings(convention), ...unreadFindings(job)],
    interrupted: vms.some(({error}) => hasCode(error, 'VCH_ERR_INTERRUPTED')),
  });
  const open = stillOpen(claim.unfinished, containers.all);
  const others = open.filter(({container}) => container !== containerId);
  if (target.renamed) return outcome(await finish(job, nothingLeft(job), containers, others));

  const decide = decideRename(target.oldName, options.newName, convention);
  const decision = await decide(target.vm);
  if (decision.status !== 'pending') return outcome([outcomeOf({vm: target.vm, decision})]);
  const record = recordOf(target, options.newName);
  await claim.announce(record);
  claim.leave([...open, record]);
  options.onProgress?.({type: 'phase', phase: 'commit', total: 1});
  const [written] = await commit(job, decide, [{vm: target.vm, decision}]);
  if (written === undefined) return outcome([]);
  const look = await lookAgain(job, decision, written).catch((error: unknown) => {
    // Undone, or in a state that a person has to look at: no command could complete it.
    claim.leave(open);
    throw error;
  });
  if (look.status === 'renamed')
    return outcome(await finish(job, describe(job, look.vm, decision), look.containers, others));
  if (look.status === 'unknown') {
    const message = `it is unknown whether ${target.oldName} was renamed, so no link to it was changed; run the same command again`;
    const stopped = new VchError('VCH_ERR_OUTCOME_UNKNOWN', message);
    const {vms} = await renameLinks(job, [target.oldName], stopped);
    return outcome([look.vm, ...vms]);
  }
  claim.leave(open);
  return outcome([withNameTaken(look.vm, decision, convention)]);
}

/** If another VM has the display name already, the convention that produced it may be what is wrong. */
function withNameTaken(
  vm: VmOutcome,
  {displayName}: PendingDecision,
  {template}: NamingConvention,
): VmOutcome {
  if (vm.error?.fault !== 'DuplicateName' || displayName === undefined) return vm;
  const message = `by the convention ${template} its display name would be ${displayName}, which another VM in the folder has; with {id} in the convention, no two containers would share one`;
  return {...vm, findings: [...vm.findings, {code: 'display-name-taken', message}]};
}

/** Updates the links once the container has its new name, and leaves a record of those that are left. */
async function finish(
  job: RenameJob,
  renamed: VmOutcome,
  {all}: Containers,
  others: readonly RenameRecord[],
): Promise<readonly VmOutcome[]> {
  const {target, claim, options} = job;
  const {containerId} = target.vm;
  const {newName} = options;
  const earlier = claim.unfinished.filter(({container}) => container === containerId).map(({from}) => from);
  const names = [...new Set([target.oldName, ...earlier])].filter((name) => name !== newName);
  // If another container has an old name now, links to that name are links to that container.
  const holders = names.map((name) => ({name, holder: holderOf(name, all, target.vm)}));
  const oldNames = holders.filter(({holder}) => holder === undefined).map(({name}) => name);
  const links = await renameLinks(job, oldNames);
  claim.leave([...others, ...links.open.map((from) => ({container: containerId, from, to: newName}))]);
  const findings = holders.flatMap(({name, holder}) => {
    if (holder === undefined) return [];
    const message = `links to ${name} were left alone: the container ${holder.containerId} has that name now, so they are links to it`;
    return [{code: 'links-of-another', message}];
  });
  return [{...renamed, findings: [...renamed.findings, ...findings]}, ...links.vms];
}

function unreadFindings({containers, target, options}: RenameJob): readonly Finding[] {
  const unread = nameless(containers);
  if (unread.length === 0) return [];
  const message =
    `the container names of ${unread.join(', ')} cannot be read; if one of them is ${options.newName}, that name exists twice, ` +
    `and if one of them links to ${target.oldName}, it keeps that name`;
  return [{code: 'names-unread', message}];
}

/** The outcome of a container that an earlier run renamed, except for the links. */
function nothingLeft({target, options}: RenameJob): VmOutcome {
  const message = `an earlier run renamed it from ${target.oldName} to ${options.newName}; this run updated the links to it`;
  const decision = {status: 'unchanged' as const, findings: [{code: 'renamed-before', message}]};
  return outcomeOf({vm: target.vm, decision});
}

/** The renamed VM as it is now, with what the user should know. */
function describe(
  {claim, target, options}: RenameJob,
  written: VmOutcome,
  decision: PendingDecision,
): VmOutcome {
  const {displayName} = decision;
  const findings = [...written.findings];
  if (displayName !== undefined) {
    const message = `its display name was ${target.vm.displayName} and is now ${displayName}; its folder and files keep their names`;
    findings.push({code: 'display-name-changed', message});
  }
  if (claim.appliance.powerState === 'poweredOn')
    findings.push({code: 'vch-shows-old-name', message: untilRestart(target, options.newName)});
  const shown = displayName ?? written.displayName;
  return {...written, displayName: shown, containerName: options.newName, findings};
}

/** VIC's persona reads names once, when it starts. `docker rename` changes its memory as well. */
function untilRestart({vm, oldName}: RenameTarget, newName: string): string {
  const message =
    `the VCH is running, and reads names only when it starts: until then docker shows ${oldName}, gives that name to no other container, ` +
    `and does not know ${newName}`;
  const docker = (dataVersionOf(vm.config, 'container') ?? 0) >= RENAME_PERSISTED_VERSION;
  return docker ? `${message}. While the VCH is up, docker rename does it without that` : message;
}

/** Decides what gives a containerVM its new name: hidden name, own aliases, display name. */
function decideRename(oldName: string, newName: string, convention: NamingConvention): Decide {
  return async (vm) => {
    const error = renameRefusal(vm, oldName);
    if (error !== null) return {status: 'refused', error, findings: []};
    const now = containerNameOf(vm.config);
    if (now !== oldName) {
      const message = `container ${vm.containerId} is no longer called ${oldName} but ${now ?? 'nothing'}: another user renamed it in the meantime; see vch-migrate status`;
      return {status: 'conflict', error: new VchError('VCH_ERR_CONFLICT', message), findings: []};
    }
    const draft = new Draft(vm.config);
    draft.set(NAME_KEYS.container.hidden, newName);
    renameOwnAliases(draft, oldName, newName);
    const displayName = displayNameOf(convention, {containerId: vm.containerId, name: newName});
    // Only if it changes: a display name needs a privilege of its own (VirtualMachine.Config.Rename).
    return {...writeDraft(draft, notKept(vm)), ...(vm.displayName === displayName ? {} : {displayName})};
  };
}

/** VIC 1.3 and newer accept a rename of such a VM and lose it, because they no longer write its keys. */
function notKept(vm: ReadableVm): Finding[] {
  const {class: renameClass, reason} = renameSupport(vm.config);
  if (renameClass !== 'not-persisted-by-vic') return [];
  return [{code: 'not-persisted-by-vic', message: `${reason}; this rename is in its hidden keys and stays`}];
}
