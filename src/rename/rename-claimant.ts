import {randomUUID} from 'node:crypto';
import {hostname} from 'node:os';
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {assertFree, findLease, UPGRADE_LOCK} from '../appliance/lease.js';
import {toVchError, type VchError} from '../errors.js';
import {RENAME_CLAIM_KEY} from '../extraconfig/keys.js';
import {type Appliance, readAppliance} from '../inventory/appliance.js';
import type {Vch} from '../inventory/vch.js';
import type {Logger} from '../log.js';
import {pause} from '../vim25/pause.js';
import type {Session} from '../vim25/session.js';
import {TaskWaiter} from '../vim25/tasks.js';
import {reconfigure} from '../vim25/virtual-machine.js';
import {claimLost, mayHaveLost, stoppedWaiting, waitedTooLong} from './rename-claim-errors.js';
import {
  type ClaimText,
  encodeClaim,
  encodeUnfinished,
  RENAME_CLAIM,
  type RenameRecord,
  unfinishedIn,
} from './rename-claim-text.js';

/** Milliseconds to wait for others who live. */
const PATIENCE = 120_000;
const POLL = 250;
/** Writes of the claim, and of its end. Among fifty renames at once a few are lost to others. */
const ATTEMPTS = 12;

/** What a claim needs. */
export interface ClaimOptions {
  readonly runId: string;
  readonly user: string;
  readonly toolVersion: string;
  /** What is claimed for. */
  readonly rename: RenameRecord;
  /** Seconds; 30 where it is left out. */
  readonly lease?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
}

/** One owner of a claim, and all that it does with the appliance. */
export class Claimant {
  readonly lease: number;
  readonly #session: Session;
  readonly #vch: Vch;
  readonly #options: ClaimOptions;
  readonly #waiter: TaskWaiter;
  #claim: ClaimText;
  #renewing = false;
  /** What the claim's end leaves in its place; until somebody says so, what it found there. */
  #left: readonly RenameRecord[] | null = null;
  /** The writes of one owner go one after the other, or it would conflict with itself. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, vch: Vch, options: ClaimOptions) {
    this.lease = options.lease ?? RENAME_CLAIM.leaseTime;
    this.#session = session;
    this.#vch = vch;
    this.#options = options;
    this.#waiter = new TaskWaiter(session);
    this.#claim = {
      id: randomUUID(),
      owner: `${options.user} on ${hostname()}, pid ${process.pid}`,
      rename: options.rename,
      run: options.runId,
      tool: options.toolVersion,
      lease: this.lease,
      counter: 0,
      time: new Date().toISOString(),
      unfinished: [],
    };
  }

  /** What earlier renames have left undone, as the claim found it. */
  get unfinished(): readonly RenameRecord[] {
    return this.#claim.unfinished;
  }

