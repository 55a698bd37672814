import {randomUUID} from 'node:crypto';
import {hasCode, toVchError, VchError} from '../errors.js';
import type {ExtraConfig} from '../extraconfig/extra-config.js';
import {UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import type {Appliance} from '../inventory/appliance.js';
import type {Logger} from '../log.js';
import type {Clock} from '../vim25/clock.js';
import {waitUntil} from '../vim25/retry.js';
import {type ApplianceWriter, missing, type Turn} from './appliance-writer.js';
import {type Machine, processState} from './machine.js';

// Why: docs/decisions/010-renames-take-turns.md, 012-one-writer-owns-the-appliance.md

/** A lease as it stands on an appliance, as far as it can be read: anybody may have written it. */
export interface Found<Seen> {
  readonly raw: string;
  readonly id: string | null;
  /** `user@host` of its process, or who it says it is. */
  readonly owner: string | null;
  /** vSphere user. */
  readonly user: string | null;
  readonly run: string | null;
  /** RFC 3339. */
  readonly since: string | null;
  readonly machine: Machine | null;
  readonly pid: number | null;
  /** When that process was started, by its kernel. */
  readonly started: string | null;
  /** Seconds within which its owner gives a sign of life; the kind's own where it does not say, or says nonsense. */
  readonly leaseTime: number;
  /** Its owner has said that it stopped. */
  readonly stopped: boolean;
  readonly seen: Seen;
}

/**
 * Who holds an appliance, as far as one reading tells. `foreign`: VIC's own flag, without a lease of ours. `unknown`:
 * its owner is dead if the raw value stays the same for `found.leaseTime` by the reader's clock.
 */
export type Holder<Seen> =
  | {readonly state: 'none'}
  | {readonly state: 'foreign'}
  | {readonly state: 'alive' | 'dead' | 'unknown'; readonly found: Found<Seen>};

type Held = Exclude<Holder<unknown>['state'], 'none'>;

/** A kind of lease, as everybody reads it. */
export interface LeaseKind<Seen> {
  /** The ExtraConfig key it stands under. */
  readonly key: string;
  /** `the upgrade lock` */
  readonly name: string;
  /** What its holder does with a VCH: `an upgrade of`. */
  readonly activity: string;
  /** Seconds, where a lease does not say. */
  readonly leaseTime: number;
  /** Seconds. A lease that claims more was not written by this tool, and must not lock everybody out for a day. */
  readonly longest: number;
  /** What it says besides; `null` for what stands there while nobody holds it. */
  decode(members: ReadonlyMap<string, unknown>): Seen | null;
  /** The holder in words, without its owner's state. */
  who(found: Found<Seen>): string;
  /** What a person can do about it. */
  readonly wayOut: Readonly<Record<Held, string>>;
  /** Whether somebody else's mark says that the VCH is taken. */
  isForeign(config: ExtraConfig): boolean;
}

/** The lease under a kind's key; `null` where nobody holds it. One that cannot be read is held, too. */
export function findLease<Seen>(kind: LeaseKind<Seen>, config: ExtraConfig): Found<Seen> | null {
  const raw = config[kind.key] ?? '';
  const text = decodeValue(raw);
  if (text === '') return null;
  const members = jsonMembers(text);
  const seen = kind.decode(members);
  if (seen === null) return null;
  const host = word(members, 'host');
  const leaseTime = number(members, 'lease');
  return {
    raw,
    id: word(members, 'id'),
    owner: word(members, 'owner'),
    user: word(members, 'user'),
    run: word(members, 'run'),
    since: word(members, 'since') ?? word(members, 'time'),
    machine:
      host === null ? null : {host, boot: word(members, 'boot'), pidNamespace: word(members, 'pidNamespace')},
    pid: number(members, 'pid'),
    started: word(members, 'started'),
    leaseTime: leaseTime !== null && leaseTime > 0 && leaseTime <= kind.longest ? leaseTime : kind.leaseTime,
    stopped: members.get('stopped') === true,
    seen,
  };
}

/** Who holds an appliance, and whether the owner lives as far as that can be known without waiting. */
export function readHolder<Seen>(kind: LeaseKind<Seen>, config: ExtraConfig): Holder<Seen> {
  const found = findLease(kind, config);
  if (found !== null) return {state: ownerState(found), found};
  return {state: kind.isForeign(config) ? 'foreign' : 'none'};
}

function ownerState({stopped, machine, pid, started}: Found<unknown>): 'alive' | 'dead' | 'unknown' {
  if (stopped) return 'dead';
  // A run of this very process may have ended without a word: it is watched like any other.
  if (machine === null || pid === null || pid === process.pid) return 'unknown';
  const state = processState(machine, {pid, started});
  return state === 'gone' ? 'dead' : state;
}

/** The words for who holds a VCH, and what to do about it: neither begins a sentence nor ends one. */
export function describeHolder<Seen>(
  kind: LeaseKind<Seen>,
  holder: Exclude<Holder<Seen>, {state: 'none'}>,
  label: string,
): {readonly state: string; readonly wayOut: string} {
  const wayOut = kind.wayOut[holder.state];
  if (holder.state === 'foreign') {
    const state = `vic-machine has set ${UPDATE_IN_PROGRESS_KEY} on ${label}: its upgrade or configure operation is in progress, or died`;
    return {state, wayOut};
  }
  const {found} = holder;
  const [is, owner] = {
    alive: ['is in progress', 'its owner is running'],
    dead: ['was left unfinished', 'its owner is no longer running'],
    unknown: [
      'is in progress or was left unfinished',
      'whether its owner is still running cannot be seen from here',
    ],
  }[holder.state];
  return {state: `${kind.activity} ${label} ${is}: ${kind.who(found)}; ${owner}`, wayOut};
}

/** Throws VCH_ERR_LOCKED if somebody holds the VCH, a dead owner included; `over` is a dead one's that may be taken over. */
export function assertFree<Seen>(
  kind: LeaseKind<Seen>,
  config: ExtraConfig,
  label: string,
  over: string | null = null,
): void {
  const held = heldBy(kind, config, label, over);
  if (held !== null) throw held;
}

/** The same as a value: VCH_ERR_LOCKED, or `null` if nobody holds the VCH. */
export function heldBy<Seen>(
  kind: LeaseKind<Seen>,
  config: ExtraConfig,
  label: string,
  over: string | null = null,
): VchError | null {
  const holder = readHolder(kind, config);
  if (holder.state === 'none') return null;
  if ('found' in holder && holder.found.raw === over) return null;
  return lockedBy(kind, holder, label);
}

function lockedBy<Seen>(
  kind: LeaseKind<Seen>,
  holder: Exclude<Holder<Seen>, {state: 'none'}>,
  label: string,
): VchError {
  const {state, wayOut} = describeHolder(kind, holder, label);
  return new VchError('VCH_ERR_LOCKED', `${state}. Nothing was written. ${wayOut}`);
}

/** Milliseconds: often at first, as tests have short leases, then once a second. */
const watchEvery = (n: number): number => Math.min(25 * 2 ** n, 1000);

/** How long a lease has stayed the same, by our own clock: that of its owner may be wrong. */
export class SignOfLife {
  readonly #clock: Clock;
  #raw: string | null = null;
  #since = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes note of a reading: whether it is the first one, shows a change, or the lease has not changed for its lease time. */
  look({raw, leaseTime}: Found<unknown>): 'first' | 'changed' | 'same' | 'over' {
    const before = this.#raw;
    if (raw !== before) {
      this.#raw = raw;
      this.#since = this.#clock.now();
      return before === null ? 'first' : 'changed';
    }
    return this.#clock.now() - this.#since >= leaseTime * 1000 ? 'over' : 'same';
  }
}

/** How a command that takes a lease over from a dead owner looks at it first. */
export interface WatchOptions {
  /** The lease that is meant; any other is VCH_ERR_LOCKED. */
  readonly lockId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
}

/**
 * Waits until it is certain that a lease's owner is dead, and gives the raw value to take over, `null` where there is
 * no lease, with the reading that showed it. VCH_ERR_LOCKED where the owner lives, or somebody else's mark stands alone.
 */
export async function watchOwner<Seen>(
  writer: ApplianceWriter,
  kind: LeaseKind<Seen>,
  {lockId, signal, log}: WatchOptions,
): Promise<{readonly over: string | null; readonly appliance: Appliance}> {
  const {label} = writer;
  const {clock} = writer.session;
  const life = new SignOfLife(clock);
  const ended = await waitUntil(
    {clock, signal},
    {every: watchEvery, within: Number.POSITIVE_INFINITY},
    async () => {
      const appliance = await writer.read();
      const holder = readHolder(kind, appliance.config);
      if (holder.state === 'none') return {over: null, appliance};
      if (holder.state === 'foreign') throw lockedBy(kind, holder, label);
      const {found, state} = holder;
      if (lockId !== undefined && found.id !== lockId)
        throw new VchError(
          'VCH_ERR_LOCKED',
          `${kind.name} on ${label} is not ${lockId}: it is held by ${kind.who(found)}. Nothing was written; vch-migrate status shows the lock`,
        );
      if (state === 'alive') throw lockedBy(kind, holder, label);
      if (state === 'dead') return {over: found.raw, appliance};
      switch (life.look(found)) {
        case 'first':
          log.info(
            `${describeHolder(kind, holder, label).state}; watching for a sign of life for up to ${found.leaseTime} s`,
          );
          return null;
        case 'changed':
          throw lockedBy(kind, {state: 'alive', found}, label);
        case 'same':
          return null;
        case 'over':
          return {over: found.raw, appliance};
      }
    },
  );
  if (ended !== null) return ended;
  throw new VchError(
    'VCH_ERR_INTERRUPTED',
    `stopped while watching whether the owner of ${kind.name} on ${label} is still running; nothing was written, run the same command again`,
  );
}

/** Raw values by key; `null` is a key that is not to be there. */
export type Keys = Readonly<Record<string, string | null>>;

/** Who takes a lease. */
export interface LeaseOptions {
  readonly runId: string;
  readonly user: string;
  readonly toolVersion: string;
  /** Seconds; the kind's own where it is left out. */
  readonly leaseTime?: number | undefined;
  readonly log: Logger;
}

/** Who holds a lease, since when. */
export interface Owner extends Omit<LeaseOptions, 'log'> {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
}

/** Its sign of life: the counter goes up with every write, `stopped` says that there will be no other. */
export interface Pulse {
  readonly counter: number;
  readonly leaseTime: number;
  readonly stopped: boolean;
}

/** A kind of lease, as its owner writes it. */
export interface LeaseSpec<Body, Seen> extends LeaseKind<Seen> {
  /** The raw value. Releases before this one have to read it. */
  encode(owner: Owner, pulse: Pulse, body: Body): string;
  /** What is written with it every time. */
  beside(body: Body): Keys;
  /** What is still written, without the lease, when the owner stops and has lost it. */
  afterLoss(body: Body): Keys;
  /** Seconds within which the owner can give a sign of life, `base` where nothing hinders it. */
  leaseTimeOf(body: Body, base: number): number;
  /** What a write of that body is called. */
  updating(body: Body): string;
  /** Throws what forbids to take it, besides another holder. */
  assertMayTake(config: ExtraConfig, label: string): void;
  /** Why it is lost although its id still stands there. */
  broken(config: ExtraConfig, label: string): VchError | null;
  /** What became of the owner's work when it lost the lease, and what to run. */
  readonly afterLosing: string;
}

/** VCH_ERR_LOCK_LOST. */
export function leaseLost(
  spec: Pick<LeaseSpec<unknown, unknown>, 'name' | 'afterLosing'>,
  label: string,
  how: string,
): VchError {
  return new VchError(
    'VCH_ERR_LOCK_LOST',
    `${spec.name} on ${label} is no longer ours: ${how}. ${spec.afterLosing}`,
  );
}

interface Acquired<Body> {
  /** The reading that it was taken on. */
  readonly found: Appliance;
  readonly body: Body;
}

/** A lease of this process: its key, and what its owner keeps beside it, in one guarded write each time. */
export class Lease<Body> {
  readonly id: string;
  readonly #writer: ApplianceWriter;
  readonly #spec: LeaseSpec<Body, unknown>;
  readonly #log: Logger;
  readonly #owner: Owner;
  readonly #base: number;
  readonly #clock: Clock;
  /** The appliance before it was taken. */
  readonly #found: Appliance;
  #body: Body;
  #counter = 0;
  /** When its last sign of life was written. */
  #renewed: number;
  /** Those who wait for the same proof. */
  #proof: Promise<void> | null = null;
  readonly #over = new AbortController();
  readonly #lost = new AbortController();

  private constructor(
    writer: ApplianceWriter,
    spec: LeaseSpec<Body, unknown>,
    {log, ...owner}: LeaseOptions & Owner,
    {found, body}: Acquired<Body>,
  ) {
    this.id = owner.id;
    this.#writer = writer;
    this.#spec = spec;
    this.#log = log;
    this.#owner = owner;
    this.#base = owner.leaseTime ?? spec.leaseTime;
    this.#clock = writer.session.clock;
    this.#found = found;
    this.#body = body;
    this.#renewed = this.#clock.now();
  }

  /**
   * Takes a lease if nobody holds it, or if `over` is its raw value and the owner is dead. `make` makes the body from
   * the reading that the lease is taken on, or throws what speaks against it. VCH_ERR_LOCKED if somebody holds it.
   */
  static async acquire<Body>(
    writer: ApplianceWriter,
    spec: LeaseSpec<Body, unknown>,
    options: LeaseOptions,
    {over, make}: {readonly over: string | null; make(found: Appliance): Promise<Body>},
  ): Promise<{readonly lease: Lease<Body>; readonly found: Appliance}> {
    const owner = {...options, id: randomUUID(), since: new Date().toISOString()};
    const leaseOf = (acquired: Acquired<Body>) => new Lease(writer, spec, owner, acquired);
    const ended = await writer.tryWrite<Acquired<Body>>(`taking ${spec.name}`, async (now, before) => {
      if (before !== null && findLease(spec, now.config)?.id === owner.id)
        return {missing: null, value: before};
      assertFree(spec, now.config, writer.label, over);
      spec.assertMayTake(now.config, writer.label);
      const acquired = {found: now, body: await make(now)};
      return {missing: missing(now.config, leaseOf(acquired).keys()), value: acquired};
    });
    if (ended.status === 'done') {
      const lease = leaseOf(ended.value.value);
      void lease.#keepAlive();
      return {lease, found: ended.value.value.found};
    }
    // The answer may have been lost, and the lease be there all the same.
    if (ended.last !== null) await leaseOf(ended.last.value).undo();
    throw ended.error;
  }

  get body(): Body {
    return this.#body;
  }

  /** Changes the body from the next write on. */
  amend(change: Partial<Body>): void {
    this.#body = {...this.#body, ...change};
  }

  /** Aborted when another owner or a cleared flag was seen. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** What stands on the appliance while it is held, for a write that has more to say. */
  keys(stopped = false): Keys {
    const {leaseTimeOf, encode, beside, key} = this.#spec;
    const pulse = {counter: this.#counter, leaseTime: leaseTimeOf(this.#body, this.#base), stopped};
    return {[key]: encode(this.#owner, pulse, this.#body), ...beside(this.#body)};
  }

  /** Writes another body, which proves that the lease is still ours. */
  async update(body: Body): Promise<void> {
    await this.#writer.inTurn((turn) => {
      this.#body = body;
      return this.#prove(turn, this.#spec.updating(body));
    });
  }

  /**
   * Call it before anything new is started. An owner that was silent for its lease time may be taken for dead, so it
   * first proves by a write that the lease is still its own. Rejects if it cannot.
   */
  async assertFresh(): Promise<void> {
    this.lost.throwIfAborted();
    const silence = this.#clock.now() - this.#renewed;
    if (silence <= this.#spec.leaseTimeOf(this.#body, this.#base) * 1000) return;
    this.#proof ??= this.#writer
      .inTurn((turn) => this.#prove(turn, `renewing ${this.#spec.name}`))
      .finally(() => {
        this.#proof = null;
      });
    await this.#proof;
  }

  /** Throws VCH_ERR_LOCK_LOST, or what the kind has to say, unless the lease stands there as we left it. */
  assertOurs({config}: Appliance): void {
    if (!this.#isIn(config)) throw this.#lostIn(config);
    const broken = this.#spec.broken(config, this.#writer.label);
    if (broken !== null) throw broken;
  }

  /** Gives it back: `vacant` stays under its key, and `also` is written with it. VCH_ERR_LOCK_LOST if it is not ours. */
  async release(vacant: string | null, also: Keys = {}): Promise<void> {
    this.close();
    await this.#writer.write<true>(`releasing ${this.#spec.name}`, ({config}, before) => {
      if (this.#isIn(config))
        return {missing: missing(config, {[this.#spec.key]: vacant, ...also}), value: true};
      // What was released by a request whose answer was lost is released.
      if (before === null) throw this.#lostIn(config);
      return {missing: null, value: true};
    });
  }

  /** Says that its owner stops here, so that nobody has to wait out the lease time. A failure is only logged. */
  async stop(): Promise<void> {
    this.close();
    this.#counter += 1;
    const {key, afterLoss, broken, name} = this.#spec;
    const stopped = this.keys(true);
    const ended = await this.#writer.tryWrite(`noting the stop in ${name}`, ({config}) => {
      if (!this.#isIn(config)) return {missing: null, value: null};
      const wanted =
        broken(config, this.#writer.label) === null ? stopped : {[key]: null, ...afterLoss(this.#body)};
      return {missing: missing(config, wanted), value: null};
    });
    if (ended.status !== 'done')
      this.#log.warn(
        `${name} on ${this.#writer.label} could not be marked as stopped: ${ended.error.message}`,
      );
  }

  /** Puts back what taking it found, where nothing was done under it. A failure is only logged. */
  async undo(): Promise<void> {
    this.close();
    const {key, beside, name} = this.#spec;
    const before = Object.fromEntries(
      [key, ...Object.keys(beside(this.#body))].map((each) => [each, this.#found.config[each] ?? null]),
    );
    const ended = await this.#writer.tryWrite(`giving ${name} back`, ({config}) => ({
      missing: this.#isIn(config) ? missing(config, before) : null,
      value: null,
    }));
    if (ended.status !== 'done')
      this.#log.warn(
        `cannot tell whether ${name} still stands on ${this.#writer.label}: ${ended.error.message}; vch-migrate status shows it`,
      );
  }

  /** Ends the signs of life. */
  close(): void {
    this.#over.abort();
  }

  async #keepAlive(): Promise<void> {
    const {signal} = this.#over;
    while (!signal.aborted) {
      await this.#clock.sleep((this.#base * 1000) / 3, {signal, ref: false});
      // Whoever is at work on the appliance writes the lease, too, or looks at it before the next step.
      if (!signal.aborted && !this.#writer.busy) await this.#renew();
    }
  }

  /** Gives a sign of life. A failure decides nothing, however long it lasts: only what is seen on the appliance does. */
  async #renew(): Promise<void> {
    try {
      await this.#writer.inTurn((turn) => this.#prove(turn, `renewing ${this.#spec.name}`));
    } catch (error) {
      const failure = toVchError(error);
      const silence = Math.round((this.#clock.now() - this.#renewed) / 1000);
      this.#log.debug(
        `${this.#spec.name} on ${this.#writer.label} was not renewed for ${silence} s: ${failure.message}`,
      );
      if (hasCode(failure, 'VCH_ERR_LOCK_LOST')) this.#lost.abort(failure);
    }
  }

  async #prove(turn: Turn, what: string): Promise<void> {
    this.#counter += 1;
    const keys = this.keys();
    await turn.write(what, (now) => {
      this.assertOurs(now);
      return {missing: missing(now.config, keys), value: null};
    });
    this.#renewed = this.#clock.now();
  }

  #isIn(config: ExtraConfig): boolean {
    return findLease(this.#spec, config)?.id === this.id;
  }

  #lostIn(config: ExtraConfig): VchError {
    const found = findLease(this.#spec, config);
    const how = found === null ? 'it was removed' : `${found.owner ?? 'an unknown owner'} has it now`;
    return leaseLost(this.#spec, this.#writer.label, how);
  }
}

/** A member that is a string. */
export function word(members: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = members.get(name);
  return typeof value === 'string' ? value : null;
}

function number(members: ReadonlyMap<string, unknown>, name: string): number | null {
  const value = members.get(name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The members of a JSON object in a text; none where it is no such text. */
export function jsonMembers(text: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    return new Map();
  }
}
