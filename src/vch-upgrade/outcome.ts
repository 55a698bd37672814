import {heldLabel, lockState} from '../appliance/upgrade-lock.js';
import type {AnyOutcome, ApplianceOutcome, RunOutcome, VmOutcome, VmStatus} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {counted} from '../counted.js';
import {toVchError, type VchError} from '../errors.js';
import {APPLIANCE_VERSION_KEY, BUILD_KEY} from '../extraconfig/keys.js';
import {textOf} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {APPLIANCE_STAMP, dataVersionOf} from '../migration/data-version.js';
import type {Check} from './checks/verdict.js';
import type {Outage, SeenOutage} from './outage.js';
import type {UpgradeRecord} from './record.js';
import {rollbackRunbook} from './runbook.js';
import {type AppliancePlan, allChanges} from './upgrade-appliance.js';
import type {LockedVch, VchTarget} from './vch-target.js';

/** Where an upgrade, its rollback or its resumption left the VCH. */
export type UpgradeResult =
  /** Every check allows it; nothing was written. */
  | 'planned'
  /** A check failed, or the user declined: nothing was written. */
  | 'not-started'
  /** The appliance needed no upgrade. */
  | 'unchanged'
  | 'upgraded'
  /** The appliance is as it was before. */
  | 'as-before'
  /** Appliance and containerVMs are as they were before. */
  | 'rolled-back'
  /** Stopped halfway: `resume` continues it, `rollback` undoes it. */
  | 'resumable'
  /** Halfway, and the tool could not recover. */
  | 'needs-person'
  | 'unlocked';

/** What a command over the VCH as a whole returns. */
export interface UpgradeOutcome extends AnyOutcome {
  readonly checks: readonly Check[];
  readonly upgrade: {
    readonly result: UpgradeResult;
    /** What stopped it. */
    readonly error: VchError | null;
    /** The run of the upgrade: a rollback of it has another one. */
    readonly run: string;
    readonly phase: string | null;
    readonly lockId: string | null;
    readonly snapshot: string | null;
    /** How to put the VCH back by hand, line by line. */
    readonly card: readonly string[];
    /** What the appliance was before the upgrade, and what the upgrade makes of it. */
    readonly before?: VicRelease | undefined;
    readonly target?: VicRelease | undefined;
    /** While the VCH was down, as far as this run saw it. */
    readonly outage?: SeenOutage | undefined;
  };
}

/** A release of VIC on an appliance. */
export type VicRelease = UpgradeRecord['from'];

/** Where a command has ended. What is left out does not exist. */
export interface Ending {
  readonly result: UpgradeResult;
  readonly error?: VchError | null;
  /** The rollback record. */
  readonly record?: UpgradeRecord;
  /** The record of an upgrade that has not begun: only its releases are shown. */
  readonly planned?: UpgradeRecord;
  readonly outage?: Outage | null;
  /** The lock that was taken. */
  readonly lockId?: string;
  /** A rollback has none. */
  readonly plan?: AppliancePlan;
  /** The last reading of the appliance; `null` if it could not be read at the end. */
  readonly appliance: Appliance | null;
  readonly containers: RunOutcome;
  readonly checks?: UpgradeOutcome['checks'];
}

/** Reads the appliance a last time, for the report; `null` if it cannot be read. */
export async function lookAt({writer, options, label, outage}: LockedVch): Promise<Appliance | null> {
  try {
    const appliance = await writer.read();
    if (appliance.powerState === 'poweredOff') outage?.off();
    return appliance;
  } catch (error) {
    options.log.warn(`the state of ${label} cannot be read now: ${toVchError(error).message}`);
    return null;
  }
}

const STATUS: Readonly<Record<UpgradeResult, VmStatus>> = {
  planned: 'pending',
  'not-started': 'not-attempted',
  unchanged: 'unchanged',
  upgraded: 'changed',
  'as-before': 'failed',
  'rolled-back': 'changed',
  resumable: 'failed',
  'needs-person': 'failed',
  unlocked: 'unchanged',
};

/** The outcome of a command over the VCH as a whole: its appliance first, then its containerVMs. */
export function outcomeOf(target: VchTarget<RunOptions>, ending: Ending): UpgradeOutcome {
  const {record, containers, checks = [], result, error = null, lockId = null, outage} = ending;
  const releases = record ?? ending.planned;
  // Only a plan has pending VMs: what is still pending at the end was not attempted.
  const vms = containers.vms.map((vm) => (result === 'planned' ? vm : notAttempted(vm)));
  return {
    vch: summaryOf(containers.vch, ending, target.label),
    vms: [applianceOutcome(target, ending), ...vms],
    findings: [...containers.findings, ...target.findings, ...leftBehind(ending)],
    interrupted: error?.code === 'VCH_ERR_INTERRUPTED',
    checks,
    upgrade: {
      result,
      error,
      run: record?.run ?? target.options.runId,
      phase: record?.phase ?? null,
      lockId,
      snapshot: record?.snapshot ?? null,
      card: record === undefined ? [] : rollbackRunbook(target.vch, record),
      ...(releases && {before: releases.from, target: releaseAfter(releases)}),
      ...(outage?.seen && {outage: outage.seen}),
    },
  };
}

