import {randomUUID} from 'node:crypto';
import {mkdtemp, open, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ProgressEvent} from '../containers/outcome.js';
import {VchError} from '../errors.js';
import {LOCK_KEY} from '../extraconfig/keys.js';
import type {IsoInfo} from '../iso/iso-info.js';
import {silent} from '../log.js';
import type {Fixture} from '../simulator/simulator.js';
import {type UpgradeOutcome, type UpgradeResult, willUpload} from '../vch-upgrade/outcome.js';
import {resumeVch} from '../vch-upgrade/resume.js';
import {rollbackVch} from '../vch-upgrade/rollback.js';
import {STEPS} from '../vch-upgrade/steps.js';
import {upgradeVch} from '../vch-upgrade/upgrade.js';
import type {UpgradeOptions} from '../vch-upgrade/vch-target.js';
import type {Session} from '../vim25/session.js';
import {type Copy, type CopyTimes, differing, mortal, stateOf, withCopy} from './copy.js';
import {FAILURES, type Failure} from './failures.js';

/** How a run on the copy ended, and how long it took there. */
export interface Played {
  readonly result: UpgradeResult;
  /** Why it ended otherwise than it should. */
  readonly error: VchError | null;
  /** Milliseconds. */
  readonly took: number;
  /** Milliseconds in which docker did not answer; `null` if it did not answer at the end. */
  readonly outage: number | null;
}

/** What a failure led to. */
export interface PlayedFailure {
  readonly name: Failure['name'];
  readonly title: string;
  readonly upgrade: Played;
  /** What a person then ran, and how that ended; `null` if the upgrade came through by itself. */
  readonly next: Failure['next'];
  readonly repair: Played | null;
}

/** An upgrade that was played on a copy, its rollback, and the failures. */
export interface Rehearsal {
  readonly outcome: UpgradeOutcome;
  readonly times: CopyTimes;
  readonly upgrade: Played;
  /** Absent where the upgrade changed nothing that could be taken back. */
  readonly rollback?: Played & {
    /** Ids of VMs that are not as they were before. */
    readonly differing: readonly string[];
  };
  readonly failures: readonly PlayedFailure[];
  /** Titles of those that cannot happen: this upgrade has no such step. */
  readonly missed: readonly string[];
}

/** What a rehearsal takes: the options of the upgrade that it plays. */
export interface RehearsalOptions extends UpgradeOptions {
  readonly times: CopyTimes;
  /** Milliseconds for which an unreachable vCenter is waited for while the appliance is up. */
  readonly retryFor?: number | undefined;
}

/**
 * Makes the checks of an upgrade on the VCH itself, or on what stands for it. Plays the upgrade and its rollback on a copy in
 * the simulator, and then the upgrade again with each of the failures. Rejects with what would stop the upgrade before its
 * first write.
 */
