import type {ProgressEvent} from './outcome.js';

/** Counts what is done in one phase after the other. */
export class PhaseProgress {
  readonly #tell: ((event: ProgressEvent) => void) | undefined;
  #done = 0;
  #total = 0;
  #inFlight = 0;

  constructor(tell: ((event: ProgressEvent) => void) | undefined) {
    this.#tell = tell;
  }

  begin(phase: 'commit' | 'verify', total: number): void {
    this.#done = 0;
    this.#total = total;
    this.#inFlight = 0;
    this.#tell?.({type: 'phase', phase, total});
  }

  /** One VM more is being written. */
  start(): void {
    this.#inFlight += 1;
    this.#tell?.({type: 'in-flight', vms: this.#inFlight});
  }

  /** One VM more is done in this phase. */
  step(): void {
    this.#done += 1;
    if (this.#inFlight > 0) {
      this.#inFlight -= 1;
      this.#tell?.({type: 'in-flight', vms: this.#inFlight});
    }
    this.#tell?.({type: 'progress', done: this.#done, total: this.#total});
  }
}
