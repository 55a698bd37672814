import {MigrationError, type RunnableMigration, Umzug, type UmzugStorage} from 'umzug';
import {toVchError, VchError} from '../errors.js';
import type {Draft} from '../extraconfig/draft.js';
import {maskText} from '../extraconfig/mask.js';
import type {Finding} from './finding.js';
import {type Plugin, pluginId, pluginLabel} from './plugin.js';
import {PluginSession, UndeclaredKey} from './plugin-draft.js';
import {within} from './time-limit.js';

/** Milliseconds a plugin has for one VM. A synchronous endless loop cannot be stopped. */
export const TIME_LIMIT = 5_000;

/** One plugin that changed the draft. */
export interface AppliedPlugin {
  readonly plugin: Plugin;
  /** The raw values of the keys that it changed, from before; sorted by key. */
  readonly before: ReadonlyMap<string, string | null>;
}

/** umzug's context: one VM while it is migrated. */
export interface MigrationContext {
  readonly draft: Draft;
  readonly dataVersion: number;
  /** How messages call the VM. */
  readonly label: string;
  readonly applied: AppliedPlugin[];
  readonly findings: Finding[];
}

/** Where umzug reads what is done already, and writes what it did. */
export type MigrationStorage = UmzugStorage<MigrationContext>;

export interface RunnerOptions {
  readonly timeLimit: number;
  /** What a plugin's refusal does: nothing for the whole VM, or a finding in place of this plugin. */
  readonly refusal: 'stops' | 'is-finding';
}

export type RunnerResult =
  | {readonly status: 'done'}
  | {readonly status: 'refused' | 'failed'; readonly error: VchError};

/** Has umzug apply to one VM what its storage does not name yet. */
export async function runUp(
  plugins: readonly Plugin[],
  context: MigrationContext,
  storage: MigrationStorage,
  options: RunnerOptions,
): Promise<RunnerResult> {
  const migrations = plugins.map(
    (plugin): RunnableMigration<MigrationContext> => ({
      name: pluginId(plugin),
      up: ({context}) => applyPlugin(plugin, context, options),
    }),
  );
  try {
    await new Umzug({migrations, context, storage, logger: undefined}).up();
    return {status: 'done'};
  } catch (error) {
    return stopped(unwrap(error));
  }
}

/** umzug's MigrationError holds the context, and with it the VM's secrets: only its cause may go on. */
export function unwrap(error: unknown): unknown {
  return error instanceof MigrationError ? error.cause : error;
}

class Stop extends Error {
  readonly status: 'refused' | 'failed';
  readonly error: VchError;

  constructor(status: 'refused' | 'failed', error: VchError) {
    super(error.message);
    this.status = status;
    this.error = error;
  }
}

function stopped(error: unknown): RunnerResult {
  return error instanceof Stop
    ? {status: error.status, error: error.error}
    : {status: 'failed', error: toVchError(error)};
}

async function applyPlugin(plugin: Plugin, context: MigrationContext, options: RunnerOptions): Promise<void> {
  const {draft, dataVersion, findings} = context;
  const session = new PluginSession(plugin, draft);
  try {
    const result = plugin.up(session.draft, {dataVersion});
    if (result !== undefined) await within(options.timeLimit, result);
  } catch (error) {
    session.stopped ??= {status: 'failed', error: error instanceof Error ? error : new Error(String(error))};
  } finally {
    session.close();
  }
  findings.push(...session.findings);
  const {stopped} = session;
  if (stopped === null) {
    const before = session.changed();
    if (before.size > 0) context.applied.push({plugin, before});
    return;
  }
  if (stopped.status === 'failed') throw new Stop('failed', pluginFailure(plugin, context, stopped.error));
  if (options.refusal === 'stops') throw new Stop('refused', refusal(context, stopped.error));
  session.revert();
  const {code, message} = toVchError(stopped.error);
  findings.push({code, message});
}

function pluginFailure(plugin: Plugin, context: MigrationContext, cause: Error): VchError {
  const what = `${context.label}: the ${pluginLabel(plugin)}`;
  const again = 'then `vch-migrate plan` again';
  if (cause instanceof UndeclaredKey) {
    const message = `${what} cannot be used: ${cause.message}. Nothing is written; declare the key, or leave it alone, ${again}`;
    return new VchError('VCH_ERR_PLUGIN_INVALID', message, {cause});
  }
  const message = `${what} failed: ${maskText(cause.message)}. Nothing of it is kept; mend the plugin, ${again}`;
  return new VchError('VCH_ERR_PLUGIN_FAILED', message, {cause});
}

function refusal(context: MigrationContext, cause: Error): VchError {
  const {code, message} = toVchError(cause);
  return new VchError(code, `${context.label}: ${message}`);
}
