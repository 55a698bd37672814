import type {VmOutcome} from './outcome.js';
import type {Staging} from './run-options.js';

/** If this many VMs fail in the same way before one succeeds, the others will fail, too. */
const FIRST_ALIKE = 5;

/** Decides whether another VM may be started: `--max-errors`, `--deadline` and the canaries close it for good. */
export class RolloutGate {
  readonly #staging: Staging;
  readonly #total: number;
  readonly #failed: VmOutcome[] = [];
  /** VMs whose write seems to have failed: they are looked at again. */
  readonly #doubtful = new Set<string>();
  /** Those who wait for doubts to be settled. */
  #held: (() => void)[] = [];
  #written = 0;
  #reason: string | null = null;

  constructor(staging: Staging, total: number) {
    this.#staging = staging;
    this.#total = total;
  }

  /** The write of a VM seems to have failed, but it is looked at before that is said; or it is no longer in doubt. */
  doubt(id: string, isDoubtful: boolean): void {
    if (isDoubtful) this.#doubtful.add(id);
    else if (this.#doubtful.delete(id)) this.#wake();
  }

  /** Resolves when the VMs in doubt could not close it, however they end: nothing is started meanwhile. */
  async withoutDoubt(): Promise<void> {
    while (this.#doubtful.size > 0 && this.#tooMany(this.#failed.length + this.#doubtful.size) !== null)
      await new Promise<void>((resolve) => this.#held.push(resolve));
  }

  /** One VM is written. */
  written(id: string): void {
    this.#written += 1;
    this.doubt(id, false);
  }

  /** One VM ended without being written. */
  ended(outcome: VmOutcome): void {
    this.#note(outcome);
    this.doubt(outcome.id, false);
  }

  #note(outcome: VmOutcome): void {
    if (outcome.error === null || outcome.status === 'not-attempted') return;
    this.#failed.push(outcome);
    this.close(this.#tooMany(this.#failed.length) ?? this.#alike());
  }

  /** Closes it for good, if there is a reason. */
  close(reason: string | null): void {
    this.#reason ??= reason;
  }

  /** Why nothing new may be started; `null` while it may. */
  closedBecause(): string | null {
    const {deadline, now = () => new Date()} = this.#staging;
    if (deadline !== undefined && now() >= deadline)
      this.close(`the deadline, ${deadline.toISOString()}, is past`);
    return this.#reason;
  }

  #wake(): void {
    for (const go of this.#held.splice(0)) go();
  }

  #tooMany(failed: number): string | null {
    const {maxErrors} = this.#staging;
    if (maxErrors === undefined) return null;
    const [most, limit] =
      maxErrors.kind === 'count'
        ? [maxErrors.count, `${maxErrors.count}`]
        : [(maxErrors.percent / 100) * this.#total, `${maxErrors.percent}% of ${this.#total}`];
    return failed <= most ? null : `${failed} VMs went wrong, and at most ${limit} may (--max-errors)`;
  }

  #alike(): string | null {
    if (this.#staging.maxErrors === undefined || this.#written > 0) return null;
    if (this.#failed.length < FIRST_ALIKE) return null;
    const kinds = new Set(this.#failed.map(({error}) => `${error?.code} ${error?.fault ?? ''}`.trim()));
    return kinds.size > 1
      ? null
      : `the first ${this.#failed.length} VMs went wrong alike: ${[...kinds].join()}`;
  }
}
