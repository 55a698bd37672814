import {lockState} from '../appliance/lease.js';
import type {ApplianceOutcome, RunOutcome, VmOutcome, VmStatus} from '../containers/outcome.js';
import {toVchError, type VchError} from '../errors.js';
import {APPLIANCE_VERSION_KEY, BUILD_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import {dataVersionOf} from '../migration/data-version.js';
import {rollbackCard} from './card.js';
import type {VchContext} from './context.js';
import type {PlannedAppliance} from './make-record.js';
import type {UpgradeOutcome, UpgradeResult} from './outcome.js';

/** What an outcome is made of. */
export interface Composing {
  /** `null` where nothing was planned anew, as in a rollback. */
  readonly planned: Pick<PlannedAppliance, 'appliance' | 'plan'> | null;
  readonly containers: RunOutcome;
  readonly checks: UpgradeOutcome['checks'];
  readonly result: UpgradeResult;
  readonly error: VchError | null;
  /** The appliance at the end; `null` where it could not be read, and left out where nothing was written. */
  readonly live?: Appliance | null;
}

/** A last look at the appliance, for the report; what cannot be seen is not guessed. */
export async function lookAt(context: VchContext): Promise<Appliance | null> {
  try {
    return await context.writer.read();
  } catch (error) {
    context.options.log.warn(`how ${context.label} stands now cannot be seen: ${toVchError(error).message}`);
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
export function compose(context: VchContext, parts: Composing): UpgradeOutcome {
  const {containers, checks, result, error} = parts;
  const record = context.locked ? context.record : null;
  // What is still pending in the end was not attempted: only a plan has pending ones.
  const vms = containers.vms.map((vm) => (result === 'planned' ? vm : notAttempted(vm)));
  return {
    vch: summaryOf(containers.vch, parts.live ?? null, context.label),
    vms: [applianceOutcome(context, parts), ...vms],
    findings: [...containers.findings, ...context.findings, ...leftBehind(parts)],
    interrupted: error?.code === 'VCH_ERR_INTERRUPTED',
    checks,
    upgrade: {
      result,
      error,
      run: record?.run ?? context.options.runId,
      phase: record?.phase ?? null,
      lockId: context.lock.wasTaken ? context.lock.id : null,
      snapshot: record?.snapshot ?? null,
      card: record === null ? [] : rollbackCard(context.vch, record),
    },
  };
}

/** The VCH as it is at the end, where it could be looked at. */
function summaryOf(vch: RunOutcome['vch'], live: Appliance | null, label: string): RunOutcome['vch'] {
  if (live === null) return vch;
  const {config, powerState} = live;
  const text = (key: string) => decodeValue(config[key] ?? '') || null;
  return {
    ...vch,
    build: text(BUILD_KEY.appliance),
    version: text(APPLIANCE_VERSION_KEY),
    dataVersion: versionOf(live),
    powerState,
    lock: lockState(config, label),
  };
}

function applianceOutcome({vch}: VchContext, {planned, result, error, live}: Composing): ApplianceOutcome {
  const plan = planned?.plan;
  const changes = plan === undefined ? [] : [...plan.changes, ...(plan.stamp === null ? [] : [plan.stamp])];
  const status =
    result === 'planned' && changes.length === 0 && plan?.cdrom == null ? 'unchanged' : STATUS[result];
  const shown = status === 'pending' || status === 'changed';
  return {
    id: vch.ref.value,
    kind: 'appliance',
    displayName: vch.summary.name,
    powerState:
      live === undefined
        ? (planned?.appliance.powerState ?? vch.summary.powerState)
        : (live?.powerState ?? null),
    dataVersion: live === undefined ? (plan?.dataVersion ?? vch.summary.dataVersion) : versionOf(live),
    status,
    applied: shown ? (plan?.applied ?? []) : [],
    changes: shown ? changes : [],
    findings: plan?.findings ?? [],
    error: status === 'failed' ? error : null,
  };
}

function versionOf(live: Appliance | null): number | null {
  const version = live === null ? null : dataVersionOf(live.config, 'appliance');
  return version?.status === 'valid' ? version.version : null;
}

function notAttempted(vm: VmOutcome): VmOutcome {
  return vm.status === 'pending' ? {...vm, status: 'not-attempted', applied: [], changes: []} : vm;
}

/** A rollback by itself puts the appliance back, and says what it leaves. */
function leftBehind({result, containers}: Composing): UpgradeOutcome['findings'] {
  const changed = containers.vms.filter(({status}) => status === 'changed').length;
  if (result !== 'as-before' || changed === 0) return [];
  const message =
    `${changed} containerVMs keep the hidden keys that this run gave them: the VCH of before does not read them, ` +
    'and the next upgrade finds them done; vch-migrate undo takes them back';
  return [{code: 'containers-keep-keys', message}];
}
