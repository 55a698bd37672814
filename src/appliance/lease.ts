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

/** A lease as found on an appliance, as far as it can be read: any program may have written it. */
export type Found<Seen = unknown> = ReturnType<typeof readMembers> & {
  readonly raw: string;
  readonly seen: Seen;
};

/**
 * Who holds an appliance, as far as one reading shows. `foreign`: VIC's own flag is set, without a lease of ours.
 * `unknown`: the owner is dead if the raw value does not change for `found.leaseTime` by the reader's clock.
 */
export type Holder<Seen = unknown> =
  | {readonly state: 'none'}
  | {readonly state: 'foreign'}
  | {readonly state: 'alive' | 'dead' | 'unknown'; readonly found: Found<Seen>};

/** A holder, where there is one. */
export type Held<Seen = unknown> = Exclude<Holder<Seen>, {state: 'none'}>;

/**
 * How long each kind of lease lasts, in seconds: `normal` between two signs of life, `still` in a step during which the
 * appliance takes no writes, and `longest`, above which a lease was not written by this tool and must not lock everyone
 * out for a day.
 */
export const LEASE_TIMES = {
  // As long as one call to vCenter may take.
  upgrade: {normal: 120, still: 900, longest: 3600},
  rename: {normal: 30, longest: 600},
} as const;

/** A kind of lease, as every command reads it. */
export interface LeaseKind<Seen = unknown> {
  /** Its ExtraConfig key. */
  readonly key: string;
  /** `the upgrade lock` */
  readonly name: string;
  /** What its holder does with a VCH: `an upgrade of`. */
  readonly activity: string;
  /** Seconds, for a lease that does not state its own. */
  readonly leaseTime: number;
  /** Seconds; see `LEASE_TIMES`. */
  readonly longest: number;
  /** Decodes its other members; `null` if they mean that nobody holds it. */
  decode(members: ReadonlyMap<string, unknown>): Seen | null;
  /** Describes the holder, without the state of its owner. */
  who(found: Found<Seen>): string;
  /** What a person can do about it. */
  readonly wayOut: Readonly<Record<Exclude<Held['state'], 'foreign'>, string>>;
  /** Whether another tool's mark says that the VCH is taken. */
  isForeign(config: ExtraConfig): boolean;
}

/** The lease under a kind's key; `null` if nobody holds it. A lease that cannot be read is held, too. */
export function findLease<Seen>(kind: LeaseKind<Seen>, config: ExtraConfig): Found<Seen> | null {
  const raw = config[kind.key] ?? '';
  const text = decodeValue(raw);
  if (text === '') return null;
  const members = jsonMembers(text);
  const seen = kind.decode(members);
  return seen === null ? null : {...readMembers(members, kind), raw, seen};
}

/** Reads what every kind of lease says; `null` for what is not there. */
function readMembers(members: ReadonlyMap<string, unknown>, kind: Pick<LeaseKind, 'leaseTime' | 'longest'>) {
  const host = word(members, 'host');
  const leaseTime = number(members, 'lease') ?? 0;
  const machine: Machine | null =
    host === null ? null : {host, boot: word(members, 'boot'), pidNamespace: word(members, 'pidNamespace')};
  return {
    id: word(members, 'id'),
    /** `user@host` of its process. */
    owner: word(members, 'owner'),
    /** vSphere user. */
    user: word(members, 'user'),
    run: word(members, 'run'),
    /** RFC 3339. */
    since: word(members, 'since') ?? word(members, 'time'),
    machine,
    pid: number(members, 'pid'),
    /** When that process was started, according to its kernel. */
    started: word(members, 'started'),
    /** Seconds within which its owner shows a sign of life. */
    leaseTime: leaseTime > 0 && leaseTime <= kind.longest ? leaseTime : kind.leaseTime,
    /** Whether its owner has recorded that it stopped. */
    stopped: members.get('stopped') === true,
  };
}

