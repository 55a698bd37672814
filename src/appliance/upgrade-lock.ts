import {performance} from 'node:perf_hooks';
import {toVchError, VchError} from '../errors.js';
import {LOCK_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY} from '../extraconfig/keys.js';
import type {Appliance} from '../inventory/appliance.js';
import {encodeRecord, type UpgradeRecord} from '../vch-upgrade/record.js';
import {type ApplianceWriter, missing} from './appliance-writer.js';
import {assertFree, findLease, UPGRADE_LOCK} from './lease.js';
import {encodeLock, type LockText} from './lock-text.js';
import {type LockOptions, newLock} from './new-lock.js';

/**
 * The upgrade lock on an appliance: our own key with a sign of life in it, and VIC's flag, which vic-machine looks at.
 * Both, and the rollback record, are written in one guarded write.
 */
export class UpgradeLock {
  readonly #writer: ApplianceWriter;
  readonly #options: LockOptions;
  #lock: LockText;
  #record: UpgradeRecord | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  /** When its last sign of life was written. */
  #renewed = performance.now();
  /** The appliance as taking the lock found it. */
  #found: Appliance | undefined;
  readonly #lost = new AbortController();

  constructor(writer: ApplianceWriter, options: LockOptions) {
    this.#writer = writer;
    this.#options = options;
    this.#lock = newLock(options);
  }

  get id(): string {
    return this.#lock.id;
  }

