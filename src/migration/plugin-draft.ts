import {ERROR_CODES, VchError} from '../errors.js';
import type {Draft} from '../extraconfig/draft.js';
import {keyMatcher} from '../extraconfig/keys.js';
import type {Finding} from './finding.js';
import type {Plugin, PluginDraft} from './plugin.js';

/** A plugin touched a key that it does not declare: a fault of the plugin, whatever the VM. */
export class UndeclaredKey extends Error {}

/** One plugin's hands on one VM's draft: what it may touch, and what it did. */
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
        this.#check(typeof text === 'string', `it set ${key} to what is no string`);
        draft.set(write(key), text);
      },
      delete: (key: string) => draft.delete(write(key)),
      keys: () => draft.keys().filter((key) => writable(key) || readable(key)),
      finding: (code: string, message: string) => {
        this.findings.push({code, message});
      },
      refuse: (code: (typeof ERROR_CODES)[number], message: string): never => {
        this.#check(ERROR_CODES.includes(code), `it refused with ${code}, which is no error code`);
        throw this.#stop('refused', new VchError(code, message));
      },
    });
  }

  /** The keys that changed, with their raw values from before; sorted by key. */
  changed(): Map<string, string | null> {
    const changed = [...this.#before].filter(([key, raw]) => this.#draft.raw(key) !== raw);
    return new Map(changed.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Takes back what the plugin changed. */
  revert(): void {
    for (const [key, raw] of this.#before) this.#draft.setRaw(key, raw);
  }

  /** Ends it: a plugin that comes back after its time limit finds the draft closed. */
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
    if (!this.#open) throw new Error('the draft is closed: the plugin is over');
  }

  #stop(status: 'refused' | 'failed', error: Error): Error {
    this.stopped ??= {status, error};
    return error;
  }
}