export async function rehearse(
  session: Session,
  fixture: Fixture,
  given: RehearsalOptions,
): Promise<Rehearsal> {
  const folder = await mkdtemp(join(tmpdir(), 'vch-migrate-'));
  try {
    const {times, retryFor} = given;
    const looking = {permit: undefined, confirm: undefined, journal: undefined, dryRun: true};
    const planned = await upgradeVch(session, {...given, ...looking});
    const blocked = planned.upgrade.result !== 'planned' || planned.checks.some(isFailed);
    if (blocked)
      return {
        outcome: planned,
        times,
        upgrade: {...NOTHING, result: planned.upgrade.result},
        failures: [],
        missed: [],
      };
    const refused = await refusal(given, planned);
    if (refused !== null) {
      const notStarted = {...NOTHING, result: 'not-started' as const, error: refused};
      const outcome = {...planned, upgrade: {...planned.upgrade, result: notStarted.result, error: refused}};
      return {outcome, times, upgrade: notStarted, failures: [], missed: []};
    }
    const options = {
      ...quiet(given),
      // A copy has the morefs of the VCH itself.
      vch: {id: planned.vch.id},
      applianceIso: await standIn(given.applianceIso, folder),
      bootstrapIso: await standIn(given.bootstrapIso, folder),
    };
    given.onProgress?.({
      type: 'phase',
      phase: 'rehearse',
      label: 'playing the upgrade and its rollback',
      total: null,
    });
    const whole = await withCopy(fixture, {times}, (copy) => playWhole(copy, options));
    const failures: PlayedFailure[] = [];
    const missed: string[] = [];
    const small = withFew(fixture, planned);
    if (whole.rollback !== undefined)
      for (const failure of FAILURES) {
        options.signal?.throwIfAborted();
        given.onProgress?.({
          type: 'phase',
          phase: 'rehearse',
          label: `playing: ${failure.title}`,
          total: null,
        });
        // The whole VCH has the number that is expected.
        const few = {...options, poll: POLL, expect: undefined};
        const played = await withCopy(small, {times, retryFor}, (copy) => playFailure(copy, few, failure));
        if (played === null) missed.push(failure.title);
        else failures.push(played);
      }
    const outcome = {...whole.outcome, vch: planned.vch, checks: planned.checks};
    return {...whole, outcome, times, failures, missed};
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

/** ContainerVMs that a copy for a failure has: these failures meet the appliance, and the others only take time. */
const FEW = 20;
/** Milliseconds between two looks at what takes minutes. */
const POLL = 5_000;

function withFew(fixture: Fixture, {vms}: UpgradeOutcome): Fixture {
  const left = new Set(vms.slice(FEW + 1).map(({id}) => id));
  return {...fixture, vms: (fixture.vms ?? []).filter(({id}) => id === undefined || !left.has(id))};
}

const NOTHING = {error: null, took: 0, outage: 0};

function isFailed({status}: UpgradeOutcome['checks'][number]): boolean {
  return status === 'failed';
}

/** Why the VCH itself would not be upgraded, by what is known of its vCenter. */
async function refusal({permit}: RehearsalOptions, planned: UpgradeOutcome): Promise<VchError | null> {
  try {
    await permit?.(planned, willUpload(planned.upgrade));
    return null;
  } catch (error) {
    if (error instanceof VchError) return error;
    throw error;
  }
}

/** Nobody is asked, and nothing is contacted but the copy. */
function quiet(options: RehearsalOptions): RehearsalOptions {
  const nobody = {
    permit: undefined,
    confirm: undefined,
    onProgress: undefined,
    journal: undefined,
    copyOf: undefined,
  };
  const reason = 'a copy has no docker endpoint';
  return {...options, ...nobody, log: silent, probeDocker: async () => ({status: 'unreachable', reason})};
}

/** The beginning of an ISO file with its version, under the name and digest of the whole. */
async function standIn(iso: IsoInfo | undefined, folder: string): Promise<IsoInfo | undefined> {
  if (iso === undefined) return undefined;
  const file = await open(iso.path, 'r');
  try {
    const {buffer, bytesRead} = await file.read(
      Buffer.alloc(Math.min(HEAD, iso.size)),
      0,
      Math.min(HEAD, iso.size),
      0,
    );
    const path = join(folder, randomUUID());
    await writeFile(path, buffer.subarray(0, bytesRead));
    return {...iso, path, size: bytesRead};
  } finally {
    await file.close();
  }
}

/** All descriptors of an ISO file are in its first 32 sectors. */
const HEAD = 64 * 1024;

type Run = (session: Session, options: RehearsalOptions) => Promise<UpgradeOutcome>;

const RUNS: Readonly<Record<Failure['next'], Run>> = {
  upgrade: upgradeVch,
  resume: resumeVch,
  rollback: (session, options) => rollbackVch(session, {...options, discardChanges: true}),
};

async function playWhole(
  copy: Copy,
  options: RehearsalOptions,
): Promise<Omit<Rehearsal, 'times' | 'failures' | 'missed'>> {
  const before = stateOf(copy.simulator);
  const {outcome, played} = await play(copy, upgradeVch, options);
  if (played.result === 'unchanged') return {outcome, upgrade: played};
  const back = await play(copy, RUNS.rollback, options);
  return {
    outcome,
    upgrade: played,
    rollback: {...back.played, differing: differing(before, stateOf(copy.simulator))},
  };
}

/** `null` if the upgrade never came to where it strikes: an appliance that is off stays off. */
async function playFailure(
  copy: Copy,
  options: RehearsalOptions,
  failure: Failure,
): Promise<PlayedFailure | null> {
  const {name, title, at, next} = failure;
  const {session, kill} = mortal(copy.session);
  const repairs: (() => Promise<void>)[] = [];
  const start = copy.clock.now();
  const watch = new Outage(copy);
  const ended = await new Promise<UpgradeOutcome | null>((resolve, reject) => {
    const strike = (event: ProgressEvent) => {
      watch.hear(event);
      // A step that is tried again begins again.
      if (event.type !== 'phase' || event.phase !== at || repairs.length > 0) return;
      repairs.push(failure.strike(copy, options.vch.id ?? ''));
      if (name !== 'killed') return;
      kill();
      resolve(null);
    };
    upgradeVch(session, {...options, onProgress: strike}).then(resolve, reject);
  });
  if (ended?.vch.powerState === 'poweredOn') watch.end();
  const upgrade: Played = {
    // A process that was killed leaves what a resumption finds.
    result: ended?.upgrade.result ?? 'resumable',
    error: ended?.upgrade.error ?? null,
    took: copy.clock.now() - start,
    outage: watch.length,
  };
  const [repair] = repairs;
  if (repair === undefined) return null;
  if (upgrade.result === 'upgraded') return {name, title, upgrade, next, repair: null};
  await repair();
  buryOwner(copy, options.vch.id ?? '');
  return {name, title, upgrade, next, repair: (await play(copy, RUNS[next], options, watch)).played};
}

/** More than any process id. */
const NOBODY = 2 ** 23;

/**
 * A person repairs it with a new process on the same machine, which sees that the lock's owner is gone. Here both are this
 * process.
 */
function buryOwner({simulator}: Copy, appliance: string): void {
  const vm = simulator.inventory.vm(appliance);
  const lock = vm.extraConfig()[LOCK_KEY];
  if (lock !== undefined) vm.change({[LOCK_KEY]: lock.replace(/"pid":\d+/, `"pid":${NOBODY}`)});
}

async function play(
  copy: Copy,
  run: Run,
  options: RehearsalOptions,
  watch = new Outage(copy),
): Promise<{readonly outcome: UpgradeOutcome; readonly played: Played}> {
  const {session, clock} = copy;
  const start = clock.now();
  const outcome = await run(session, {...options, onProgress: (event) => watch.hear(event)});
  const {result, error} = outcome.upgrade;
  if (outcome.vch.powerState === 'poweredOn') watch.end();
  return {outcome, played: {result, error, took: clock.now() - start, outage: watch.length}};
}

const DOWN: ReadonlySet<string> = new Set([
  ...STEPS.flatMap(({name, vch}) => (vch === 'up' ? [] : [name])),
  'revert',
]);

/**
 * Measures how long docker does not answer: from the step that takes the appliance down, if it was seen to be off then. A
 * failure before that step ends in the same steps as one after it.
 */
class Outage {
  readonly #copy: Copy;
  #from: number | null = null;
  #isSeen = false;
  #past = 0;

  constructor(copy: Copy) {
    this.#copy = copy;
  }

  /** Milliseconds; `null` while it lasts. */
  get length(): number | null {
    return this.#isSeen ? null : this.#past;
  }

  hear(event: ProgressEvent): void {
    if (event.type === 'outage' && event.to === null) {
      this.#from ??= this.#copy.clock.now();
      this.#isSeen = true;
    } else if (event.type === 'outage') this.end();
    if (event.type !== 'phase') return;
    if (DOWN.has(event.phase)) this.#from ??= this.#copy.clock.now();
    else if (STEPS.some(({name}) => name === event.phase) || event.phase === 'verify-appliance') this.end();
  }

  end(): void {
    if (this.#from !== null && this.#isSeen) this.#past += this.#copy.clock.now() - this.#from;
    this.#from = null;
    this.#isSeen = false;
  }
}