  /** Aborted when somebody else was seen to have the lock. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /**
   * Takes the lock, if it is free or the raw value `dead` of an owner who was seen to be dead. `record` makes the
   * rollback record of the reading that the lock is taken on, or throws what speaks against it.
   */
  async take(
    dead: string | null,
    record: (appliance: Appliance) => Promise<UpgradeRecord>,
  ): Promise<Appliance> {
    let taken: {appliance: Appliance; record: UpgradeRecord} | undefined;
    try {
      await this.#writer.write('taking the upgrade lock', async (appliance) => {
        if (findLease(UPGRADE_LOCK, appliance.config)?.id === this.id && taken !== undefined)
          return {missing: null, value: null};
        assertFree(UPGRADE_LOCK, appliance.config, this.#writer.label, dead);
        taken = {appliance, record: await record(appliance)};
        this.#found = appliance;
        return {missing: missing(appliance.config, this.#keys(taken.record)), value: null};
      });
    } catch (error) {
      // An answer may have been lost, and the lock be there all the same.
      await this.undo();
      throw error;
    }
    if (taken === undefined) throw this.#lostError('it is not there');
    this.#renewed = performance.now();
    const beat = (this.#options.lease ?? UPGRADE_LOCK.leaseTime) * 1000;
    this.#heartbeat = setInterval(() => void this.#renew(), beat / 3).unref();
    this.#record = taken.record;
    return taken.appliance;
  }

  /** The rollback record that the lock was taken with, and its changes since. */
  get record(): UpgradeRecord {
    if (this.#record === undefined) throw new Error('the lock is not taken');
    return this.#record;
  }

  /** Changes the record from the next write on. */
  amend(change: Partial<UpgradeRecord>): void {
    this.#record = {...this.record, ...change};
  }

  /** Puts lock, flag and record back to what taking it found, where nothing was done under it. What fails is told. */
  async undo(): Promise<void> {
    this.#end();
    const found = this.#found?.config;
    if (found === undefined) return;
    const before = [LOCK_KEY, UPDATE_IN_PROGRESS_KEY, UPGRADE_RECORD_KEY].map((key) => [
      key,
      found[key] ?? null,
    ]);
    try {
      await this.#writer.write('giving the upgrade lock back', ({config}) => ({
        missing:
          findLease(UPGRADE_LOCK, config)?.id === this.id
            ? missing(config, Object.fromEntries(before))
            : null,
        value: null,
      }));
    } catch (error) {
      this.#options.log.warn(
        `whether ${this.#writer.label} is locked now is not known: ${toVchError(error).message}; vch-migrate status tells, and unlock removes it`,
      );
    }
  }

  /** Makes sure that lock and flag are still ours, and writes the record; its phase goes into the lock, too. */
  async update(record: UpgradeRecord): Promise<void> {
    await this.#writer.inTurn(async (turn) => {
      const {phase} = record;
      const lease = this.#options.leaseTimeOf(phase, this.#options.lease ?? UPGRADE_LOCK.leaseTime);
      this.#record = record;
      this.#lock = {...this.#lock, phase, lease, counter: this.#lock.counter + 1};
      await turn.write(`entering the phase ${phase}`, (appliance) => {
        this.assertOurs(appliance);
        return {missing: missing(appliance.config, this.#keys(record)), value: null};
      });
      this.#renewed = performance.now();
    });
  }

  /** What lock, flag and record are to be from now on, for a write that has more to say. */
  keys(): Readonly<Record<string, string | null>> {
    return this.#keys(this.record);
  }

  /** Throws VCH_ERR_LOCK_LOST unless lock and flag are as we left them. */
  assertOurs({config}: Appliance): void {
    const found = findLease(UPGRADE_LOCK, config);
    if (found === null) throw this.#lostError('somebody removed it');
    if (found.id !== this.id) throw this.#lostError(`${found.owner ?? 'somebody'} has it now`);
    if (UPGRADE_LOCK.isForeign(config)) return;
    throw this.#lostError(
      `somebody cleared ${UPDATE_IN_PROGRESS_KEY} meanwhile, as vic-machine does when its own upgrade or configure ends`,
    );
  }

  /**
   * Says in the lock that its owner stops here, so that nobody has to wait out its lease. Where the flag was cleared
   * beside us the lock goes, too: the next time that the flag is set it is vic-machine's. What fails is told.
   */
  async stop(): Promise<void> {
    this.#end();
    this.#lock = {...this.#lock, stopped: true, counter: this.#lock.counter + 1};
    try {
      await this.#writer.write('noting the stop in the upgrade lock', ({config}) => {
        if (findLease(UPGRADE_LOCK, config)?.id !== this.id) return {missing: null, value: null};
        const wanted = {
          [LOCK_KEY]: UPGRADE_LOCK.isForeign(config) ? encodeLock(this.#lock) : null,
          [UPGRADE_RECORD_KEY]: encodeRecord(this.record),
        };
        return {missing: missing(config, wanted), value: null};
      });
    } catch (error) {
      this.#options.log.warn(
        `the upgrade lock on ${this.#writer.label} could not be marked as stopped: ${toVchError(error).message}`,
      );
    }
  }

  /** Gives the lock back; `also` says what else is to stand or to go with it, the flag among it. */
  async release(also: Readonly<Record<string, string | null>>): Promise<void> {
    this.#end();
    await this.#writer.write<true>('releasing the upgrade lock', (appliance, before) => {
      const found = findLease(UPGRADE_LOCK, appliance.config);
      // What was released by a request whose answer was lost is released.
      if (found?.id !== this.id) {
        if (before === null)
          throw this.#lostError(
            found === null ? 'somebody removed it' : `${found.owner ?? 'somebody'} has it now`,
          );
        return {missing: null, value: true};
      }
      return {missing: missing(appliance.config, {[LOCK_KEY]: null, ...also}), value: true};
    });
  }

  #end(): void {
    clearInterval(this.#heartbeat);
  }

  #keys(record: UpgradeRecord): Readonly<Record<string, string | null>> {
    return {
      [LOCK_KEY]: encodeLock(this.#lock),
      [UPDATE_IN_PROGRESS_KEY]: 'true',
      [UPGRADE_RECORD_KEY]: encodeRecord(record),
    };
  }

  /** Shows a sign of life. That it could not is told and decides nothing: every phase looks at the lock. */
  async #renew(): Promise<void> {
    const silent = (performance.now() - this.#renewed) / 1000;
    // From now on others may take us for dead: nothing new is written.
    if (silent > this.#lock.lease)
      this.#lost.abort(this.#lostError(`it could not be renewed for ${Math.round(silent)} s`));
    if (this.#writer.busy) return;
    try {
      await this.#writer.inTurn(async (turn) => {
        this.#lock = {...this.#lock, counter: this.#lock.counter + 1};
        await turn.write('renewing the upgrade lock', (appliance) => {
          this.assertOurs(appliance);
          return {missing: missing(appliance.config, {[LOCK_KEY]: encodeLock(this.#lock)}), value: null};
        });
        this.#renewed = performance.now();
      });
    } catch (error) {
      const failure = toVchError(error);
      this.#options.log.debug(
        `the upgrade lock on ${this.#writer.label} was not renewed: ${failure.message}`,
      );
      if (failure.code === 'VCH_ERR_LOCK_LOST') this.#lost.abort(failure);
    }
  }

  #lostError(how: string): VchError {
    return new VchError(
      'VCH_ERR_LOCK_LOST',
      `the upgrade lock on ${this.#writer.label} is no longer ours: ${how}. Stopped where it was safe to; see vch-migrate status`,
    );
  }
}
