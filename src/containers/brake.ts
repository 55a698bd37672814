import type {VmOutcome} from './outcome.js';

/** How many VMs may go wrong before nothing new is started. */
export type MaxErrors =
  | {readonly kind: 'count'; readonly count: number}
  | {readonly kind: 'percent'; readonly percent: number};

/** How a run is held back, so that trouble stays small. */
export interface Staging {
  /** So many VMs are written and read back before any other. */
  readonly canary?: number | undefined;
  readonly maxErrors?: MaxErrors | undefined;
  /** Nothing is started after it. */
  readonly deadline?: Date | undefined;
  /** Asked when the canaries are changed; without it the run goes on. */
  readonly goOn?: ((canaries: number, left: number) => Promise<boolean>) | undefined;
  readonly now?: (() => Date) | undefined;
}

/** When so many fail in the same way before one succeeds, so will the others. */
const FIRST_ALIKE = 5;

/** Watches a run, and knows when nothing new is to be started. */
export class Brake {
  readonly #staging: Staging;
  readonly #total: number;
  readonly #failed: VmOutcome[] = [];
  #written = 0;
  #reason: string | null = null;

  constructor(staging: Staging, total: number) {
    this.#staging = staging;
    this.#total = total;
  }

  /** One VM is written. */
  written(): void {
    this.#written += 1;
  }

  /** One VM ended without being written, or did not hold what was. */
  ended(outcome: VmOutcome): void {
    if (outcome.error === null || outcome.status === 'not-attempted') return;
    this.#failed.push(outcome);
    this.#reason ??= this.#tooMany() ?? this.#alike();
  }

  /** Stops the run for a reason of one's own. */
  pull(reason: string): void {
    this.#reason ??= reason;
  }

  /** Why nothing new is to be started; `null` if it may be. */
  reason(): string | null {
    const {deadline, now = () => new Date()} = this.#staging;
    if (deadline !== undefined && now() >= deadline) {
      this.#reason ??= `the deadline, ${deadline.toISOString()}, is past`;
    }
    return this.#reason;
  }

  #tooMany(): string | null {
    const {maxErrors} = this.#staging;
    if (maxErrors === undefined) return null;
    const most = maxErrors.kind === 'count' ? maxErrors.count : (maxErrors.percent / 100) * this.#total;
    if (this.#failed.length <= most) return null;
    const limit =
      maxErrors.kind === 'count' ? `${maxErrors.count}` : `${maxErrors.percent}% of ${this.#total}`;
    return `${this.#failed.length} VMs went wrong, and at most ${limit} may (--max-errors)`;
  }

  #alike(): string | null {
    if (this.#staging.maxErrors === undefined || this.#written > 0) return null;
    if (this.#failed.length < FIRST_ALIKE) return null;
    const kinds = new Set(this.#failed.map(({error}) => `${error?.code} ${error?.fault ?? ''}`.trim()));
    return kinds.size === 1
      ? `the first ${this.#failed.length} VMs went wrong alike: ${[...kinds].join()}`
      : null;
  }
}
