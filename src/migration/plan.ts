import {VchError} from '../errors.js';
import {unsendable} from '../extraconfig/characters.js';
import {Draft} from '../extraconfig/draft.js';
import type {Change} from '../extraconfig/extra-config.js';
import {isPattern, LEDGER_KEY, RENAME_DISABLED_KEY} from '../extraconfig/keys.js';
import {acceptDataVersion} from './data-version.js';
import {type Finding, finding} from './finding.js';
import {gapError, historyFault, lostLedger, readHistory} from './history.js';
import {
  digest,
  encodeLedger,
  LEDGER_LIMIT,
  type Ledger,
  type LedgerEntry,
  ledgerSizeError,
  mustWithhold,
  type Withheld,
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

/** What `apply` would do to one VM. */
export type VmPlan =
  | {readonly status: 'unchanged'; readonly dataVersion: number; readonly findings: readonly Finding[]}
  | {
      readonly status: 'pending';
      readonly dataVersion: number;
      /** Ids of the plugins that change something. */
      readonly applied: readonly string[];
      /** Sorted by key, without the ledger. */
      readonly changes: readonly Change[];
      readonly ledger: Change;
      readonly findings: readonly Finding[];
    }
  | {
      readonly status: 'refused' | 'failed';
      /** `null` if it is not a number. */
      readonly dataVersion: number | null;
      readonly error: VchError;
      readonly findings: readonly Finding[];
    };

export interface PlanOptions {
  /** Milliseconds a plugin has for this VM. */
  readonly timeLimit?: number | undefined;
  /** A snapshot can restore the VM, so its ledger may leave values out if they do not fit. */
  readonly mayBeBrief?: boolean | undefined;
}

/** Plans one VM: which plugins are due, what they change, and the ledger that records it. Writes nothing. */
export async function planVm(
  registry: PluginRegistry,
  input: VmInput,
  run: RunInfo,
  options: PlanOptions = {},
): Promise<VmPlan> {
  const label = vmLabel(input);
  const accepted = acceptDataVersion(input.config, input.target, {label, vm: govcVm(input)});
  if (accepted.status === 'refused') {
    return {status: 'refused', dataVersion: accepted.version, error: accepted.error, findings: []};
  }
  const dataVersion = accepted.version;
  const findings = nameFindings(input.target, input.config, dataVersion);
  if (lostLedger(input, dataVersion)) {
    findings.push(
      finding(
        'ledger-missing',
        `${RENAME_DISABLED_KEY} is set, but ${LEDGER_KEY} is gone: undo cannot remove the mark`,
      ),
    );
  }
  const past = readHistory(input);
  if (past.status !== 'known') return {status: 'refused', dataVersion, error: past.error, findings};
  const fault = past.ledger === null ? null : historyFault(registry, input, past.ledger);
  if (fault !== null) return {status: 'refused', dataVersion, error: fault, findings};

  const due = registry.persisted(input.target).filter((plugin) => plugin.version > dataVersion);
  const context: MigrationContext = {
    draft: new Draft(input.config),
    dataVersion,
    label,
    vm: govcVm(input),
    applied: [],
    findings,
  };
  const storage = ledgerStorage(input, past.ledger, run, options.mayBeBrief === true);
  const result = await runUp(due, context, storage, {
    timeLimit: options.timeLimit ?? TIME_LIMIT,
    refusal: 'stops',
  });
  if (result.status !== 'done') return {status: result.status, dataVersion, error: result.error, findings};
  return conclude(input, past.ledger, context);
}

function conclude(input: VmInput, own: Ledger | null, context: MigrationContext): VmPlan {
  const {dataVersion, findings} = context;
  const all = context.draft.changes();
  const changes = all.filter(({key}) => key !== LEDGER_KEY);
  const ledger = all.find(({key}) => key === LEDGER_KEY);
  // Plugins that cancel each other out leave an entry but no change. Then nothing is written, not even a ledger.
  if (changes.length === 0 || ledger === undefined) return {status: 'unchanged', dataVersion, findings};
  const error = refusalOf(input, own, context, changes, ledger);
  if (error !== null) return {status: 'refused', dataVersion, error, findings};
  const applied = context.applied.map(({plugin}) => pluginId(plugin));
  return {status: 'pending', dataVersion, applied, changes, ledger, findings};
}

function refusalOf(
  input: VmInput,
  own: Ledger | null,
  context: MigrationContext,
  changes: readonly Change[],
  ledger: Change,
): VchError | null {
  const late = context.applied.find(({plugin}) =>
    own?.applied.some((entry) => entry.version > plugin.version),
  );
  if (late !== undefined && own !== null) {
    return gapError(input, own, {id: pluginId(late.plugin), version: late.plugin.version});
  }
  for (const {key, after} of changes) {
    const reason = unsendable(key) ?? unsendable(after ?? '');
    if (reason !== null) return unsendableError(context.label, key, reason);
  }
  return ledgerSizeError(ledger.after ?? '', context.label);
}

function unsendableError(label: string, key: string, reason: string): VchError {
  return new VchError(
    'VCH_ERR_TRANSPORT',
    `${label}: the new value of ${key} cannot be sent: ${reason}. Nothing was written. Correct the value it comes from, ` +
      'then run `vch-migrate plan` again',
  );
}

/** umzug's storage, in the VM itself: data and ledger are one draft, and are sent in one write. */
function ledgerStorage(
  input: VmInput,
  own: Ledger | null,
  run: RunInfo,
  mayBeBrief: boolean,
): MigrationStorage {
  let ledger: Ledger = own ?? {id: input.id, instanceUuid: input.instanceUuid, runs: {}, applied: []};
  return {
    executed: async () => ledger.applied.map((entry) => entry.id),
    logMigration: async ({name, context}) => {
      const applied = context.applied.at(-1);
      // A plugin that changed nothing leaves no entry: a ledger is never written alone.
      if (applied === undefined || pluginId(applied.plugin) !== name) return;
      const {runId, time, user, changeId, toolVersion} = run;
      const runs = {
        ...ledger.runs,
        [runId]: {time, user, tool: toolVersion, ...(changeId === undefined ? {} : {changeId})},
      };
      const whole = {...ledger, runs, applied: [...ledger.applied, entryOf(applied, context, run)]};
      ledger = mayBeBrief ? fitting(whole) : whole;
      context.draft.setRaw(LEDGER_KEY, encodeLedger(ledger));
    },
    unlogMigration: async () => {},
  };
}

/**
 * A VM that a snapshot can restore may have a ledger without values: an appliance with many registries has more keys than
 * fit into a ledger.
 */
function fitting(ledger: Ledger): Ledger {
  if (encodeLedger(ledger).length <= LEDGER_LIMIT) return ledger;
  const without = (run: string | null) => ({
    ...ledger,
    applied: ledger.applied.map((entry) =>
      run === null || entry.run === run ? {...entry, before: {}, after: {}, seen: {}} : entry,
    ),
  });
  const brief = without(ledger.applied.at(-1)?.run ?? null);
  return encodeLedger(brief).length <= LEDGER_LIMIT ? brief : without(null);
}

function entryOf(
  {plugin, before}: AppliedPlugin,
  {draft, dataVersion}: MigrationContext,
  run: RunInfo,
): LedgerEntry {
  const {version, revision} = plugin;
  const seen = [...plugin.keys, ...plugin.reads].filter((key) => !isPattern(key) && !before.has(key));
  return {
    id: pluginId(plugin),
    version,
    revision,
    run: run.runId,
    time: run.time,
    dataVersion,
    before: Object.fromEntries([...before].map(([key, raw]) => [key, kept(key, raw)])),
    after: Object.fromEntries([...before.keys()].map((key) => [key, digest(draft.raw(key))])),
    seen: Object.fromEntries(seen.map((key) => [key, digest(draft.raw(key))])),
  };
}

/** A previous value as the ledger may keep it: without secrets. */
function kept(key: string, raw: string | null): string | null | Withheld {
  return raw !== null && mustWithhold(key, raw) ? {sha256: digest(raw)} : raw;
}
