import type {Clock} from '../model/clock.js';
import type {WaitOptions} from '../model/property-collector.js';
import {VimFault} from '../soap/fault.js';
import {boolean, type Data, data, list, reference, string} from '../soap/value.js';
import type {PropertyFilter} from './filter.js';

/** The update stream of one property collector. */
export class Updates {
  readonly #filters: ReadonlyMap<string, PropertyFilter>;
  readonly #clock: Clock;
  #version = 0;
  #last: Data | undefined;
  #wake: (() => void) | undefined;
  #cancelled = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(filters: ReadonlyMap<string, PropertyFilter>, clock: Clock) {
    this.#filters = filters;
    this.#clock = clock;
  }

  /** Something may be new. */
  wake(): void {
    this.#wake?.();
  }

  /** Ends the wait in progress with RequestCanceled. */
  cancel(): void {
    this.#cancelled++;
    this.wake();
  }

  /** The next UpdateSet; undefined when the wait was over first. Waits on one collector take turns. */
  wait(version: string, options: WaitOptions): Promise<Data | undefined> {
    const result = this.#turn.then(() => this.#next(version, options));
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #next(version: string, options: WaitOptions): Promise<Data | undefined> {
    if (version === '') {
      for (const filter of this.#filters.values()) filter.reset();
    } else if (version === String(this.#version - 1) && this.#last !== undefined) {
      // The answer that carried the newest version was lost on its way: it is given once more.
      return this.#last;
    } else if (version !== String(this.#version)) {
      throw new VimFault('InvalidCollectorVersion', 'The collector version is not valid.');
    }
    const deadline = options.maxWait === undefined ? undefined : this.#clock.now() + options.maxWait;
    const cancelled = this.#cancelled;
    for (;;) {
      const updates = this.#collect(options.maxObjectUpdates);
      if (updates !== undefined) return updates;
      if (options.signal.aborted) return undefined;
      const left = deadline === undefined ? undefined : deadline - this.#clock.now();
      if (left !== undefined && left <= 0) return undefined;
      await this.#woken(left, options.signal);
      if (this.#cancelled !== cancelled) {
        throw new VimFault('RequestCanceled', 'The task was canceled by a user.');
      }
    }
  }

  #collect(limit: number): Data | undefined {
    const sets: Data[] = [];
    let left = limit;
    let truncated = false;
    for (const filter of this.#filters.values()) {
      const taken = filter.take(left);
      truncated ||= taken.truncated;
      left -= taken.updates.length;
      if (taken.updates.length === 0) continue;
      sets.push(
        data(
          'PropertyFilterUpdate',
          ['filter', reference(filter)],
          ['objectSet', list('ObjectUpdate', taken.updates)],
        ),
      );
    }
    if (sets.length === 0) return undefined;
    this.#version++;
    this.#last = data(
      'UpdateSet',
      ['version', string(String(this.#version))],
      ['filterSet', list('PropertyFilterUpdate', sets)],
      ['truncated', truncated ? boolean(true) : undefined],
    );
    return this.#last;
  }

  /** Settles when something may be new, and when the time is up or the client's connection ends. */
  async #woken(milliseconds: number | undefined, signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const until = AbortSignal.any([woken.signal, signal]);
    this.#wake = () => woken.abort();
    if (milliseconds === undefined) await aborted(until);
    else await this.#clock.sleep(milliseconds, {signal: until, answering: true});
    this.#wake = undefined;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), {once: true});
  });
}
