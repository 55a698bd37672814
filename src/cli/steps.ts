import type {ProgressEvent} from '../containers/outcome.js';
import type {ReportStep} from '../report/report.js';
import {doingText} from './progress.js';

/** Keeps what a run does, and when, for the timeline of its report. */
export class StepRecorder {
  readonly #now: () => Date;
  readonly #steps: ReportStep[] = [];
  #current: {readonly name: string; readonly startedAt: Date} | undefined;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** A phase begins, and ends the one before. */
  hear(event: ProgressEvent): void {
    if (event.type !== 'phase') return;
    const startedAt = this.#finish('done');
    this.#current = {name: doingText(event), startedAt};
  }

  /** The steps, the last of which ended now. */
  end(status: ReportStep['status']): readonly ReportStep[] {
    this.#finish(status);
    return this.#steps;
  }

  #finish(status: ReportStep['status']): Date {
    const now = this.#now();
    if (this.#current !== undefined) {
      const {name, startedAt} = this.#current;
      this.#steps.push({name, startedAt: startedAt.toISOString(), finishedAt: now.toISOString(), status});
      this.#current = undefined;
    }
    return now;
  }
}
