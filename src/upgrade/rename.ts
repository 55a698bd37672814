import {hasCode, toVchError, VchError} from '../errors.js';
import {type ReadableVm, rereadVms} from '../inventory/container-vms.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import type {Finding} from '../migration/finding.js';
import {renameSupport} from '../migration/rename-class.js';
import {linksTo} from '../naming/aliases.js';
import {CONVENTION_KEY, conventionFindings, readConvention} from '../naming/display-name.js';
import {assertRenameWords, nameInUse, renameUnsupported} from '../naming/docker-name.js';
import {holderOf} from '../naming/find-container.js';
import type {Session} from '../vim25/session.js';
import {assertUnlocked} from './assert-unlocked.js';
import {commitAll} from './commit.js';
import type {Decide, PendingDecision} from './decision.js';
import type {RunOutcome, VmOutcome} from './outcome.js';
import {type RenameClaim, withRenameClaim} from './rename-claim.js';
import {decideLinks, decideRename, decideReturn} from './rename-decision.js';
import {
  type Containers,
  NAMING_KEYS,
  type RenameTarget,
  readContainers,
  renameTarget,
} from './rename-scope.js';
import type {RunOptions} from './run-options.js';
import {assertExpected, type PlannedVm} from './scope.js';
import {decided, untouched} from './vm-outcome.js';

/** What `rename` takes besides. */
export interface RenameOptions extends RunOptions {
  /** Name, full id, or the beginning of an id that no other container has. */
  readonly container: string;
  readonly newName: string;
  /** Seconds after which other renames take our claim for dead; 30 where it is left out. */
  readonly claimLease?: number | undefined;
}

/**
 * Does `docker rename` on a containerVM: hidden name, display name and own aliases in one `ReconfigVM_Task`, then the
 * links of other containers, each in its own. Rejects with docker's message where docker would refuse, with
 * VCH_ERR_RENAME_DISABLED on a legacy containerVM, and with VCH_ERR_LOCKED during an upgrade. The first VM
 * of the outcome is the renamed one.
 */
export async function renameContainer(session: Session, options: RenameOptions): Promise<RunOutcome> {
  const {container, newName} = options;
  assertRenameWords(container, newName);
  options.onProgress?.({type: 'phase', phase: 'find', total: null});
  const found = await findVch(session, options.vch);
  assertUnlocked(found.vch, found.vch.summary.lock);
  // Refused first without a claim: an order that cannot be carried out writes nothing at all.
  options.onProgress?.({type: 'phase', phase: 'read', total: found.vch.summary.containerVMs});
  const {oldName} = supported(await readContainers(session, found, NAMING_KEYS), options, found);
  const claim = {
    runId: options.runId,
    user: options.user,
    toolVersion: options.toolVersion,
    purpose: `${oldName} to ${newName}`,
    lease: options.claimLease,
    signal: options.signal,
    log: options.log,
  };
  return withRenameClaim(session, found.vch, claim, async (held) => {
    // Somebody whose turn came before ours may have changed anything.
    const containers = await readContainers(session, found, 'all');
    const target = supported(containers, options, found);
    return rename({session, options, found, containers, target, claim: held});
  });
}

function supported(containers: Containers, options: RenameOptions, {vch}: FoundVch): RenameTarget {
  assertExpected(containers.count, options.expect, vch);
  const target = renameTarget(containers.all, options.container, options.newName);
  const support = renameSupport(target.vm.config);
  if (support.class === 'disabled') throw renameUnsupported(target.oldName, support.reason);
  return target;
}

interface RenameParts {
  readonly session: Session;
  readonly options: RenameOptions;
  readonly found: FoundVch;
  readonly containers: Containers;
  readonly target: RenameTarget;
  readonly claim: RenameClaim;
}

async function rename(parts: RenameParts): Promise<RunOutcome> {
  const {target, claim, options} = parts;
  const convention = readConvention(claim.appliance.config[CONVENTION_KEY]);
  const renaming = {oldName: target.oldName, newName: options.newName, convention};
  const outcome = (vms: readonly VmOutcome[]): RunOutcome => ({
    vch: {...parts.found.vch.summary, containerVMs: parts.containers.count},
    vms,
    findings: [...conventionFindings(convention), ...unreadFindings(parts.containers, options.newName)],
    interrupted: vms.some(({error}) => hasCode(error, 'VCH_ERR_INTERRUPTED')),
  });
  const decide = decideRename(renaming);
  const decision = await decide(target.vm);
  if (decision.status !== 'pending') return outcome([decided(target.vm, decision)]);
  await claim.assertHeld();
  options.onProgress?.({type: 'phase', phase: 'commit', total: 1});
  const [written] = await commit(parts, decide, [planned(target.vm, decision)]);
  if (written?.status !== 'changed') return outcome(written === undefined ? [] : [written]);
  // What was written may have been decided anew on a later reading.
  const unchecked = await giveWay(parts, {...decision, changes: written.changes});
  const renamed = describe(parts, written, decision);
  const links = await renameLinks(parts, decideLinks(renaming));
  return outcome([{...renamed, findings: [...renamed.findings, ...unchecked]}, ...links]);
}