/** Who holds an appliance, and whether the owner is alive as far as that can be known without waiting. */
export function readHolder<Seen>(kind: LeaseKind<Seen>, config: ExtraConfig): Holder<Seen> {
  const found = findLease(kind, config);
  if (found !== null) return {state: ownerState(found), found};
  return {state: kind.isForeign(config) ? 'foreign' : 'none'};
}

function ownerState({stopped, machine, pid, started}: Found): 'alive' | 'dead' | 'unknown' {
  if (stopped) return 'dead';
  // A run in this very process may have ended without releasing it: it is watched like any other.
  if (machine === null || pid === null || pid === process.pid) return 'unknown';
  const state = processState(machine, {pid, started});
  return state === 'gone' ? 'dead' : state;
}

/** Describes who holds a VCH, and what to do about it. Neither text begins with a capital letter or ends with a full stop. */
export function describeHolder(
  kind: LeaseKind,
  holder: Held,
  label: string,
): {readonly state: string; readonly wayOut: string} {
  if (holder.state === 'foreign') return describeFlag(label);
  const wayOut = kind.wayOut[holder.state];
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

/** VIC's flag alone says nothing of its owner, so only a person can decide to clear it. */
function describeFlag(label: string): {readonly state: string; readonly wayOut: string} {
  // The label may go on after the id: `vch1 (vm-101), which is powered off,`.
  const [, id = ''] = /.*\(([^()]*)\)/.exec(label) ?? [];
  return {
    state: `${UPDATE_IN_PROGRESS_KEY} is set on ${label.replace(/,$/, '')}: an upgrade or configure operation of vic-machine is in progress, or has died`,
    wayOut:
      'Let it finish; vch-migrate status shows when it has. If it died, nothing clears the flag by itself: make sure that no vic-machine is running for this VCH on any machine, ' +
      `then run govc vm.change -vm VirtualMachine:${id} -e ${UPDATE_IN_PROGRESS_KEY}=false, as vic-machine upgrade --reset-progress does. ` +
      'The risk: if vic-machine is still running, both tools change the VCH at the same time and may leave it broken; if it died halfway, the VCH may be half-upgraded: vch-migrate status says how far it came, and which commands end it',
  };
}

/** Throws VCH_ERR_LOCKED if the VCH is held, even if the owner is dead. */
export function assertFree(kind: LeaseKind, config: ExtraConfig, label: string): void {
  const held = heldBy(kind, config, label);
  if (held !== null) throw held;
}

/** VCH_ERR_LOCKED as a value; `null` if nobody holds the VCH. */
export function heldBy(kind: LeaseKind, config: ExtraConfig, label: string): VchError | null {
  const holder = readHolder(kind, config);
  return holder.state === 'none' ? null : lockedBy(kind, holder, label);
}

function lockedBy(kind: LeaseKind, holder: Held, label: string): VchError {
  const {state, wayOut} = describeHolder(kind, holder, label);
  return new VchError('VCH_ERR_LOCKED', `${state}. Nothing was written. ${wayOut}`);
}

/** Milliseconds: often at first, for short leases, then once a second. */
const watchEvery = (n: number): number => Math.min(25 * 2 ** n, 1000);

/**
 * Watches how long a lease stays the same, by our own clock: that of its owner may be wrong. Each look says whether it
 * is the first one, the lease has changed since the last, or has not changed for its lease time.
 */
export function signOfLife(clock: Clock): (found: Found) => 'first' | 'changed' | 'same' | 'over' {
  let last: string | null = null;
  let since = 0;
  return ({raw, leaseTime}) => {
    const before = last;
    if (raw === before) return clock.now() - since >= leaseTime * 1000 ? 'over' : 'same';
    last = raw;
    since = clock.now();
    return before === null ? 'first' : 'changed';
  };
}

/** How a command watches a lease before it takes it over from a dead owner. */
export interface WatchOptions {
  /** The only lease that may be taken over. */
  readonly lockId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly log: Logger;
}

/**
 * Waits until it is certain that a lease's owner is dead, and gives the raw value to take over (`null` if there is no
 * lease) with the reading that showed it. VCH_ERR_LOCKED if the owner is alive, or only another tool's mark is there.
 */
export async function watchOwner(
  writer: ApplianceWriter,
  kind: LeaseKind,
  {lockId, signal, log}: WatchOptions,
): Promise<{readonly over: string | null; readonly appliance: Appliance}> {
  const {label} = writer;
  const {clock} = writer.session;
  const look = signOfLife(clock);
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
      const sign = state === 'unknown' ? look(found) : null;
      if (state === 'alive' || sign === 'changed') throw lockedBy(kind, {state: 'alive', found}, label);
      if (state === 'dead' || sign === 'over') return {over: found.raw, appliance};
      if (sign === 'first')
        log.info(
          `${describeHolder(kind, holder, label).state}; watching for a sign of life for up to ${found.leaseTime} s`,
        );
      return null;
    },
  );
  if (ended !== null) return ended;
  throw new VchError(
    'VCH_ERR_INTERRUPTED',
    `stopped while watching whether the owner of ${kind.name} on ${label} is still running; nothing was written, run the same command again`,
  );
}

