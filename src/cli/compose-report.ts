import type {AnyOutcome, ApplianceOutcome, VchSummary, VmOutcome} from '../containers/outcome.js';
import type {VchError} from '../errors.js';
import {OWN_PREFIX} from '../extraconfig/keys.js';
import {maskText, maskValue} from '../extraconfig/mask.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {pluginId} from '../migration/plugin.js';
import type {PluginRegistry} from '../migration/registry.js';
import {CANNOT_SHOW} from '../rehearsal/limits.js';
import type {Played, Rehearsal} from '../rehearsal/rehearse.js';
import {
  type Report,
  type ReportChange,
  type ReportError,
  type ReportFinding,
  type ReportRelease,
  type ReportStep,
  type ReportTool,
  type ReportUpgrade,
  type ReportVch,
  type ReportVm,
  summarize,
} from '../report/report.js';
import type {UpgradeOutcome} from '../vch-upgrade/outcome.js';
import type {SettingsSource} from './option.js';

/** Removes secrets from a text. */
type Redact = (text: string) => string;

interface RunFacts extends Pick<Report, 'command' | 'runId' | 'changeId' | 'target'> {
  readonly steps: readonly ReportStep[];
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly toolVersion: string;
  readonly registry: PluginRegistry;
  readonly settings: readonly SettingsSource[];
}

/** The report of an outcome, without its next step: values masked, keys in the contract's order. */
export function composeReport(
  outcome: AnyOutcome & Partial<UpgradeOutcome & {readonly rehearsal: Rehearsal}>,
  {command, runId, changeId, startedAt, finishedAt, toolVersion, target, registry, steps, settings}: RunFacts,
  redact: Redact,
): Omit<Report, 'next'> {
  const {checks, upgrade, rehearsal} = outcome;
  const vms = outcome.vms.map((vm) => composeVm(vm, redact));
  return {
    schema: 'vch-migrate/report/v1',
    command,
    runId,
    changeId,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt.toISOString(),
    tool: composeTool(toolVersion),
    target,
    vch: composeVch(outcome.vch),
    plugins: registry.persisted('container').map((plugin) => ({
      id: pluginId(plugin),
      version: plugin.version,
      target: plugin.target,
      summary: plugin.summary,
    })),
    summary: summarize(vms),
    vms,
    findings: outcome.findings.map((finding) => composeFinding(finding, redact)),
    steps,
    ...(checks && {checks: checks.map((check) => ({...check, message: redact(check.message)}))}),
    ...(upgrade && {
      upgrade: composeUpgrade(upgrade, redact),
    }),
    ...(outcome.compared && {compared: outcome.compared}),
    ...(rehearsal && {rehearsal: composeRehearsal(rehearsal, redact)}),
    ...(settings.length > 0 && {settings}),
    interrupted: outcome.interrupted,
  };
}

function composeUpgrade(
  {before, target, outage, ...upgrade}: UpgradeOutcome['upgrade'],
  redact: Redact,
): ReportUpgrade {
  return {
    ...upgrade,
    error: upgrade.error && composeError(upgrade.error, redact),
    card: upgrade.card.map(maskText),
    ...(before && {before: composeRelease(before)}),
    ...(target && {target: composeRelease(target)}),
    ...(outage && {
      outage: {
        from: outage.from.toISOString(),
        ...(outage.to && {to: outage.to.toISOString()}),
      },
    }),
  };
}

function composeRelease({version, build, dataVersion}: ReportRelease): ReportRelease {
  return {version, build, dataVersion};
}

function composeRehearsal(
  {times, upgrade, rollback, failures}: Rehearsal,
  redact: Redact,
): NonNullable<Report['rehearsal']> {
  const played = ({result, error, took, outage}: Played) => ({
    result,
    error: error && composeError(error, redact),
    took: Math.round(took),
    outage: outage === null ? null : Math.round(outage),
  });
  return {
    taskTime: times.task,
    taskTimeFrom: times.taskFrom,
    bootTime: times.boot,
    upgrade: played(upgrade),
    rollback: rollback === undefined ? null : played(rollback),
    differing: rollback?.differing ?? [],
    failures: failures.map((failure) => ({
      ...failure,
      upgrade: played(failure.upgrade),
      repair: failure.repair && played(failure.repair),
    })),
    cannotShow: CANNOT_SHOW,
  };
}

/** This tool, as reports name it. */
export function composeTool(version: string): ReportTool {
  return {name: 'vch-migrate', version, dataVersion: HIGHEST_DATA_VERSION};
}

/** A VCH, as reports and listings show it. */
export function composeVch({name, id, dataVersion, build, ownName, ...others}: VchSummary): ReportVch {
  return {name: maskText(name), id, dataVersion, build, ownName: ownName && maskText(ownName), ...others};
}

/** An error, as reports show it. */
function composeError(error: VchError, redact: Redact): ReportError {
  return {
    code: error.code,
    message: redact(error.message),
    ...(error.fault === undefined ? {} : {fault: error.fault}),
  };
}

function composeVm(vm: VmOutcome | ApplianceOutcome, redact: Redact): ReportVm {
  const container = vm.kind === 'container' ? vm : undefined;
  return {
    id: vm.id,
    kind: vm.kind,
    displayName: maskText(vm.displayName),
    containerId: container?.containerId ?? null,
    containerName: container?.containerName == null ? null : maskText(container.containerName),
    powerState: vm.powerState,
    dataVersion: vm.dataVersion,
    // The contract has this field for every VM. An appliance is never renamed by docker, and nothing forbids it.
    rename: container?.rename ?? 'supported',
    status: vm.status,
    applied: vm.applied,
    changes: vm.changes.filter(({key}) => !key.startsWith(OWN_PREFIX)).map(maskChange),
    findings: vm.findings.map((finding) => composeFinding(finding, redact)),
    error: vm.error && composeError(vm.error, redact),
    ...(container?.history === undefined ? {} : {history: container.history}),
    ...(container?.pending === undefined ? {} : {pending: container.pending}),
  };
}

function composeFinding({code, message, actions}: Finding, redact: Redact): ReportFinding {
  return {code, message: redact(message), ...(actions && {actions: [...actions]})};
}

function maskChange({key, before, after}: ReportChange): ReportChange {
  const mask = (raw: string | null) => (raw === null ? null : maskValue(key, raw));
  return {key, before: mask(before), after: mask(after)};
}
