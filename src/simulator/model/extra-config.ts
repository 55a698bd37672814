/** A value of the type `xsd:string` as plain text; any other type with its `xsi:type`. */
export type ConfigValue = string | {readonly type: string; readonly value: string};

/**
 * A map that many VMs share. The characters U+E000 and U+E001 stand for what differs from VM to VM: the
 * identity and the name. Ten thousand VMs of 85 keys thus cost memory for what makes them different only.
 */
export type ConfigTemplate = ReadonlyMap<string, string>;

/** Stands for a VM's identity in a template. */
export const IDENTITY = '\uE000';
/** Stands for a VM's name in a template. */
export const NAME = '\uE001';

interface Base {
  readonly template: ConfigTemplate;
  readonly identity: string;
  readonly name: string;
}

/** The ExtraConfig of one VM: exact-case keys, in the order they were added. */
export class ExtraConfig {
  readonly #base: Base | undefined;
  /** What was set since; `undefined` hides a key of the template. */
  readonly #own: Map<string, ConfigValue | undefined>;

  constructor(base?: Base, own: Iterable<readonly [string, ConfigValue | undefined]> = []) {
    this.#base = base;
    this.#own = new Map(own);
  }

  /** The value of a key, or undefined where there is no such key. */
  get(key: string): ConfigValue | undefined {
    if (this.#own.has(key)) return this.#own.get(key);
    return this.#fromTemplate(key);
  }

  /** Sets a key. */
  set(key: string, value: ConfigValue): void {
    this.#own.set(key, value);
  }

  /** Removes a key. */
  delete(key: string): void {
    if (this.#fromTemplate(key) === undefined) this.#own.delete(key);
    else this.#own.set(key, undefined);
  }

  /** Every key with its value. */
  *entries(): Generator<[string, ConfigValue]> {
    const base = this.#base;
    const seen = new Set<string>();
    for (const templateKey of base?.template.keys() ?? []) {
      const key = this.#fill(templateKey);
      seen.add(key);
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
    for (const [key, value] of this.#own) {
      if (value !== undefined && !seen.has(key)) yield [key, value];
    }
  }

  /** A copy that later changes do not reach. */
  clone(): ExtraConfig {
    return new ExtraConfig(this.#base, this.#own);
  }

  #fromTemplate(key: string): string | undefined {
    const base = this.#base;
    if (base === undefined) return undefined;
    const templateKey = key.includes(base.identity) ? key.replaceAll(base.identity, IDENTITY) : key;
    const value = base.template.get(templateKey);
    return value === undefined ? undefined : this.#fill(value);
  }

  #fill(text: string): string {
    const base = this.#base;
    if (base === undefined || !/[\uE000\uE001]/.test(text)) return text;
    return text.replaceAll(IDENTITY, () => base.identity).replaceAll(NAME, () => base.name);
  }
}
