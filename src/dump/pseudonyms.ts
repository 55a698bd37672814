/** Gives the same name always the same other one, and an empty one none. */
export class Pseudonyms {
  readonly #known = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  /** VMs are numbered in the order that they are given in. */
  constructor(vms: readonly string[]) {
    for (const name of vms) this.of('vm', name);
  }

  of(kind: string, name: string): string {
    if (name === '') return name;
    const key = `${kind}:${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const made = `${kind}-${String(count).padStart(5, '0')}`;
    this.#known.set(key, made);
    return made;
  }

  /** The same for each name of a path. */
  path(kind: string, path: string): string {
    return path
      .split('/')
      .map((name) => this.of(kind, name))
      .join('/');
  }
}
