import {type RunnableMigration, Umzug, type UmzugStorage} from 'umzug';
import {toVchError, VchError} from '../errors.js';
import {Draft} from '../extraconfig/draft.js';
import {keyMatcher, LEDGER_KEY} from '../extraconfig/keys.js';
import {maskValue} from '../extraconfig/mask.js';
import type {Decision} from './decision.js';
import {ledgerError, readHistory} from './history.js';
import {digest, encodeLedger, isWithheld, type Ledger, type LedgerEntry} from './ledger.js';
import type {PluginRegistry} from './registry.js';
import {unwrap} from './runner.js';
import {type VmInput, vmLabel} from './vm.js';

/** Which plugins to undo; all if nothing is set. */
export interface UndoFilter {
  /** Only what this run wrote. */
  readonly run?: string | undefined;
  /** Only plugins above this version, which is kept. */
  readonly to?: number | undefined;
}

/** Plans the undo of one VM from its own ledger: everything that was asked for, or nothing. Writes nothing. */
export async function planUndo(
  registry: PluginRegistry,
  input: VmInput,
  filter: UndoFilter = {},
): Promise<Decision> {
  const past = readHistory(input);
  if (past.status === 'invalid') return {status: 'refused', error: past.error, findings: []};
  const selected = past.ledger?.applied.filter((entry) => isSelected(entry, filter)) ?? [];
  if (past.ledger === null || selected.length === 0) return {status: 'unchanged', findings: []};
  // Another VM's ledger says nothing about this VM's previous values.
  if (past.status === 'foreign') return {status: 'refused', error: past.error, findings: []};
  const {findings} = past;
  const error = obstacle(registry, input, selected);
  if (error !== null) return {status: 'refused', error, findings};

  const draft = new Draft(input.config);
  const applied = selected.map((entry) => entry.id).reverse();
  try {
    await runDown(input, past.ledger, draft, applied);
  } catch (caught) {
    return {status: 'conflict', error: toVchError(unwrap(caught)), findings};
  }
  const all = draft.changes();
  const ledger = all.find(({key}) => key === LEDGER_KEY);
  if (ledger === undefined) return {status: 'unchanged', findings};
  const changes = all.filter(({key}) => key !== LEDGER_KEY);
  return {status: 'pending', applied, changes, ledger, findings};
}

function isSelected(entry: LedgerEntry, {run, to}: UndoFilter): boolean {
  return (run === undefined || entry.run === run) && (to === undefined || entry.version > to);
}

/** Reverts the named plugins in this order, through umzug; its storage is the ledger in the same draft. */
async function runDown(input: VmInput, past: Ledger, draft: Draft, undone: readonly string[]): Promise<void> {
  let ledger = past;
  const migrations = past.applied.map(
    (entry): RunnableMigration<Draft> => ({
      name: entry.id,
      up: async () => {},
      down: async ({context}) => restore(input, ledger, entry, context),
    }),
  );
  const storage: UmzugStorage<Draft> = {
    executed: async () => ledger.applied.map((entry) => entry.id),
    logMigration: async () => {},
    unlogMigration: async ({name, context}) => {
      ledger = without(ledger, name);
      context.setRaw(LEDGER_KEY, ledger.applied.length === 0 ? null : encodeLedger(ledger));
    },
  };
  // Named one by one: with `to`, umzug would revert in the order of the list, not of the history.
  await new Umzug({migrations, context: draft, storage, logger: undefined}).down({migrations: [...undone]});
}

function restore(input: VmInput, ledger: Ledger, entry: LedgerEntry, draft: Draft): void {
  const later = ledger.applied.slice(ledger.applied.findIndex(({id}) => id === entry.id) + 1);
  for (const [key, before] of Object.entries(entry.before)) {
    const over = later.find(({after}) => Object.hasOwn(after, key));
    if (over !== undefined)
      throw conflict(input, `${over.id} changed ${key} after ${entry.id} did; undo both`);
    const found = draft.raw(key);
    if (digest(found) !== entry.after[key]) throw conflict(input, `${key} ${difference(key, entry, found)}`);
    if (!isWithheld(before)) draft.setRaw(key, before);
  }
}

function difference(key: string, entry: LedgerEntry, found: string | null): string {
  const now = found === null ? 'is gone' : `is ${JSON.stringify(maskValue(key, found))}`;
  const wrote =
    entry.after[key] == null ? 'removed it' : `wrote another value (SHA-256 ${entry.after[key]}…)`;
  return `${now}, but ${entry.id} ${wrote}`;
}

function conflict(input: VmInput, what: string): VchError {
  return new VchError(
    'VCH_ERR_CONFLICT',
    `${vmLabel(input)} was left unchanged: ${what}. Look at \`vch-migrate verify\`, correct the value, then run \`vch-migrate undo\` again`,
  );
}

function without(ledger: Ledger, id: string): Ledger {
  const applied = ledger.applied.filter((entry) => entry.id !== id);
  const used = new Set(applied.map((entry) => entry.run));
  const runs = Object.fromEntries(Object.entries(ledger.runs).filter(([run]) => used.has(run)));
  return {...ledger, applied, runs};
}

/** Why the ledger is not enough to undo these entries: a plugin is missing, or a value was not kept. */
function obstacle(
  registry: PluginRegistry,
  input: VmInput,
  entries: readonly LedgerEntry[],
): VchError | null {
  const declared = keyMatcher(registry.persisted(input.target).flatMap((plugin) => plugin.keys));
  const values = entries.flatMap(({id, before}) =>
    Object.entries(before).map(([key, value]) => ({id, key, value})),
  );
  const foreign = values.find(({key}) => !declared(key));
  if (foreign !== undefined) {
    const fault = `its ledger says that ${foreign.id} changed ${foreign.key}, but no registered plugin declares that key`;
    const wayOut = 'Name the directory of the plugin with --plugins, then run `vch-migrate undo` again';
    return ledgerError(input, fault, wayOut);
  }
  const lost = values.find(({value}) => isWithheld(value));
  if (lost === undefined) return null;
  const fault = `its ledger does not hold the value of ${lost.key} before ${lost.id}, because that may be a secret`;
  return ledgerError(input, fault, 'Restore the VM from a snapshot or backup instead');
}