function unreadFindings({unread}: Containers, newName: string): readonly Finding[] {
  if (unread.length === 0) return [];
  const message = `the container names of ${unread.join(', ')} cannot be read; if one of them is ${newName}, that name is there twice`;
  return [{code: 'names-unread', message}];
}

function planned(vm: ReadableVm, decision: PendingDecision): PlannedVm {
  return {vm, decision, outcome: decided(vm, decision)};
}

function commit(
  {session, options}: RenameParts,
  decide: Decide,
  vms: readonly PlannedVm[],
): Promise<readonly VmOutcome[]> {
  const {parallelism, signal} = options;
  const onOutcome = (vm: VmOutcome) => options.onProgress?.({type: 'vm', vm});
  return commitAll({session, decide, keys: 'all', parallelism, signal, onOutcome}, vms);
}

/**
 * Looks again at all names, for docker knows nothing of our claim: a container that it made or renamed between our
 * reading and our write keeps the name, and this rename is taken back.
 */
async function giveWay(parts: RenameParts, written: PendingDecision): Promise<readonly Finding[]> {
  const {session, found, target, options} = parts;
  let containers: Containers;
  try {
    containers = await readContainers(session, found, NAMING_KEYS);
  } catch (error) {
    const message = `whether another container got the name meanwhile could not be read: ${toVchError(error).message}`;
    return [{code: 'not-checked-again', message}];
  }
  const holder = holderOf(options.newName, containers.all, target.container);
  if (holder === undefined) return [];
  const conflict = nameInUse(options.newName, holder.containerId);
  const left = await takeBack(parts, decideReturn(target.vm, written));
  const what = left === null ? 'the rename was taken back' : `the rename could not be taken back: ${left}`;
  throw new VchError(
    conflict.code,
    `${conflict.message} It got the name while this rename went on; ${what}. See vch-migrate audit`,
  );
}

/** Puts the container back; gives what kept it from that, if anything did. */
async function takeBack(parts: RenameParts, decide: Decide): Promise<string | null> {
  const {ref} = parts.target.vm;
  try {
    const vm = (await rereadVms(parts.session, [ref], 'all')).get(ref.value);
    if (vm?.status !== 'readable') return 'its VM cannot be read any more';
    const decision = await decide(vm);
    if (decision.status !== 'pending') return null;
    // Not by the signal that may have stopped the run: half a rename is worse than a late stop.
    const whole = {...parts, options: {...parts.options, signal: undefined}};
    const [outcome] = await commit(whole, decide, [planned(vm, decision)]);
    return outcome?.status === 'changed' ? null : (outcome?.error?.message ?? 'it is not known why');
  } catch (error) {
    return toVchError(error).message;
  }
}

/** The renamed VM as it stands now, and what a person should know of it. */
function describe(
  {claim, target, options}: RenameParts,
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

/** Lets the links of other containers follow; those that cannot are in the outcome with the reason. */
async function renameLinks(parts: RenameParts, decide: Decide): Promise<readonly VmOutcome[]> {
  const {containers, target} = parts;
  const pending: PlannedVm[] = [];
  const left: VmOutcome[] = [];
  for (const {reading, containerId} of containers.all) {
    if (containerId === target.vm.containerId || linksTo(reading.config, target.oldName).length === 0)
      continue;
    if (reading.status !== 'readable') {
      left.push(untouched(reading));
      continue;
    }
    const decision = await decide(reading);
    if (decision.status === 'pending') pending.push(planned(reading, decision));
    else left.push(decided(reading, decision));
  }
  if (pending.length === 0) return left;
  try {
    await parts.claim.assertHeld();
  } catch (error) {
    const stopped = toVchError(error);
    return [
      ...left,
      ...pending.map(({outcome}) => ({...outcome, status: 'not-attempted' as const, error: stopped})),
    ];
  }
  return [...(await commit(parts, decide, pending)), ...left];
}
