import type {ProgressEvent} from '../containers/outcome.js';
import {durationText} from '../duration.js';
import type {Logger} from '../log.js';
import type {RunEvent} from '../report/formats/ndjson.js';
import type {Contact} from '../vim25/http-client.js';

export type ContactState = Pick<Contact, 'waiting' | 'broken' | 'silent'>;

const LOOK = 1_000;
const INTERVAL = 5_000;
/** A shorter interruption is not worth a message. */
const BROKEN = 2_000;
/** A busy vCenter takes seconds for large readings. */
const SILENT = 10_000;

interface WatchOptions {
  readonly log: Logger;
  readonly now: () => Date;
  /** Shows it on a terminal, `null` nothing any more; absent without one. */
  readonly show: ((text: string | null) => void) | undefined;
  readonly tell: (event: RunEvent) => void;
}

/** Shows for how long the server has not answered, and how much is in flight. */
export class ConnectionWatch {
  readonly #options: WatchOptions;
  #writing = 0;
  #paused = false;
  /** The loss being reported; `null` while there is none. */
  #loss: {seconds: number; told: number} | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** True while it shows a loss. */
  get lost(): boolean {
    return this.#loss !== null;
  }

  /** Counts the VMs that are being written. */
  hear(event: ProgressEvent): void {
    if (event.type === 'in-flight') this.#writing = event.vms;
  }

  /** Looks whether the server answers, and shows if it does not. */
  look({waiting, broken, silent}: ContactState): void {
    if (this.#paused) return;
    const {log, now, show, tell} = this.#options;
    const time = now();
    const inFlight = this.#writing || waiting;
    const event = (seconds: number) =>
      ({type: 'connection', time: time.toISOString(), seconds, inFlight}) as const;
    const isBroken = broken !== null && broken >= BROKEN;
    const lostFor = isBroken ? broken : silent >= SILENT ? silent : null;
    if (lostFor === null) {
      if (this.#loss === null) return;
      show?.(null);
      log.info(`the server answers again, after ${durationText(this.#loss.seconds * 1000)}`);
      tell(event(0));
      this.#loss = null;
      return;
    }
    const seconds = Math.floor(lostFor / 1000);
    const flight = inFlight === 0 ? '' : `, ${inFlight} in flight`;
    const lasting = `${durationText(seconds * 1000)}${flight}`;
    const text = isBroken
      ? `connection lost ${lasting}; waiting, nothing new is started`
      : `no answer for ${lasting}`;
    show?.(text);
    if (this.#loss === null || time.getTime() - this.#loss.told >= INTERVAL) {
      if (show === undefined) log.info(text);
      tell(event(seconds));
      this.#loss = {seconds, told: time.getTime()};
    } else this.#loss.seconds = seconds;
  }

  /** Shows nothing while something else has the terminal. */
  async paused<T>(work: () => Promise<T>): Promise<T> {
    this.#paused = true;
    try {
      return await work();
    } finally {
      this.#paused = false;
    }
  }

  /** Looks every second during the work. */
  async during<T>(contact: () => ContactState, work: () => Promise<T>): Promise<T> {
    const timer = setInterval(() => this.look(contact()), LOOK).unref();
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }
}
