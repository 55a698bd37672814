import {VchError} from '../errors.js';
import {unsendable} from '../extraconfig/characters.js';
import {Draft} from '../extraconfig/draft.js';
import type {Change} from '../extraconfig/extra-config.js';
import {isPattern, LEDGER_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {acceptDataVersion} from './data-version.js';
import type {Decision} from './decision.js';
import {finding} from './finding.js';
import {gapError, historyFault, lostLedger, readHistory} from './history.js';
import {
  digest,
  encodeLedger,
  LEDGER_LIMIT,
  type Ledger,
  type LedgerEntry,
  ledgerSizeError,
  mustWithhold,
} from './ledger.js';
import {nameFindings} from './names.js';
import {pluginId} from './plugin.js';
import type {PluginRegistry} from './registry.js';
import {
  type AppliedPlugin,
  type MigrationContext,
  type MigrationStorage,
  runUp,
  TIME_LIMIT,
} from './runner.js';
import {govcVm, type RunInfo, type VmInput, vmLabel} from './vm.js';

export type {RunInfo, VmInput} from './vm.js';

interface PlanOptions {
  /** Milliseconds a plugin has for this VM. */
  readonly timeLimit?: number | undefined;
  /** A snapshot can restore the VM, so its ledger may leave values out if they do not fit. */
  readonly mayBeBrief?: boolean;
}

/** Plans one VM: which plugins are due, what they change, and the ledger that records it. Writes nothing. */
export async function planVm(
  registry: PluginRegistry,
  input: VmInput,
  run: RunInfo,
  {timeLimit = TIME_LIMIT, mayBeBrief = false}: PlanOptions = {},
): Promise<Decision> {
  const {config, target} = input;
  const label = vmLabel(input);
  const vm = govcVm(input);
  const dataVersion = acceptDataVersion(config, target, {label, vm});
  if (dataVersion instanceof VchError) return {status: 'refused', error: dataVersion, findings: []};
  const findings = nameFindings(target, config, dataVersion);
  if (lostLedger(input, dataVersion)) {
    const message = `${RENAME_DISABLED_KEY} is set, but ${LEDGER_KEY} is gone: undo cannot remove the mark`;
    findings.push(finding('ledger-missing', message));
  }
  const past = readHistory(input);
  if (past.status !== 'known') return {status: 'refused', error: past.error, findings};
  findings.push(...past.findings);
  const fault = past.ledger === null ? null : historyFault(registry, input, past.ledger);
  if (fault !== null) return {status: 'refused', error: fault, findings};

  const due = registry.persisted(target).filter((plugin) => plugin.version > dataVersion);
  const context: MigrationContext = {draft: new Draft(config), dataVersion, label, vm, applied: [], findings};
  const storage = ledgerStorage(input, past.ledger, run, mayBeBrief);
  const stopped = await runUp(due, context, {timeLimit, refusal: 'stops'}, storage);
  if (stopped !== null) return {...stopped, findings};
  if (context.applied.length > 0) context.draft.setRaw(LEDGER_KEY, encodeLedger(storage.ledger()));
  const all = context.draft.changes();
  const changes = all.filter(({key}) => key !== LEDGER_KEY);
  const ledger = all.find(({key}) => key === LEDGER_KEY);
  // Plugins that cancel each other out leave an entry but no change. Then nothing is written, not even a ledger.
  if (changes.length === 0 || ledger === undefined) return {status: 'unchanged', findings};
  const error =
    outOfOrder(input, past.ledger, context) ??
    unsendableError(label, changes) ??
    ledgerSizeError(ledger.after ?? '', label);
  if (error !== null) return {status: 'refused', error, findings};
  const applied = context.applied.map(({plugin}) => pluginId(plugin));
  return {status: 'pending', applied, changes, ledger, findings};
}

function outOfOrder(input: VmInput, past: Ledger | null, {applied}: MigrationContext): VchError | null {
  for (const {plugin} of applied) {
    const above = past?.applied.filter(({version}) => version > plugin.version) ?? [];
    if (above.length > 0) return gapError(input, plugin, above);
  }
  return null;
}

function unsendableError(label: string, changes: readonly Change[]): VchError | null {
  for (const {key, after} of changes) {
    const reason = unsendable(key) ?? unsendable(after ?? '');
    if (reason === null) continue;
    return new VchError(
      'VCH_ERR_TRANSPORT',
      `${label}: the new value of ${key} cannot be sent: ${reason}. Nothing was written. Correct the value it comes from, ` +
        'then run `vch-migrate plan` again',
    );
  }
  return null;
}

/** umzug's storage, in the VM itself: data and ledger are one draft, and are sent in one write. */
function ledgerStorage(
  {id, instanceUuid}: VmInput,
  past: Ledger | null,
  {runId, time, user, changeId, toolVersion}: RunInfo,
  mayBeBrief: boolean,
): MigrationStorage & {readonly ledger: () => Ledger} {
  // Everything in the order in which a ledger is written.
  const run = {...(changeId === undefined ? {} : {changeId}), time, tool: toolVersion, user};
  let ledger: Ledger = past ?? {applied: [], id, instanceUuid, runs: {}};
  return {
    ledger: () => ledger,
    executed: async () => ledger.applied.map((entry) => entry.id),
    logMigration: async ({name, context}) => {
      const applied = context.applied.at(-1);
      // A plugin that changed nothing leaves no entry: a ledger is never written alone.
      if (applied === undefined || pluginId(applied.plugin) !== name) return;
      const entry = entryOf(applied, context, {runId, time});
      const runs = {...ledger.runs, [runId]: run};
      const whole = {...ledger, runs, applied: [...ledger.applied, entry]};
      ledger = mayBeBrief ? fitting(whole, runId) : whole;
    },
    unlogMigration: async () => {},
  };
}

/**
 * A ledger without values, of this run or of all, if it would be too long with them: an appliance with many registries has
 * more keys than fit.
 */
function fitting(ledger: Ledger, runId: string): Ledger {
  const brief = (isBrief: (entry: LedgerEntry) => boolean) => ({
    ...ledger,
    applied: ledger.applied.map((entry) =>
      isBrief(entry) ? {...entry, before: {}, after: {}, seen: {}} : entry,
    ),
  });
  const fits = (one: Ledger) => encodeLedger(one).length <= LEDGER_LIMIT;
  return [ledger, brief(({run}) => run === runId)].find(fits) ?? brief(() => true);
}

/** What a ledger keeps of an applied plugin, without secrets. */
function entryOf(
  {plugin, before}: AppliedPlugin,
  {draft, dataVersion}: MigrationContext,
  {runId, time}: Pick<RunInfo, 'runId' | 'time'>,
): LedgerEntry {
  const {version, revision} = plugin;
  const seen = [...plugin.keys, ...plugin.reads].filter((key) => !isPattern(key) && !before.has(key));
  const digests = (keys: readonly string[]) =>
    Object.fromEntries(keys.map((key) => [key, digest(draft.raw(key))]));
  return {
    after: digests([...before.keys()]),
    before: Object.fromEntries(
      [...before].map(([key, raw]) => [
        key,
        raw !== null && mustWithhold(key, raw) ? {sha256: digest(raw)} : raw,
      ]),
    ),
    dataVersion,
    id: pluginId(plugin),
    revision,
    run: runId,
    seen: digests(seen),
    time,
    version,
  };
}