  /** Waits for its turn; gives the appliance as the claim found it. */
  async take(): Promise<Appliance> {
    let attempts = 0;
    let failure: VchError | null = null;
    try {
      for (;;) {
        // It tells who has the claim: somebody may have been quicker, or only the answer was lost.
        const appliance = await this.#untilFree();
        if (appliance.own) return appliance;
        if (attempts === ATTEMPTS) throw failure ?? claimLost(this.#label());
        attempts += 1;
        const unfinished = unfinishedIn(appliance.config);
        this.#claim = {...this.#claim, unfinished};
        failure = await this.#tryWrite(appliance);
      }
    } catch (error) {
      if (attempts > 0) await this.release();
      throw this.#options.signal?.aborted ? stoppedWaiting(this.#label()) : error;
    }
  }

  /** Reads until nobody who lives has the claim, or we do. */
  async #untilFree(): Promise<Appliance & {readonly own: boolean}> {
    const start = performance.now();
    let seen = {raw: '', since: start};
    for (let first = true; ; first = false) {
      this.#options.signal?.throwIfAborted();
      const appliance = await this.#read();
      const raw = appliance.config[RENAME_CLAIM_KEY] ?? '';
      const other = findLease(RENAME_CLAIM, appliance.config);
      if (other === null || other.id === this.#claim.id) return {...appliance, own: other !== null};
      if (raw !== seen.raw) seen = {raw, since: performance.now()};
      if (performance.now() - seen.since >= other.leaseTime * 1000) {
        this.#options.log.warn(
          `taking over the claim of a rename that is no longer renewed: ${RENAME_CLAIM.who(other)}`,
        );
        return {...appliance, own: false};
      }
      if (performance.now() - start > PATIENCE) throw waitedTooLong(this.#label(), PATIENCE, other);
      if (first) this.#options.log.info(`${this.#label()}: waiting for a rename: ${RENAME_CLAIM.who(other)}`);
      await setTimeout(POLL, undefined, {signal: this.#options.signal});
    }
  }

  assertHeld(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#isOurs(await this.#read())) throw claimLost(this.#label());
    });
  }

  /** Makes sure that the claim is still ours, and says what it is for, should that have changed since it was made. */
  announce(rename: RenameRecord): Promise<void> {
    return this.#inTurn(async () => {
      this.#claim = {...this.#claim, rename};
      let failure: VchError | null = null;
      for (let attempts = 0; ; attempts += 1) {
        const appliance = await this.#read();
        if (!this.#isOurs(appliance)) throw claimLost(this.#label());
        if (appliance.config[RENAME_CLAIM_KEY] === this.#text()) return;
        if (failure !== null && attempts === ATTEMPTS) throw failure;
        failure = await this.#tryWrite(appliance);
      }
    });
  }

  /** Says what the claim's end is to leave in its place. */
  leave(unfinished: readonly RenameRecord[]): void {
    this.#left = unfinished;
  }

  /** Shows a sign of life. That it could not is told, and decides nothing: before each write the claim is looked at. */
  async renew(): Promise<void> {
    // A slow vCenter must not be left a queue of renewals to work off.
    if (this.#renewing) return;
    this.#renewing = true;
    try {
      await this.#inTurn(async () => {
        const appliance = await this.#read();
        if (!this.#isOurs(appliance)) return;
        this.#claim = {...this.#claim, counter: this.#claim.counter + 1};
        await this.#write(appliance, this.#text());
      });
    } catch (error) {
      this.#options.log.debug(`the claim on ${this.#label()} was not renewed: ${toVchError(error).message}`);
    } finally {
      this.#renewing = false;
    }
  }

  /** Takes the claim back, and nobody else's. That it could not is told; others will take it for dead. */
  release(): Promise<void> {
    return this.#inTurn(async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const appliance = await readAppliance(this.#session, this.#vch);
          if (!this.#isOurs(appliance)) return;
          await this.#write(appliance, encodeUnfinished(this.#left ?? this.#claim.unfinished));
          return;
        } catch (error) {
          if (attempt === ATTEMPTS) {
            const {message} = toVchError(error);
            this.#options.log.warn(
              `the claim ${RENAME_CLAIM_KEY} on ${this.#label()} could not be taken back: ${message}; the next rename takes it over after ${this.lease} s`,
            );
            return;
          }
          await pause(attempt);
        }
      }
    });
  }

  /** The appliance now, unless an upgrade holds it. */
  async #read(): Promise<Appliance> {
    const appliance = await readAppliance(this.#session, this.#vch);
    assertFree(UPGRADE_LOCK, appliance.config, this.#label());
    return appliance;
  }

  async #tryWrite(appliance: Appliance): Promise<VchError | null> {
    try {
      await this.#write(appliance, this.#text());
      return null;
    } catch (error) {
      const failure = toVchError(error);
      if (!mayHaveLost(failure)) throw failure;
      await setTimeout(Math.random() * POLL, undefined, {signal: this.#options.signal});
      return failure;
    }
  }

  async #write({changeVersion}: Appliance, value: string): Promise<void> {
    const extraConfig = [{key: RENAME_CLAIM_KEY, value}];
    const task = await reconfigure(this.#session, this.#vch.ref, {changeVersion, extraConfig});
    await this.#waiter.wait(task, `claiming ${RENAME_CLAIM_KEY} on ${this.#label()}`);
  }

  #isOurs({config}: Appliance): boolean {
    return findLease(RENAME_CLAIM, config)?.id === this.#claim.id;
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(act, act);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #text(): string {
    return encodeClaim(this.#claim);
  }

  #label(): string {
    return `${this.#vch.summary.name} (${this.#vch.ref.value})`;
  }
}
