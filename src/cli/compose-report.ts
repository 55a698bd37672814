import type {AnyOutcome, ApplianceOutcome, VchSummary, VmOutcome} from '../containers/outcome.js';
import type {VchError} from '../errors.js';
import {OWN_PREFIX} from '../extraconfig/keys.js';
import {maskText, maskValue} from '../extraconfig/mask.js';
import {HIGHEST_DATA_VERSION} from '../migration/data-version.js';
import type {Finding} from '../migration/finding.js';
import {pluginId} from '../migration/plugin.js';
import type {PluginRegistry} from '../migration/registry.js';
import {
  type Report,
  type ReportChange,
  type ReportCommand,
  type ReportError,
  type ReportFinding,
  type ReportStep,
  type ReportTarget,
  type ReportTool,
  type ReportUpgrade,
  type ReportVch,
  type ReportVm,
  summarize,
} from '../report/report.js';
import type {UpgradeOutcome} from '../vch-upgrade/outcome.js';

/** Takes secrets out of a text. */
export type Redact = (text: string) => string;

export interface ComposeOptions {
  readonly command: ReportCommand;
  readonly runId: string;
  readonly changeId: string | undefined;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly steps: readonly ReportStep[];
  readonly toolVersion: string;
  readonly target: ReportTarget;
  readonly registry: PluginRegistry;
  readonly redact: Redact;
  /** What to do next, decided on the rest of the report. */
  readonly next: (report: Omit<Report, 'next'>) => string;
}

/** What a run came to, as the report that people and programs get: values masked, keys in the contract's order. */
export function composeReport(
  outcome: AnyOutcome & Partial<UpgradeOutcome>,
  options: ComposeOptions,
): Report {
  const {redact} = options;
  const vms = outcome.vms.map((vm) => composeVm(vm, redact));
  const report: Omit<Report, 'next'> = {
    schema: 'vch-migrate/report/v1',
    command: options.command,
    runId: options.runId,
    changeId: options.changeId ?? null,
    startedAt: options.startedAt.toISOString(),
    finishedAt: options.finishedAt.toISOString(),
    tool: composeTool(options.toolVersion),
    target: options.target,
    vch: composeVch(outcome.vch),
    plugins: options.registry.persisted('container').map((plugin) => ({
      id: pluginId(plugin),
      version: plugin.version,
      target: plugin.target,
      summary: plugin.summary,
    })),
    summary: summarize(vms),
    vms,
    findings: outcome.findings.map((finding) => composeFinding(finding, redact)),
    steps: options.steps,
    ...(outcome.checks === undefined
      ? {}
      : {checks: outcome.checks.map((check) => ({...check, message: redact(check.message)}))}),
    ...(outcome.upgrade === undefined ? {} : {upgrade: composeUpgrade(outcome.upgrade, redact)}),
    interrupted: outcome.interrupted,
  };
  return {...report, next: options.next(report)};
}

function composeUpgrade(upgrade: UpgradeOutcome['upgrade'], redact: Redact): ReportUpgrade {
  return {
    result: upgrade.result,
    error: upgrade.error === null ? null : composeError(upgrade.error, redact),
    run: upgrade.run,
    phase: upgrade.phase,
    lockId: upgrade.lockId,
    snapshot: upgrade.snapshot,
    card: upgrade.card.map(maskText),
  };
}

/** This tool, as reports name it. */
export function composeTool(version: string): ReportTool {
  return {name: 'vch-migrate', version, dataVersion: HIGHEST_DATA_VERSION};
}

/** A VCH, as reports and listings show it. */
export function composeVch(vch: VchSummary): ReportVch {
  return {
    name: maskText(vch.name),
    id: vch.id,
    dataVersion: vch.dataVersion,
    build: vch.build,
    ownName: vch.ownName === null ? null : maskText(vch.ownName),
    version: vch.version,
    powerState: vch.powerState,
    computeResource: vch.computeResource,
    containerVMs: vch.containerVMs,
    lock: vch.lock,
  };
}

/** An error, as reports and failures show it. */
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
    // The contract has these fields for every VM; docker renames no appliance, and nothing forbids it.
    rename: container?.rename ?? 'supported',
    status: vm.status,
    applied: vm.applied,
    changes: vm.changes.filter(({key}) => !key.startsWith(OWN_PREFIX)).map(maskChange),
    findings: vm.findings.map((finding) => composeFinding(finding, redact)),
    error: vm.error === null ? null : composeError(vm.error, redact),
    ...(container?.history === undefined ? {} : {history: container.history}),
    ...(container?.pending === undefined ? {} : {pending: container.pending}),
  };
}

function composeFinding({code, message}: Finding, redact: Redact): ReportFinding {
  return {code, message: redact(message)};
}

function maskChange({key, before, after}: ReportChange): ReportChange {
  const mask = (raw: string | null) => (raw === null ? null : maskValue(key, raw));
  return {key, before: mask(before), after: mask(after)};
}