/** Raw values by key; `null` for a key that must be absent. */
export type Keys = Readonly<Record<string, string | null>>;

/** Who acquires a lease. */
export interface LeaseOptions {
  readonly runId: string;
  readonly user: string;
  readonly toolVersion: string;
  /** Seconds; by default the kind's own. */
  readonly leaseTime?: number | undefined;
  readonly log: Logger;
}

/** Who holds a lease, and since when. */
export interface Owner extends Omit<LeaseOptions, 'log'> {
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
}

/** Its sign of life: every write increments the counter; `stopped` says that there will be no further one. */
export interface Pulse {
  readonly counter: number;
  readonly leaseTime: number;
  readonly stopped: boolean;
}

/** A kind of lease, as its owner writes it. */
export interface LeaseSpec<Body> extends LeaseKind {
  /** The raw value. Earlier releases must be able to read it. */
  encode(owner: Owner, pulse: Pulse, body: Body): string;
  /** The other keys of every write. */
  beside(body: Body): Keys;
  /** What the owner still writes, without the lease, when it stops after losing it. */
  afterLoss(body: Body): Keys;
  /** Seconds within which the owner can show a sign of life; normally `base`. */
  leaseTimeOf(body: Body, base: number): number;
  /** Names a write of that body. */
  updating(body: Body): string;
  /** Throws if anything but another holder forbids to acquire it. */
  assertMayTake(config: ExtraConfig, label: string): void;
  /** Why it is lost although its id is still there. */
  broken(config: ExtraConfig, label: string): VchError | null;
  /** What happened to the owner's work when it lost the lease, and what to run. */
  readonly afterLosing: string;
}

/** VCH_ERR_LOCK_LOST. */
export function leaseLost(
  spec: Pick<LeaseSpec<unknown>, 'name' | 'afterLosing'>,
  label: string,
  how: string,
): VchError {
  return new VchError(
    'VCH_ERR_LOCK_LOST',
    `${spec.name} on ${label} is no longer ours: ${how}. ${spec.afterLosing}`,
  );
}

/** A lease of this process: its key, and what its owner keeps beside it, in one guarded write each time. */
export class Lease<Body> {
  readonly id: string;
  readonly #writer: ApplianceWriter;
  readonly #spec: LeaseSpec<Body>;
  readonly #log: Logger;
  readonly #owner: Owner;
  readonly #base: number;
  readonly #clock: Clock;
  /** The reading that it was acquired on. */
  readonly found: Appliance;
  #body: Body;
  #counter = 0;
  /** When its last sign of life was written. */
  #renewed: number;
  /** The proof that callers of `assertFresh` are waiting for. */
  #proof: Promise<void> | null = null;
  /** The id of the lease that a revert of ours puts there. */
  #reverted: string | null = null;
  readonly #over = new AbortController();
  readonly #lost = new AbortController();
  /** Aborted when another owner or a cleared flag was seen. */
  readonly lost: AbortSignal = this.#lost.signal;

