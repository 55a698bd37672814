import {lockState} from '../appliance/upgrade-lock.js';
import type {AnyOutcome, ApplianceOutcome, RunOutcome, VmOutcome, VmStatus} from '../containers/outcome.js';
import type {RunOptions} from '../containers/run-options.js';
import {toVchError, type VchError} from '../errors.js';
import {APPLIANCE_VERSION_KEY, BUILD_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {dataVersionOf} from '../migration/data-version.js';
import type {Check} from './checks/verdict.js';
import type {VchTarget} from './context.js';
import type {UpgradeRecord} from './record.js';
import {rollbackRunbook} from './runbook.js';
import type {AppliancePlan} from './upgrade-appliance.js';

/** Where an upgrade, its rollback or its resumption has left the VCH. */
export type UpgradeResult =
  /** Everything that could be known speaks for it; nothing was written. */
  | 'planned'
  /** A check failed, or nobody wanted it: nothing was written. */
  | 'not-started'
  /** There was nothing to upgrade on the appliance. */
  | 'unchanged'
  | 'upgraded'
  /** The appliance is as it was before. */
  | 'as-before'
  /** Appliance and containerVMs are as they were before. */
  | 'rolled-back'
  /** Stopped on the way; `resume` goes on, `rollback` takes it back. */
  | 'resumable'
  /** Half-done, and the tool could not help itself. */
  | 'needs-person'
  | 'unlocked';

/** What a command over the VCH as a whole came to. */
export interface UpgradeOutcome extends AnyOutcome {
  readonly checks: readonly Check[];
  readonly upgrade: {
    readonly result: UpgradeResult;
    /** What stopped it. */
    readonly error: VchError | null;
    /** The run whose upgrade it is about: that of a rollback is another one. */
    readonly run: string;
    readonly phase: string | null;
    readonly lockId: string | null;
    readonly snapshot: string | null;
    /** How to put the VCH back by hand, line by line. */
    readonly card: readonly string[];
  };
}

/** What an outcome is made of. */
export interface OutcomeParts {
  /** The rollback record; `null` where there is none. */
  readonly record: UpgradeRecord | null;
  /** The lock that was taken; `null` where none was. */
  readonly lockId: string | null;
  /** `null` where nothing was planned anew, as in a rollback. */
  readonly plan: AppliancePlan | null;
  /** The last reading of the appliance; `null` where it could not be read at the end. */
  readonly appliance: Appliance | null;
  readonly containers: RunOutcome;
  readonly checks: UpgradeOutcome['checks'];
  readonly result: UpgradeResult;
  readonly error: VchError | null;
}

/** A last look at the appliance, for the report; what cannot be seen is not guessed. */
export async function lookAt({writer, options, label}: VchTarget): Promise<Appliance | null> {
  try {
    return await writer.read();
  } catch (error) {
    options.log.warn(`how ${label} stands now cannot be seen: ${toVchError(error).message}`);
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
export function outcomeOf(target: VchTarget<RunOptions>, parts: OutcomeParts): UpgradeOutcome {
  const {record, containers, checks, result, error} = parts;
  // What is still pending in the end was not attempted: only a plan has pending ones.
  const vms = containers.vms.map((vm) => (result === 'planned' ? vm : notAttempted(vm)));
  return {
    vch: summaryOf(containers.vch, parts.appliance, target.label),
    vms: [applianceOutcome(target, parts), ...vms],
    findings: [...containers.findings, ...target.findings, ...leftBehind(parts)],
    interrupted: error?.code === 'VCH_ERR_INTERRUPTED',
    checks,
    upgrade: {
      result,
      error,
      run: record?.run ?? target.options.runId,
      phase: record?.phase ?? null,
      lockId: parts.lockId,
      snapshot: record?.snapshot ?? null,
      card: record === null ? [] : rollbackRunbook(target.vch, record),
    },
  };
}

/** Asks, and acts if the answer is yes. Otherwise nothing is written. */
export async function agreed(
  {confirm, signal}: Pick<RunOptions, 'confirm' | 'signal'>,
  planned: UpgradeOutcome,
  act: () => Promise<UpgradeOutcome>,
): Promise<UpgradeOutcome> {
  const answer = await confirm?.(planned);
  if (signal?.aborted) return {...notStarted(planned), interrupted: true};
  return answer === false ? notStarted(planned) : act();
}

/** A planned outcome of which nothing was carried out. */
export function notStarted(planned: UpgradeOutcome): UpgradeOutcome {
  const vms = planned.vms.map((vm) =>
    notAttempted(vm.kind === 'appliance' ? {...vm, status: 'pending'} : vm),
  );
  return {...planned, vms, upgrade: {...planned.upgrade, result: 'not-started'}};
}

/** The VCH as it is at the end, where it could be looked at. */
function summaryOf(vch: RunOutcome['vch'], appliance: Appliance | null, label: string): RunOutcome['vch'] {
  if (appliance === null) return vch;
  const {config, powerState} = appliance;
  const text = (key: string) => decodeValue(config[key] ?? '') || null;
  return {
    ...vch,
    build: text(BUILD_KEY.appliance),
    version: text(APPLIANCE_VERSION_KEY),
    dataVersion: dataVersionOf(appliance.config, 'appliance'),
    powerState,
    lock: lockState(config, label),
  };
}

function applianceOutcome(
  {vch}: Pick<VchTarget, 'vch'>,
  {plan, appliance, result, error}: OutcomeParts,
): ApplianceOutcome {
  const changes = plan === null ? [] : [...plan.changes, ...(plan.stamp === null ? [] : [plan.stamp])];
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

/** An automatic rollback puts the appliance back, and says what it leaves. */
function leftBehind({result, containers}: OutcomeParts): UpgradeOutcome['findings'] {
  const changed = containers.vms.filter(({status}) => status === 'changed').length;
  if (result !== 'as-before' || changed === 0) return [];
  const message =
    `${changed} containerVMs keep the hidden keys that this run gave them: the VCH of before does not read them, ` +
    'and the next upgrade finds them done; vch-migrate undo takes them back';
  return [{code: 'containers-keep-keys', message}];
}
