import {ApplianceWriter} from '../appliance/appliance-writer.js';
import type {Journal, SideEffect} from '../appliance/journal.js';
import type {Lease} from '../appliance/lease.js';
import type {StepGroup} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {toVchError} from '../errors.js';
import {type FoundVch, findVch} from '../inventory/find-vch.js';
import type {Vch} from '../inventory/vch.js';
import type {IsoInfo} from '../iso/iso-info.js';
import type {Finding} from '../migration/finding.js';
import {untilStopped} from '../stopping.js';
import {isNotOffered} from '../vim25/faults.js';
import {isSilence} from '../vim25/retry.js';
import type {Session} from '../vim25/session.js';
import {logUserEvent} from '../vim25/virtual-machine.js';
import type {ProbeDocker} from './docker-endpoint.js';
import type {Outage} from './outage.js';
import type {UpgradeRecord} from './record.js';

/** What the commands over the VCH as a whole take. */
export interface VchOptions extends RunOptions {
  /** Milliseconds until the appliance must be ready after power-on. */
  readonly timeout: number;
  readonly journal?: Journal | undefined;
  /** Seconds within which the lock's owner shows a sign of life; 120. */
  readonly lease?: number | undefined;
  /** Milliseconds the guest has to shut down before its power is cut; 60,000. */
  readonly shutdownGrace?: number | undefined;
  /** Milliseconds between two readings of a starting appliance; 1,000. */
  readonly poll?: number | undefined;
  /** Probes the docker endpoint; by default over the network. */
  readonly probeDocker?: ProbeDocker | undefined;
  /** Local ISO files. */
  readonly applianceIso?: IsoInfo | undefined;
  readonly bootstrapIso?: IsoInfo | undefined;
}

/** What `rollback` takes besides. */
export interface RollbackOptions extends VchOptions {
  /** Roll back although something that was changed since the upgrade is lost, with nobody to ask. */
  readonly discardChanges?: boolean | undefined;
}

/** What `upgrade` also takes. */
export interface UpgradeOptions extends VchOptions {
  /** Upgrade although the ISO's build is not newer than the VCH's. */
  readonly skipVersionCheck?: boolean | undefined;
  /** Upgrade although the two ISOs are of different versions. */
  readonly skipIsoCheck?: boolean | undefined;
  /** Change the data alone, without ISO files: for a VCH that boots the new version already. */
  readonly dataOnly?: boolean | undefined;
  /** Check and plan only. */
  readonly dryRun?: boolean | undefined;
}

/** What `check` takes: the options of an upgrade that can be checked beforehand. */
export type CheckOptions = RunOptions &
  Pick<
    UpgradeOptions,
    'timeout' | 'shutdownGrace' | 'applianceIso' | 'bootstrapIso' | 'skipVersionCheck' | 'skipIsoCheck'
  >;

/** What `unlock` takes. */
export interface UnlockOptions extends RunOptions {
  /** Only this lock. */
  readonly lockId?: string | undefined;
}

/** A VCH that a command works on, without a lock. */
export interface VchTarget<Options extends RunOptions = VchOptions> {
  readonly session: Session;
  readonly found: FoundVch;
  readonly vch: Vch;
  /** `vch1 (vm-12)` */
  readonly label: string;
  readonly options: Options;
  readonly writer: ApplianceWriter;
  /** What `addFinding` has added. */
  readonly findings: readonly Finding[];
  /** Notes in the journal what is about to be done. */
  note(effect: SideEffect): void;
  /** Adds a finding to the report, unless it is there. */
  addFinding(code: string, message: string): void;
}

/** A VCH under this process's upgrade lock: what the steps of an upgrade and of a rollback work on. */
export interface LockedVch extends VchTarget {
  readonly lock: Lease<UpgradeRecord>;
  /** The rollback record as the lock has it. */
  readonly record: UpgradeRecord;
  /** While the VCH was down; `null` for one that was powered off before. */
  readonly outage: Outage | null;
  /** Shows in the progress display that a step begins. */
  showStep(step: string, how?: {readonly total?: number; readonly group?: StepGroup}): void;
  /** Throws VCH_ERR_LOCK_LOST unless lock and flag are still ours. Call it right before an irreversible action. */
  assertOurs(): Promise<void>;
}

/** Finds the VCH that a command works on. */
export async function openVch<Options extends RunOptions & {readonly journal?: Journal | undefined}>(
  session: Session,
  options: Options,
): Promise<VchTarget<Options>> {
  options.onProgress?.({type: 'phase', phase: 'find', total: null, group: 'Check and plan'});
  const count = (done: number) => options.onProgress?.({type: 'progress', done, total: null});
  const found = await untilStopped(options.signal, () =>
    findVch(session, options.vch, count, options.inventory),
  );
  options.onProgress?.({type: 'about', vch: found.vch.summary.name});
  const note = (effect: SideEffect) => options.journal?.(effect);
  const writer = new ApplianceWriter(session, found.vch, note);
  const findings: Finding[] = [];
  return {
    ...{session, found, vch: found.vch, label: writer.label, options, writer, findings, note},
    addFinding(code, message) {
      if (findings.some((known) => known.code === code && known.message === message)) return;
      findings.push({code, message});
      options.log.warn(message);
    },
  };
}

/** Does what the command can do without: a failure becomes a finding, and `null` is returned. */
export async function orFinding<T>(
  target: VchTarget,
  code: string,
  message: (reason: string) => string,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    // Not before vCenter answers can it be told.
    if (isSilence(target.session, error)) throw error;
    target.addFinding(code, message(toVchError(error).message));
    return null;
  }
}

/** Writes a line to the appliance's event log. Nothing depends on it: a user may lack Global.LogEvent. */
export async function logEvent(locked: LockedVch, what: string): Promise<void> {
  const {session, vch, options, record} = locked;
  const change = record.changeId === null ? '' : `, change ${record.changeId}`;
  const message = `vch-migrate: ${what}; run ${record.run}${change}, by ${options.user}`;
  locked.note({effect: 'LogUserEvent', object: vch.ref.value, detail: message});
  try {
    await logUserEvent(session, vch.ref, message);
  } catch (error) {
    const failure = toVchError(error);
    const text = `"${what}" could not be written to the event log of ${locked.label}: ${failure.message}`;
    // Some servers, such as vcsim, offer no user events.
    if (isNotOffered(failure)) options.log.debug(text);
    else locked.addFinding('event-not-logged', text);
  }
}