/** Tells what an upgrade or its rollback is about, before its first step. */
export function tellAbout({options, vch, record}: LockedVch, {vms}: RunOutcome): void {
  const leftOut: Partial<Record<VmStatus, number>> = {};
  for (const {status} of vms)
    if (!['pending', 'unchanged', 'skipped'].includes(status)) leftOut[status] = (leftOut[status] ?? 0) + 1;
  const {from: before} = record;
  options.onProgress?.({
    ...{type: 'about', vch: vch.summary.name},
    ...{before, target: releaseAfter(record), leftOut},
  });
}

/** What an upgrade makes of the appliance; without an ISO file its data alone change. */
function releaseAfter({from, to}: UpgradeRecord): VicRelease {
  const {version, build} = to ?? from;
  return {version, build, dataVersion: Math.max(from.dataVersion, APPLIANCE_STAMP)};
}

/** Whether an upgrade that goes on from there has ISO files to upload. */
export function willUpload({phase, before, target}: UpgradeOutcome['upgrade']): boolean {
  const isNew = before?.build !== target?.build || before?.version !== target?.version;
  return isNew && (phase === 'locked' || phase === 'upload');
}

/** Asks for confirmation, and acts only if it is given. */
export async function agreed(
  {permit, confirm, signal}: Pick<RunOptions, 'permit' | 'confirm' | 'signal'>,
  planned: UpgradeOutcome,
  act: () => Promise<UpgradeOutcome>,
): Promise<UpgradeOutcome> {
  await permit?.(planned, willUpload(planned.upgrade));
  const answer = await confirm?.(planned);
  if (signal?.aborted) return {...notStarted(planned), interrupted: true};
  return answer === false ? notStarted(planned) : act();
}

/** The outcome of a plan that was not carried out. */
export function notStarted(planned: UpgradeOutcome): UpgradeOutcome {
  const vms = planned.vms.map((vm) =>
    notAttempted(vm.kind === 'appliance' ? {...vm, status: 'pending'} : vm),
  );
  return {...planned, vms, upgrade: {...planned.upgrade, result: 'not-started'}};
}

/** The VCH at the end. */
function summaryOf(
  vch: RunOutcome['vch'],
  {appliance, lockId, record}: Ending,
  label: string,
): RunOutcome['vch'] {
  if (appliance === null) return unseen(vch, lockId ?? null, record?.phase ?? null);
  const {config, powerState} = appliance;
  return {
    ...vch,
    build: textOf(config, BUILD_KEY.appliance),
    version: textOf(config, APPLIANCE_VERSION_KEY),
    dataVersion: dataVersionOf(appliance.config, 'appliance'),
    powerState,
    lock: lockState(config, heldLabel(label, powerState)),
  };
}

/** What the first reading said is no longer known. */
function unseen(vch: RunOutcome['vch'], lockId: string | null, phase: string | null): RunOutcome['vch'] {
  const text =
    'Whether the upgrade lock of this run still stands cannot be seen. See vch-migrate status when vCenter answers again.';
  const ours = {by: 'vch-migrate', owner: null, since: null, stopped: false, state: 'unknown', text} as const;
  const lock = lockId === null ? vch.lock : {held: true as const, lockId, phase, ...ours};
  return {...vch, build: null, version: null, dataVersion: null, powerState: null, lock};
}

function applianceOutcome(
  {vch}: VchTarget<RunOptions>,
  {plan, appliance, result, error = null}: Ending,
): ApplianceOutcome {
  const changes = plan === undefined ? [] : allChanges(plan);
  const nothingPlanned = result === 'planned' && changes.length === 0 && !plan?.cdrom;
  const status = nothingPlanned ? 'unchanged' : STATUS[result];
  const shown = status === 'pending' || status === 'changed';
  return {
    id: vch.ref.value,
    kind: 'appliance',
    displayName: vch.summary.name,
    powerState: appliance?.powerState ?? null,
    dataVersion: appliance && dataVersionOf(appliance.config, 'appliance'),
    status,
    applied: shown ? (plan?.applied ?? []) : [],
    changes: shown ? changes : [],
    findings: plan?.findings ?? [],
    error: status === 'failed' ? error : null,
  };
}

function notAttempted<Vm extends VmOutcome | ApplianceOutcome>(vm: Vm): Vm {
  return vm.status === 'pending' ? {...vm, status: 'not-attempted', applied: [], changes: []} : vm;
}

/** An automatic rollback restores the appliance only. */
function leftBehind({result, containers}: Ending): UpgradeOutcome['findings'] {
  const changed = containers.vms.filter(({status}) => status === 'changed').length;
  if (result !== 'as-before' || changed === 0) return [];
  const message =
    `${counted(changed, 'containerVM')} ${changed === 1 ? 'keeps' : 'keep'} the hidden keys that this run wrote: the older version does not read them, ` +
    'and the next upgrade finds them already written; vch-migrate undo removes them';
  return [{code: 'containers-keep-keys', message}];
}
