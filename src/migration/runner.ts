import {MigrationError, memoryStorage, type RunnableMigration, Umzug, type UmzugStorage} from 'umzug';
import {ERROR_CODES, type ErrorCode, thrownMessage, toVchError, VchError} from '../errors.js';
import type {Draft} from '../extraconfig/draft.js';
import {type KeyMatcher, keyMatcher} from '../extraconfig/keys.js';
import {maskText} from '../extraconfig/mask.js';
import type {Finding} from './finding.js';
import {type Plugin, type PluginDraft, pluginId, pluginLabel} from './plugin.js';

// Why: docs/decisions/007-plugins-are-checked-early.md

/** Milliseconds that a plugin has for one VM. A synchronous endless loop cannot be stopped. */
export const TIME_LIMIT = 5_000;

/** One plugin that changed the draft. */
export interface AppliedPlugin {
  readonly plugin: Plugin;
  /** The previous raw values of the keys it changed. */
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

interface RunnerOptions {
  readonly timeLimit: number;
  /** What a plugin's refusal does: it stops the whole VM, or becomes a finding and only this plugin is left out. */
  readonly refusal: 'stops' | 'is-finding';
}

/** Applies the plugins that the storage does not name yet to one VM, through umzug; gives what stopped it, or `null`. */
export async function runUp(
  plugins: readonly Plugin[],
  context: MigrationContext,
  options: RunnerOptions,
  storage: MigrationStorage = memoryStorage(),
): Promise<{readonly status: 'refused' | 'failed'; readonly error: VchError} | null> {
  const migrations = plugins.map(
    (plugin): RunnableMigration<MigrationContext> => ({
      name: pluginId(plugin),
      up: ({context}) => applyPlugin(plugin, context, options),
    }),
  );
  try {
    await new SilentUmzug({migrations, context, storage, logger: undefined}).up();
    return null;
  } catch (caught) {
    const error = unwrap(caught);
    return {status: error instanceof Refusal ? 'refused' : 'failed', error: toVchError(error)};
  }
}

/** umzug without its events: nobody hears them, and each costs more than the plugin that it is about. */
class SilentUmzug extends Umzug<MigrationContext> {
  override async emit(): Promise<void> {}
}

/** umzug's MigrationError holds the context, and with it the VM's secrets, so only its cause may leave. */
export function unwrap(error: unknown): unknown {
  return error instanceof MigrationError ? error.cause : error;
}

/** A plugin refuses the VM; any other error that stops a plugin is a failure. */
export class Refusal extends VchError {}

async function applyPlugin(plugin: Plugin, context: MigrationContext, options: RunnerOptions): Promise<void> {
  const {draft, dataVersion, findings} = context;
  const session = new PluginSession(plugin, draft);
  try {
    const result = plugin.up(session.draft, {dataVersion, vm: context.vm});
    if (result !== undefined) await within(options.timeLimit, result);
  } catch (error) {
    session.stopped ??= error instanceof Error ? error : new Error(thrownMessage(error));
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
  if (!(stopped instanceof Refusal)) throw pluginFailure(plugin, context, stopped);
  const {code, message} = stopped;
  if (options.refusal === 'stops') throw new Refusal(code, `${context.label}: ${message}`);
  session.revert();
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

/** A plugin touched a key that it does not declare: a fault of the plugin, not of the VM. */
class UndeclaredKey extends Error {}

/** One plugin's access to one VM's draft: what it may touch, and what it did. */
export class PluginSession {
  readonly draft: PluginDraft;
  readonly findings: Finding[] = [];
  /** What stopped the plugin, even if it caught the error itself. */
  stopped: Error | null = null;
  readonly #draft: Draft;
  readonly #before = new Map<string, string | null>();
  #open = true;

  constructor(plugin: Plugin, draft: Draft) {
    this.#draft = draft;
    const {writable, readable} = declaredBy(plugin);
    const read = (key: string): string => {
      const fault = `it touched ${key}, which it does not declare`;
      this.#check(writable(key) || readable(key), fault, UndeclaredKey);
      return key;
    };
    const write = (key: string): string => {
      const fault = `it changed ${key}, which it declares only to read`;
      this.#check(!readable(key) || writable(key), fault, UndeclaredKey);
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
      refuse: (code: ErrorCode, message: string): never => {
        this.#check(ERROR_CODES.includes(code), `it refused with ${code}, which is not an error code`);
        throw this.#stop(new Refusal(code, message));
      },
    });
  }

  /** The keys that changed, with their previous raw values. */
  changed(): Map<string, string | null> {
    return new Map([...this.#before].filter(([key, raw]) => this.#draft.raw(key) !== raw));
  }

  /** Reverts what the plugin changed. */
  revert(): void {
    for (const [key, raw] of this.#before) this.#draft.setRaw(key, raw);
  }

  /** Ends it: a plugin that continues after its time limit finds the draft closed. */
  close(): void {
    this.#open = false;
  }

  #check(allowed: boolean, fault: string, Fault: new (fault: string) => Error = Error): void {
    if (!this.#open) throw new Error('the draft is closed: the plugin has ended');
    if (!allowed) throw this.#stop(new Fault(fault));
  }

  #stop(error: Error): Error {
    this.stopped ??= error;
    return error;
  }
}

/** By the plugin, which is frozen: the keys that it may write, and those that it may only read. */
const DECLARED = new WeakMap<Plugin, Readonly<Record<'writable' | 'readable', KeyMatcher>>>();

function declaredBy(plugin: Plugin) {
  let declared = DECLARED.get(plugin);
  if (declared === undefined) {
    declared = {writable: keyMatcher(plugin.keys), readable: keyMatcher(plugin.reads)};
    DECLARED.set(plugin, declared);
  }
  return declared;
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
