import {MigrationError, type RunnableMigration, Umzug, type UmzugStorage} from 'umzug';
import {ERROR_CODES, thrownMessage, toVchError, VchError} from '../errors.js';
import type {Draft} from '../extraconfig/draft.js';
import {keyMatcher} from '../extraconfig/keys.js';
import {maskText} from '../extraconfig/mask.js';
import type {Finding} from './finding.js';
import {type Plugin, type PluginDraft, pluginId, pluginLabel} from './plugin.js';

// Why: docs/decisions/007-plugins-are-checked-early.md

/** Milliseconds that a plugin has for one VM. A synchronous endless loop cannot be stopped. */
export const TIME_LIMIT = 5_000;

/** One plugin that changed the draft. */
export interface AppliedPlugin {
  readonly plugin: Plugin;
  /** The previous raw values of the keys it changed, sorted by key. */
  readonly before: ReadonlyMap<string, string | null>;
}

/** umzug's context: the VM that is being migrated. */
export interface MigrationContext {
  readonly draft: Draft;
  readonly dataVersion: number;
  /** What messages call the VM. */
  readonly label: string;
  /** What govc calls the VM. */
  readonly vm: string;
  readonly applied: AppliedPlugin[];
  readonly findings: Finding[];
}

/** Where umzug reads what was applied already, and records what it applies. */
export type MigrationStorage = UmzugStorage<MigrationContext>;

export interface RunnerOptions {
  readonly timeLimit: number;
  /** What a plugin's refusal does: it stops the whole VM, or becomes a finding and only this plugin is left out. */
  readonly refusal: 'stops' | 'is-finding';
}

export type RunnerResult =
  | {readonly status: 'done'}
  | {readonly status: 'refused' | 'failed'; readonly error: VchError};

/** Applies the plugins that the storage does not name yet to one VM, through umzug. */
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

/** umzug's MigrationError holds the context, and with it the VM's secrets, so only its cause may leave. */
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
    const result = plugin.up(session.draft, {dataVersion, vm: context.vm});
    if (result !== undefined) await within(options.timeLimit, result);
  } catch (error) {
    session.stopped ??= {
      status: 'failed',
      error: error instanceof Error ? error : new Error(thrownMessage(error)),
    };
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
  const again = 'then run `vch-migrate plan` again';
  if (cause instanceof UndeclaredKey) {
    const message = `${what} cannot be used: ${cause.message}. Nothing was written. Declare the key, or do not touch it, ${again}`;
    return new VchError('VCH_ERR_PLUGIN_INVALID', message, {cause});
  }
  const message = `${what} failed: ${maskText(thrownMessage(cause))}. None of its changes were kept. Correct the plugin, ${again}`;
  return new VchError('VCH_ERR_PLUGIN_FAILED', message, {cause});
}

function refusal(context: MigrationContext, cause: Error): VchError {
  const {code, message} = toVchError(cause);
  return new VchError(code, `${context.label}: ${message}`);
}

/** A plugin touched a key that it does not declare: a fault of the plugin, not of the VM. */
class UndeclaredKey extends Error {}

/** One plugin's access to one VM's draft: what it may touch, and what it did. */
export class PluginSession {
  readonly draft: PluginDraft;
  readonly findings: Finding[] = [];
  /** What stopped the plugin, even if it caught the error itself. */
  stopped: {readonly status: 'refused' | 'failed'; readonly error: Error} | null = null;
  readonly #draft: Draft;
  readonly #before = new Map<string, string | null>();
  #open = true;

  constructor(plugin: Plugin, draft: Draft) {
    this.#draft = draft;
    const writable = keyMatcher(plugin.keys);
    const readable = keyMatcher(plugin.reads);
    const read = (key: string): string => {
      this.#declared(writable(key) || readable(key), `it touched ${key}, which it does not declare`);
      return key;
    };
    const write = (key: string): string => {
      this.#declared(!readable(key) || writable(key), `it changed ${key}, which it declares only to read`);
      read(key);
      if (!this.#before.has(key)) this.#before.set(key, draft.raw(key));
      return key;
    };
    this.draft = Object.freeze({
      get: (key: string) => draft.get(read(key)),
      set: (key: string, text: string) => {
        this.#check(typeof text === 'string', `it set ${key} to a value that is not a string`);
        draft.set(write(key), text);
      },
      delete: (key: string) => draft.delete(write(key)),
      keys: () => draft.keys().filter((key) => writable(key) || readable(key)),
      finding: (code: string, message: string) => {
        this.findings.push({code, message});
      },
      refuse: (code: (typeof ERROR_CODES)[number], message: string): never => {
        this.#check(ERROR_CODES.includes(code), `it refused with ${code}, which is not an error code`);
        throw this.#stop('refused', new VchError(code, message));
      },
    });
  }

  /** The keys that changed, with their previous raw values, sorted by key. */
  changed(): Map<string, string | null> {
    const changed = [...this.#before].filter(([key, raw]) => this.#draft.raw(key) !== raw);
    return new Map(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Reverts what the plugin changed. */
  revert(): void {
    for (const [key, raw] of this.#before) this.#draft.setRaw(key, raw);
  }

  /** Ends it: a plugin that continues after its time limit finds the draft closed. */
  close(): void {
    this.#open = false;
  }

  #check(allowed: boolean, fault: string): void {
    this.#mustBeOpen();
    if (!allowed) throw this.#stop('failed', new Error(fault));
  }

  #declared(allowed: boolean, fault: string): void {
    this.#mustBeOpen();
    if (!allowed) throw this.#stop('failed', new UndeclaredKey(fault));
  }

  #mustBeOpen(): void {
    if (!this.#open) throw new Error('the draft is closed: the plugin has ended');
  }

  #stop(status: 'refused' | 'failed', error: Error): Error {
    this.stopped ??= {status, error};
    return error;
  }
}

/** Waits for code of a plugin, and rejects when the time limit (milliseconds) is over. */
export async function within<T>(timeLimit: number, result: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not settle within ${timeLimit} ms`)), timeLimit);
  });
  try {
    return await Promise.race([result, late]);
  } finally {
    clearTimeout(timer);
  }
}
