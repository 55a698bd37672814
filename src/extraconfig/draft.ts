import {applyChanges, type Change, type ExtraConfig, rawOf} from './extra-config.js';
import {decodeValue, encodeValue} from './value.js';

/** An editable copy of one VM's ExtraConfig; the original stays unchanged. */
export class Draft {
  readonly #config: ExtraConfig;
  /** Raw values that differ from the config; `null` is a removal. */
  readonly #edits = new Map<string, string | null>();

  constructor(config: ExtraConfig) {
    this.#config = config;
  }

  /** The text of a key: `''` if VIC stored an empty string, `undefined` if the key is absent. */
  get(key: string): string | undefined {
    const raw = this.raw(key);
    return raw === null ? undefined : decodeValue(raw);
  }

  /** The raw value of a key, `null` if it is absent. */
  raw(key: string): string | null {
    const edit = this.#edits.get(key);
    return edit === undefined ? rawOf(this.#config, key) : edit;
  }

  /** Sets the text of a key. Setting the text it already has is not a change, however that is stored. */
  set(key: string, text: string): void {
    const original = rawOf(this.#config, key);
    this.setRaw(key, original !== null && decodeValue(original) === text ? original : encodeValue(text));
  }

  /** Sets the raw value of a key; `null` removes it. */
  setRaw(key: string, raw: string | null): void {
    if (raw === rawOf(this.#config, key)) this.#edits.delete(key);
    else this.#edits.set(key, raw);
  }

  delete(key: string): void {
    this.setRaw(key, null);
  }

  /** The keys that exist, sorted. */
  keys(): string[] {
    return Object.keys(applyChanges(this.#config, this.changes())).sort();
  }

  /** What differs from the config, sorted by key. */
  changes(): Change[] {
    return [...this.#edits]
      .map(([key, after]) => ({key, before: rawOf(this.#config, key), after}))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }
}