  private constructor(
    writer: ApplianceWriter,
    spec: LeaseSpec<Body>,
    {log, ...owner}: LeaseOptions & Owner,
    found: Appliance,
    body: Body,
  ) {
    this.id = owner.id;
    this.#writer = writer;
    this.#spec = spec;
    this.#log = log;
    this.#owner = owner;
    this.#base = owner.leaseTime ?? spec.leaseTime;
    this.#clock = writer.session.clock;
    this.found = found;
    this.#body = body;
    this.#renewed = this.#clock.now();
  }

  /**
   * Acquires a lease if nobody holds it, or if `over` is its raw value and the owner is dead. `make` makes the body from
   * the reading that it is acquired on, or throws what prevents that. VCH_ERR_LOCKED if it is held.
   */
  static async acquire<Body>(
    writer: ApplianceWriter,
    spec: LeaseSpec<Body>,
    options: LeaseOptions,
    {over, make}: {readonly over: string | null; make(found: Appliance): Promise<Body>},
  ): Promise<Lease<Body>> {
    const owner = {...options, id: randomUUID(), since: new Date().toISOString()};
    const ended = await writer.tryWrite<Lease<Body>>(`taking ${spec.name}`, async (now, before) => {
      const there = findLease(spec, now.config);
      if (before !== null && there?.id === owner.id) return {missing: null, value: before};
      if (there?.raw !== over) assertFree(spec, now.config, writer.label);
      spec.assertMayTake(now.config, writer.label);
      const lease = new Lease(writer, spec, owner, now, await make(now));
      return {missing: missing(now.config, lease.keys()), value: lease};
    });
    if (ended.status === 'done') {
      void ended.value.value.#keepAlive();
      return ended.value.value;
    }
    // The answer may have been lost although the lease was written.
    await ended.last?.value.undo();
    throw ended.error;
  }

  get body(): Body {
    return this.#body;
  }

  /** Changes the body from the next write on. */
  amend(change: Partial<Body>): void {
    this.#body = {...this.#body, ...change};
  }

  /** What is on the appliance while it is held, for a write that has more to add. */
  keys(stopped = false): Keys {
    const {leaseTimeOf, encode, beside, key} = this.#spec;
    const pulse = {counter: this.#counter, leaseTime: leaseTimeOf(this.#body, this.#base), stopped};
    return {[key]: encode(this.#owner, pulse, this.#body), ...beside(this.#body)};
  }

  /** Writes a change to the body, which proves that the lease is still ours. */
  async update(change: Partial<Body>): Promise<void> {
    await this.#writer.inTurn((turn) => {
      this.amend(change);
      return this.#prove(turn, this.#spec.updating(this.#body));
    });
  }

  /**
   * Call it before anything new is started. Others may take an owner for dead that was silent for its lease time, so it
   * first proves by a write that the lease is still its own. Rejects if it cannot.
   */
  async assertFresh(): Promise<void> {
    this.lost.throwIfAborted();
    const silence = this.#clock.now() - this.#renewed;
    if (silence <= this.#spec.leaseTimeOf(this.#body, this.#base) * 1000) return;
    this.#proof ??= this.#renew().finally(() => {
      this.#proof = null;
    });
    await this.#proof;
  }

