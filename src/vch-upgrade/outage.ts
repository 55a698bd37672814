import type {RunOptions} from '../containers/run-options.js';

/** While a VCH was down, as far as it was seen. */
export interface SeenOutage {
  readonly from: Date;
  /** `null`: it was not seen to be ready again. */
  readonly to: Date | null;
}

/**
 * Keeps from when to when the VCH was down. It is only down once it was seen to be off; then it counts from the time at
 * which its guest was asked to shut down, for docker does not answer from there on.
 */
export class Outage {
  readonly #options: Pick<RunOptions, 'onProgress'>;
  #asked: Date | null = null;
  #seen: SeenOutage | null = null;

  constructor(options: Pick<RunOptions, 'onProgress'>) {
    this.#options = options;
  }

  /** From the first time that it was down to the last time that it was ready; `null` if it never was down. */
  get seen(): SeenOutage | null {
    return this.#seen;
  }

  /** It is about to be powered off. */
  asked(): void {
    this.#asked = new Date();
  }

  /** It was read to be off. */
  off(): void {
    if (this.#seen !== null && this.#seen.to === null) return;
    this.#tell({from: this.#seen?.from ?? this.#asked ?? new Date(), to: null});
  }

  /** It was found to be ready. */
  ready(): void {
    if (this.#seen !== null && this.#seen.to === null) this.#tell({...this.#seen, to: new Date()});
  }

  #tell(seen: SeenOutage): void {
    this.#seen = seen;
    this.#options.onProgress?.({type: 'outage', ...seen});
  }
}
