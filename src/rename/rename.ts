import {assertFree, UPGRADE_LOCK} from '../appliance/lease.js';
import type {RunOutcome, VmOutcome} from '../containers/outcome.js';
import {type Decide, outcomeOf, type PendingDecision} from '../containers/plan.js';
import {assertExpected, runOutcome} from '../containers/read-vch.js';
import {hasCode, VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import {NAME_CONVENTION_KEY, NAME_KEYS} from '../extraconfig/keys.js';
import type {ReadableVm} from '../inventory/container-vms.js';
import {findVch} from '../inventory/find-vch.js';
import {vchLabel} from '../inventory/vch.js';
import type {Finding} from '../migration/finding.js';
import {containerNameOf} from '../migration/names.js';
import {renameSupport} from '../migration/rename-class.js';
import type {Session} from '../vim25/session.js';
import {renameOwnAliases} from './aliases.js';
import {conventionFindings, displayNameOf, type NamingConvention, readConvention} from './display-name.js';
import {assertRenameWords, holderOf} from './docker-name.js';
import {renameLinks} from './links.js';
import {withRenameClaim} from './rename-claim.js';
import {type RenameRecord, unfinishedIn} from './rename-claim-text.js';
import {
  type Containers,
  commit,
  NAMING_KEYS,
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
 * links of other containers, each in its own. Rejects with docker's message where docker would refuse, with
 * VCH_ERR_RENAME_DISABLED on a legacy containerVM, and with VCH_ERR_LOCKED during an upgrade. The first VM
 * of the outcome is the renamed one. Of a rename that got no further than that the appliance keeps a record, by which
 * the same order goes on.
 */
export async function renameContainer(session: Session, options: RenameOptions): Promise<RunOutcome> {
  const {container, newName} = options;
  assertRenameWords(container, newName);
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  assertFree(UPGRADE_LOCK, found.vch.leases, vchLabel(found.vch));
  // Refused first without a claim: an order that cannot be carried out writes nothing at all.
  options.onProgress?.({type: 'phase', phase: 'read', total: found.vch.summary.containerVMs});
  const records = unfinishedIn(found.vch.leases);
  const first = supported(await readContainers(session, found, NAMING_KEYS), options, records);
  const claim = {
    runId: options.runId,
    user: options.user,
    toolVersion: options.toolVersion,
    rename: recordOf(first, newName),
    lease: options.claimLease,
    signal: options.signal,
    log: options.log,
  };
  return withRenameClaim(session, found.vch, claim, async (held) => {
    // Somebody whose turn came before ours may have changed anything.
    const containers = await readContainers(session, found, 'all');
    held.leave(stillOpen(held.unfinished, containers.all));
    const target = supported(containers, options, held.unfinished);
    return rename({session, options, found, containers, target, claim: held});
  });
}

function supported(
  containers: Containers,
  options: RenameOptions,
  records: readonly RenameRecord[],
): RenameTarget {
  assertExpected(containers, options.expect);
  const target = renameTarget(containers.all, options, records);
  const refusal = target.renamed ? null : renameRefusal(target.vm, target.oldName);
  if (refusal !== null) throw refusal;
  return target;
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

  const decide = decideRename({oldName: target.oldName, newName: options.newName, convention});
  const decision = await decide(target.vm);
  if (decision.status !== 'pending') return outcome([outcomeOf({vm: target.vm, decision})]);
  const record = recordOf(target, options.newName);
  await claim.announce(record);
  claim.leave([...open, record]);
  options.onProgress?.({type: 'phase', phase: 'commit', total: 1});
  const [written] = await commit(job, decide, [{vm: target.vm, decision}]);
  if (written === undefined) return outcome([]);
  const look = await lookAgain(job, decision, written).catch((error: unknown) => {
    // Taken back, or in a state that a person has to look at: no order could finish it.
    claim.leave(open);
    throw error;
  });
  switch (look.status) {
    case 'not-renamed':
      claim.leave(open);
      return outcome([withNameTaken(look.vm, decision, convention)]);
    case 'unknown': {
      const message = `whether ${target.oldName} was renamed is not known, so no link to it was changed; run the same command again`;
      const {vms} = await renameLinks(
        job,
        [target.oldName],
        new VchError('VCH_ERR_OUTCOME_UNKNOWN', message),
      );
      return outcome([look.vm, ...vms]);
    }
    case 'renamed':
      return outcome(
        await finish(job, describe(job, look.vm, decision), look.containers ?? containers, others),
      );
  }
}

/** Where vSphere has the display name already, the convention is what made it, and can be what is wrong. */
function withNameTaken(
  vm: VmOutcome,
  {displayName}: PendingDecision,
  {template}: NamingConvention,
): VmOutcome {
  if (vm.error?.fault !== 'DuplicateName' || displayName === undefined) return vm;
  const message = `by the convention ${template} its display name would be ${displayName}, which another VM of the folder has; with {id} in the convention no two containers would have one`;
  return {...vm, findings: [...vm.findings, {code: 'display-name-taken', message}]};
}

/** Lets the links follow once the container has its new name, and leaves a record of those that have not. */
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
  // Links to a name that another container has by now are links to that one.
  const taken = names.flatMap((name) => {
    const holder = holderOf(name, all, target.vm);
    return holder === undefined ? [] : [{name, holder}];
  });
  const oldNames = names.filter((name) => !taken.some((one) => one.name === name));
  const links = await renameLinks(job, oldNames);
  claim.leave([...others, ...links.open.map((from) => ({container: containerId, from, to: newName}))]);
  const findings = taken.map(({name, holder}) => ({
    code: 'links-of-another',
    message: `links that name ${name} are left alone: they are links to the container ${holder.containerId}, which has that name`,
  }));
  return [{...renamed, findings: [...renamed.findings, ...findings]}, ...links.vms];
}

function unreadFindings({containers: {unread}, target, options}: RenameJob): readonly Finding[] {
  if (unread.length === 0) return [];
  const message =
    `the container names of ${unread.join(', ')} cannot be read; if one of them is ${options.newName}, that name is there twice, ` +
    `and if one of them links to ${target.oldName}, it keeps that name`;
  return [{code: 'names-unread', message}];
}

/** The container of an order that an earlier run has carried out but for the links. */
function nothingLeft({target, options}: RenameJob): VmOutcome {
  const message = `it was renamed from ${target.oldName} to ${options.newName} before; this run saw to the links of others`;
  const decision = {status: 'unchanged' as const, findings: [{code: 'renamed-before', message}]};
  return outcomeOf({vm: target.vm, decision});
}

/** The renamed VM as it stands now, and what a person should know of it. */
function describe(
  {claim, target, options}: RenameJob,
  written: VmOutcome,
  decision: PendingDecision,
): VmOutcome {
  const {displayName} = decision;
  const findings = [...written.findings];
  if (displayName !== undefined) {
    const message = `its display name was ${target.vm.displayName} and is ${displayName} now; its folder and files keep their names`;
    findings.push({code: 'display-name-changed', message});
  }
  if (claim.appliance.powerState === 'poweredOn') {
    const message = `the running VCH shows the name ${target.oldName} until it next reads this VM`;
    findings.push({code: 'vch-shows-old-name', message});
  }
  return {
    ...written,
    displayName: displayName ?? written.displayName,
    containerName: options.newName,
    findings,
  };
}

/** From what to what. */
interface Renaming {
  readonly oldName: string;
  readonly newName: string;
  readonly convention: NamingConvention;
}

/** Decides what gives a containerVM its new name: hidden name, own aliases, display name. */
function decideRename({oldName, newName, convention}: Renaming): Decide {
  return async (vm) => {
    const error = renameRefusal(vm, oldName);
    if (error !== null) return {status: 'refused', error, findings: []};
    const now = containerNameOf(vm.config);
    if (now !== oldName) {
      const message = `container ${vm.containerId} is no longer called ${oldName} but ${now ?? 'nothing'}: somebody else renamed it meanwhile; see vch-migrate status`;
      return {status: 'conflict', error: new VchError('VCH_ERR_CONFLICT', message), findings: []};
    }
    const draft = new Draft(vm.config);
    draft.set(NAME_KEYS.container.hidden, newName);
    renameOwnAliases(draft, oldName, newName);
    const displayName = displayNameOf(convention, {containerId: vm.containerId, name: newName});
    return {...writeDraft(draft, notKept(vm)), ...displayed(vm, displayName)};
  };
}

/** The class between: VIC would lose a rename that it does itself, since it writes such a VM's keys no more. */
function notKept(vm: ReadableVm): Finding[] {
  const {class: renameClass, reason} = renameSupport(vm.config);
  if (renameClass !== 'not-persisted-by-vic') return [];
  return [{code: 'not-persisted-by-vic', message: `${reason}; this rename is in its hidden keys, and stays`}];
}

/** Only where it changes: a display name needs a privilege of its own (VirtualMachine.Config.Rename). */
function displayed(vm: ReadableVm, name: string): {displayName?: string} {
  return vm.displayName === name ? {} : {displayName: name};
}
