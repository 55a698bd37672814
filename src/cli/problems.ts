import {VchError} from '../errors.js';

/** Collects what is wrong with a command line and its environment, so that all of it is told at once. */
export class Problems {
  readonly #found: string[] = [];

  add(problem: string): void {
    this.#found.push(problem);
  }

  /** What was found, in order. */
  get found(): readonly string[] {
    return this.#found;
  }

  /** Throws all that was found as one usage error. */
  throwIfAny(command: string): void {
    if (this.#found.length === 0) return;
    throw new VchError('VCH_ERR_USAGE', `${this.#found.join('; ')}; see vch-migrate ${command} --help`);
  }
}
