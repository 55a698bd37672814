import type {ProgressEvent} from '../containers/outcome.js';
import type {RunContext} from './command.js';
import {ConnectionWatch, type ContactState} from './connection-watch.js';
import {progressTo} from './progress.js';
import {StepRecorder} from './steps.js';

/** What a run is at, for everybody who reads along: people, programs, and the report's timeline. */
export interface FollowedRun {
  readonly steps: StepRecorder;
  hear(event: ProgressEvent): void;
  /** Does the run's work, and tells when the server is not heard meanwhile. */
  during<T>(contact: () => ContactState, work: () => Promise<T>): Promise<T>;
  /** Asks a person, and draws nothing over the question. */
  asking<T>(question: () => Promise<T>): Promise<T>;
}

/** Follows a run as its output settings want it. */
export function followRun({log, now, terminal, events, output}: RunContext): FollowedRun {
  const live = output.quiet || output.debug ? undefined : terminal.live;
  const streams = output.format === 'ndjson';
  const steps = new StepRecorder(now);
  const tell = progressTo({log, now, live});
  const watch = new ConnectionWatch({
    log,
    now,
    live,
    tell: (event) => {
      if (streams) events.write(event);
    },
  });
  return {
    steps,
    hear(event) {
      steps.hear(event);
      watch.hear(event);
      // VMs that are given up are no progress to be shown over why.
      if (event.type !== 'progress' || !watch.lost) tell(event);
      if (streams) events.progress(event, now());
    },
    during: (contact, work) => watch.during(contact, work),
    asking: (question) => watch.paused(question),
  };
}
