import {isPattern, LEDGER_KEY} from '../extraconfig/keys.js';
import {isSensitive} from '../extraconfig/mask.js';
import {digest, encodeLedger, LEDGER_LIMIT, type Ledger, type LedgerEntry, type Withheld} from './ledger.js';
import {pluginId} from './plugin.js';
import type {AppliedPlugin, MigrationContext, MigrationStorage} from './runner.js';
import type {RunInfo, VmInput} from './vm.js';

/** umzug's storage in the VM itself: data and history are one draft, and travel in one write. */
export function ledgerStorage(
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
 * What goes back by its snapshot may do without values in its ledger: an appliance with many registries has more keys
 * than a ledger has room for.
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

/** A value from before as the ledger may keep it: it holds no secret. */
function kept(key: string, raw: string | null): string | null | Withheld {
  return raw !== null && isSensitive(key, raw) ? {sha256: digest(raw)} : raw;
}