  /** Throws VCH_ERR_LOCK_LOST, or the error of its kind, unless the lease is there as we left it. */
  assertOurs({config}: Appliance): void {
    if (!this.#isIn(config)) throw this.#lostIn(config);
    const broken = this.#spec.broken(config, this.#writer.label);
    if (broken !== null) throw broken;
  }

  /** A revert to that configuration is about to be sent: the lease in it is ours, too, until the next write. */
  reverting(config: ExtraConfig): void {
    this.#reverted = findLease(this.#spec, config)?.id ?? null;
  }

  /**
   * Releases it: `vacant` remains under its key, and `also` is written with it. VCH_ERR_LOCK_LOST if it is not ours.
   * Gives the failure that kept us from reading back a release that succeeded, or `null`.
   */
  async release(vacant: string | null, also: Keys = {}): Promise<VchError | null> {
    this.close();
    const ended = await this.#writer.tryWrite<true>(`releasing ${this.#spec.name}`, ({config}, before) => {
      if (this.#isIn(config))
        return {missing: missing(config, {[this.#spec.key]: vacant, ...also}), value: true};
      // A request whose answer was lost may have released it.
      if (before === null) throw this.#lostIn(config);
      return {missing: null, value: true};
    });
    if (ended.status === 'done') return null;
    if (ended.unseen) return ended.error;
    throw ended.error;
  }

  /** Records that its owner stops here, so that nobody has to wait for the lease time to pass. A failure is only logged. */
  async stop(): Promise<void> {
    this.#counter += 1;
    const {key, afterLoss, broken, name} = this.#spec;
    const {label} = this.#writer;
    const stopped = this.keys(true);
    await this.#tidyUp(
      `noting the stop in ${name}`,
      `${name} on ${label} could not be marked as stopped`,
      (config) => (broken(config, label) === null ? stopped : {[key]: null, ...afterLoss(this.#body)}),
    );
  }

  /** Restores what it was acquired on, if nothing was done under it. A failure is only logged. */
  async undo(): Promise<void> {
    const {key, beside, name} = this.#spec;
    const before = Object.fromEntries(
      [key, ...Object.keys(beside(this.#body))].map((each) => [each, this.found.config[each] ?? null]),
    );
    await this.#tidyUp(
      `giving ${name} back`,
      `cannot tell whether ${name} is still on ${this.#writer.label}, which vch-migrate status shows`,
      () => before,
    );
  }

  async #tidyUp(what: string, failed: string, keys: (config: ExtraConfig) => Keys): Promise<void> {
    this.close();
    const ended = await this.#writer.tryWrite(what, ({config}) => ({
      missing: this.#isIn(config) ? missing(config, keys(config)) : null,
      value: null,
    }));
    if (ended.status !== 'done') this.#log.warn(`${failed}: ${ended.error.message}`);
  }

  /** Ends its signs of life. */
  close(): void {
    this.#over.abort();
  }

  /** A renewal that fails decides nothing, however long that lasts: only what is seen on the appliance does. */
  async #keepAlive(): Promise<void> {
    const {signal} = this.#over;
    for (;;) {
      await this.#clock.sleep((this.#base * 1000) / 3, {signal, ref: false});
      if (signal.aborted) return;
      // Whatever else writes to the appliance writes the lease, too, or looks at it before the next step.
      if (this.#writer.busy) continue;
      try {
        await this.#renew();
      } catch (error) {
        const failure = toVchError(error);
        const silence = Math.round((this.#clock.now() - this.#renewed) / 1000);
        this.#log.debug(
          `${this.#spec.name} on ${this.#writer.label} was not renewed for ${silence} s: ${failure.message}`,
        );
        if (hasCode(failure, 'VCH_ERR_LOCK_LOST')) this.#lost.abort(failure);
      }
    }
  }

  #renew(): Promise<void> {
    return this.#writer.inTurn((turn) => this.#prove(turn, `renewing ${this.#spec.name}`));
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
    const id = findLease(this.#spec, config)?.id ?? null;
    return id === this.id || (id !== null && id === this.#reverted);
  }

  #lostIn(config: ExtraConfig): VchError {
    const found = findLease(this.#spec, config);
    const how = found === null ? 'it was removed' : `${found.owner ?? 'an unknown owner'} has it now`;
    return leaseLost(this.#spec, this.#writer.label, how);
  }
}

/** A member that is a string, or `null`. */
export function word(members: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = members.get(name);
  return typeof value === 'string' ? value : null;
}

function number(members: ReadonlyMap<string, unknown>, name: string): number | null {
  const value = members.get(name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** The members of a JSON object; none if the text is not one. */
export function jsonMembers(text: string): ReadonlyMap<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []);
  } catch {
    return new Map();
  }
}
