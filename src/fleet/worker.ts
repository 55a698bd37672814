import {randomUUID} from 'node:crypto';
import {hostname} from 'node:os';
import {setTimeout as sleep} from 'node:timers/promises';
import {toVchError} from '../errors.js';
import {fields, list, oneOf, text} from '../json-shape.js';
import type {Logger} from '../log.js';
import {RUN_STATES} from '../report/fleet/report.js';
import {Abilities, type AbilityOptions, type Isos} from './abilities.js';
import type {Login} from './credentials.js';
import {type FleetDatabase, rowsOf, untilAnswered} from './database.js';
import type {FleetVCenter} from './inventory.js';
import {
  judge,
  judgeError,
  MOST_DEATHS,
  PAUSES,
  type StopReason,
  type UnitEnd,
  type Verdict,
} from './outcome.js';
import {FleetQueue, type QueueDatabase, type Share} from './queue.js';
import {
  addLater,
  type Begun,
  beginTarget,
  isLastOfVCenter,
  type JobKey,
  keepReport,
  leaveTarget,
  type RunRow,
  releaseTarget,
  requeueTarget,
  runShape,
  settleTarget,
  type TargetRow,
} from './store.js';
import type {FoundVch} from './waves.js';

/** One command on one VCH, as the single commands do it. */
export interface Unit {
  readonly run: RunRow;
  readonly target: TargetRow;
  readonly vcenter: FleetVCenter;
  readonly login: Login;
  readonly command: 'plan' | 'apply' | 'upgrade' | 'verify' | 'rollback' | 'resume' | 'status';
  /** The run id of this command, on locks and ledgers. */
  readonly vchRun: string;
  /** A saved plan; only `apply` has one. */
  readonly plan: string | null;
  /** `null` where the data alone is changed. */
  readonly isos: Isos | null;
}

/** What does the work: the functions of the single commands. */
export interface Hands {
  /** Carries out a command; rejects if it ended before its report. */
  perform(unit: Unit, signal: AbortSignal): Promise<UnitEnd>;
  /** Looks at the VM: the run of its last upgrade, and how far that is. */
  lastUpgrade(
    unit: Unit,
    signal: AbortSignal,
  ): Promise<{readonly run: string; readonly state: 'unfinished' | 'rolling-back' | 'done'} | null>;
  /** Watches the lock of the VCH until its owner is known to be dead; rejects with VCH_ERR_LOCKED if the owner is alive. */
  watch(unit: Unit, signal: AbortSignal): Promise<void>;
  /** Looks at the vCenter: its VCHs that belong to the fleet now. */
  look(unit: Unit, signal: AbortSignal): Promise<readonly FoundVch[]>;
}

export interface WorkerOptions extends AbilityOptions {
  readonly db: QueueDatabase;
  readonly hands: Hands;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Milliseconds between two looks at the runs. */
  readonly interval?: number;
  /** Seconds before a vCenter that does not answer is tried again. */
  readonly pauses?: readonly number[];
  /** Milliseconds between two looks at a VCH on which an earlier worker is still at work. */
  readonly watch?: number;
}

const INTERVAL = 1_000;
const WATCH = 5_000;
/** After how many looks at the runs a login that was not found is looked for again. */
const LOGIN_PAUSE = 10;

interface Running {
  readonly run: string;
  readonly abort: AbortController;
  stopped: StopReason | null;
  /** Its run was cancelled before: it only looks, and that is not stopped. */
  readonly looks: boolean;
}

/** What this worker has for a VCH. */
interface Means {
  readonly vcenter: FleetVCenter;
  readonly login: Login;
  readonly isos: Isos | null;
}

/** A VCH is left to the next worker as it is: its job fails, keeps its slot, and is handed on at once. */
class LeftToNext extends Error {
  override readonly name = 'LeftToNext';
}

/** Works on VCHs until it is stopped. Several workers share one database; each may die at any time. */
export class FleetWorker {
  readonly id = `${hostname()}/${process.pid}/${randomUUID().slice(0, 4)}`;
  readonly #options: WorkerOptions;
  readonly #database: FleetDatabase;
  readonly #queue: FleetQueue;
  readonly #running = new Set<Running>();
  readonly #abilities: Abilities;
  /** The runs that go on, as of the last look. */
  #runs: ReadonlyMap<string, RunRow> = new Map();
  /** What this worker lacks, for people; and for which vCenters of which runs. */
  #lacks: ReadonlySet<string> = new Set();
  #unable: readonly {readonly run: string; readonly vcenter: string; readonly why: string}[] = [];
  /** What is lacking of the login of a vCenter, `undefined` while it was never found out, and when to ask again. */
  readonly #logins = new Map<string, {readonly lack: string | null | undefined; readonly again: number}>();
  #looking: Promise<void> | undefined;
  readonly #ending = new AbortController();
  #stopping = false;
  #away = false;

  private constructor(options: WorkerOptions, queue: FleetQueue) {
    this.#options = options;
    this.#database = options.db.database;
    this.#queue = queue;
    this.#abilities = new Abilities(options);
  }

  /** Joins the workers of a database. */
  static async start(options: WorkerOptions): Promise<FleetWorker> {
    const queue = await FleetQueue.open(options.db, options.tool, options.log);
    const worker = new FleetWorker(options, queue);
    if (options.db.kind === 'embedded') await queue.releaseAll();
    return worker;
  }

  /** Works until the signal, or until `idle` says that there is nothing to do. */
  async work(signal: AbortSignal, idle?: () => Promise<boolean>): Promise<void> {
    const {interval = INTERVAL} = this.#options;
    const stopped = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), {once: true});
    });
    while (!signal.aborted) {
      const goOn = await this.#tick(idle);
      if (!goOn) break;
      await Promise.race([sleep(interval), stopped]);
    }
  }

  /** Takes nothing more, stops what runs at its next safe point, and waits for that. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#abort('stopping', () => true);
    this.#ending.abort();
    await this.#looking;
    await this.#queue.close();
    const database = this.#database;
    await database
      .query('UPDATE vch_fleet.worker SET stopped = true, seen_at = clock_timestamp() WHERE id = $1', [
        this.id,
      ])
      .catch((error: unknown) => this.#options.log.warn(toVchError(error).message));
  }

  /** One look at the runs. False if there is nothing to do any more. */
  async #tick(idle: (() => Promise<boolean>) | undefined): Promise<boolean> {
    try {
      // First: whatever else fails, a cancel arrives.
      const cancelled = await this.#database.query(
        "SELECT id FROM vch_fleet.run WHERE state = 'cancelled' AND id = ANY($1)",
        [[...new Set([...this.#running].map(({run}) => run))]],
      );
      this.#abort('cancelled', ({run, looks}) => !looks && cancelled.some(({id}) => id === run));
      // Logins may take long to be found, and nothing waits for them but the VCHs that need them.
      this.#looking ??= this.#look()
        .catch((error: unknown) => this.#waiting(toVchError(error).message))
        .finally(() => {
          this.#looking = undefined;
        });
      await Promise.race([this.#looking, sleep(this.#options.interval ?? INTERVAL)]);
      await this.#queue.dispatch();
      await this.#database.query(
        `INSERT INTO vch_fleet.worker (id, tool, lacks, unable) VALUES ($1, $2, $3, $4)
         ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), lacks = excluded.lacks, unable = excluded.unable`,
        [this.id, this.#options.tool, JSON.stringify([...this.#lacks]), JSON.stringify(this.#unable)],
      );
      if (this.#away) this.#options.log.info(`the database ${this.#database.name} answers again`);
      this.#away = false;
      return idle === undefined || this.#running.size > 0 || !(await idle());
    } catch (error) {
      this.#waiting(toVchError(error).message);
      return true;
    }
  }

  #waiting(message: string): void {
    if (!this.#away) this.#options.log.warn(message);
    this.#away = true;
  }

  #abort(why: StopReason, which: (running: Running) => boolean): void {
    for (const running of this.#running) {
      if (running.stopped !== null || !which(running)) continue;
      running.stopped = why;
      running.abort.abort();
    }
  }

  /** Looks what it can do of the runs that go on, and takes that. */
  async #look(): Promise<void> {
    const runs = await rowsOf(
      this.#database,
      runShape,
      "SELECT * FROM vch_fleet.run WHERE state NOT IN ('done', 'planned')",
    );
    this.#runs = new Map(runs.map((run) => [run.id, run]));
    const lacks = new Set<string>();
    const unable: {run: string; vcenter: string; why: string}[] = [];
    const shares = new Map<string, {share: Share; concurrency: number}>();
    const wanted = runs.flatMap((run) =>
      run.inventory.vcenters.filter((vcenter) => this.#abilities.lacksFor(run, vcenter) === null),
    );
    await this.#askForLogins([...new Map(wanted.map((vcenter) => [vcenter.name, vcenter])).values()]);
    for (const run of runs) {
      const isos = await this.#abilities.isosFor(run);
      for (const vcenter of run.inventory.vcenters) {
        const {name, concurrency} = vcenter;
        const own = this.#abilities.lacksFor(run, vcenter) ?? this.#logins.get(name)?.lack;
        if (own === undefined) continue;
        const why = own ?? isos.lack;
        if (why !== null) unable.push({run: run.id, vcenter: name, why});
        if (why !== null && !why.startsWith(`${name}: its --vcenter`)) lacks.add(why);
        if (own !== null) continue;
        const before = shares.get(name);
        shares.set(name, {
          share: isos.lack !== null || before?.share === 'without-isos' ? 'without-isos' : 'all',
          concurrency: Math.max(concurrency, before?.concurrency ?? 0),
        });
      }
    }
    for (const what of lacks) if (!this.#lacks.has(what)) this.#options.log.warn(`this worker lacks ${what}`);
    this.#lacks = lacks;
    this.#unable = unable;
    if (this.#stopping) return;
    for (const [vcenter, {share, concurrency}] of shares) await this.#share(vcenter, share, concurrency);
  }

  async #share(vcenter: string, share: Share, concurrency = 1): Promise<void> {
    await this.#queue.work(vcenter, share, concurrency, (key, claim) => this.#take(key, claim));
  }

  /** Asks for logins that are not known, all at once; one that takes long delays no other. */
  async #askForLogins(vcenters: readonly FleetVCenter[]): Promise<void> {
    const {interval = INTERVAL} = this.#options;
    const asking = vcenters.map(async (vcenter) => {
      const {name} = vcenter;
      const before = this.#logins.get(name);
      if (before !== undefined && performance.now() < before.again) return;
      this.#logins.set(name, {lack: before?.lack, again: Number.POSITIVE_INFINITY});
      const {lack} = await this.#abilities.loginFor(vcenter, this.#ending.signal);
      const again = lack === null ? Number.POSITIVE_INFINITY : performance.now() + LOGIN_PAUSE * interval;
      this.#logins.set(name, {lack, again});
    });
    await Promise.race([Promise.all(asking), sleep(interval)]);
  }

  /** Does a job, from its begin to its end. */
  async #take(key: JobKey, claim: AbortSignal): Promise<void> {
    const {now = () => new Date()} = this.#options;
    const means = this.#stopping ? null : await this.#meansFor(key, claim);
    if (means === null || this.#stopping) return this.#handOn(key);
    const vchRun = randomUUID();
    const begun = await this.#answered(() =>
      beginTarget(this.#database, key, {worker: this.id, vchRun, now: now()}),
    );
    if (begun.status !== 'go') return;
    const looks = begun.run.state === 'cancelled';
    const running: Running = {run: key.run, abort: new AbortController(), stopped: null, looks};
    const lost = () => this.#abort('claim-lost', (one) => one === running);
    claim.addEventListener('abort', lost, {once: true});
    this.#running.add(running);
    try {
      if (this.#stopping) this.#abort('stopping', (one) => one === running);
      await this.#end(key, begun.target, await this.#carryOut(key, begun, means, vchRun, running));
    } finally {
      this.#running.delete(running);
      claim.removeEventListener('abort', lost);
    }
  }

  /** What a job takes; `null` if this worker has not got it, and takes no more of the kind until it has. */
  async #meansFor(key: JobKey, claim: AbortSignal): Promise<Means | null> {
    const run =
      this.#runs.get(key.run) ??
      (
        await this.#answered(() =>
          rowsOf(this.#database, runShape, 'SELECT * FROM vch_fleet.run WHERE id = $1', [key.run]),
        )
      )[0];
    const vcenter = run?.inventory.vcenters.find(({name}) => name === key.vcenter);
    if (run === undefined || vcenter === undefined) return null;
    const found = await this.#abilities.loginFor(vcenter, AbortSignal.any([claim, this.#ending.signal]));
    if (found.login === null) {
      if (!claim.aborted && !this.#stopping) this.#options.log.warn(`this worker lacks ${found.lack}`);
      this.#logins.set(vcenter.name, {lack: found.lack, again: 0});
      await this.#share(vcenter.name, 'none');
      return null;
    }
    const {isos, lack} = await this.#abilities.isosFor(run);
    if (lack !== null) {
      this.#options.log.warn(`this worker lacks ${lack}`);
      await this.#share(vcenter.name, 'without-isos', vcenter.concurrency);
      return null;
    }
    return {vcenter, login: found.login, isos};
  }

  /** Gives a job to another worker. One on which an earlier worker may still be at work keeps its slot meanwhile. */
  async #handOn(key: JobKey): Promise<void> {
    if ((await this.#answered(() => releaseTarget(this.#database, key))) === 'running')
      throw new LeftToNext(`${key.vcenter}/${key.vch} is left to another worker`);
  }

  /** Leaves a VCH to another worker in the middle of it; its slot is kept, and nobody has died. */
  async #leave(key: JobKey): Promise<never> {
    await this.#recorded(() => leaveTarget(this.#database, key, this.id));
    throw new LeftToNext(`${key.vcenter}/${key.vch} is left to another worker`);
  }

  async #carryOut(
    key: JobKey,
    {run, target, plan, takeover}: Extract<Begun, {status: 'go'}>,
    {vcenter, login, isos}: Means,
    vchRun: string,
    running: Running,
  ): Promise<Verdict> {
    const {hands, log} = this.#options;
    const {signal} = running.abort;
    const unit: Unit = {run, target, vcenter, login, vchRun, plan, isos, command: run.command};
    const earlier = target.vch_runs.filter((id) => id !== vchRun);
    const attempt = () => ({
      wanted: run.command,
      name: target.name,
      tries: target.tries,
      stopped: running.stopped,
      begun: earlier.length > 0,
      deaths: takeover ? target.deaths : 0,
    });
    // Cancelled when it was looked at, and tried again since: without ISO files it would change the data alone.
    if (run.command === 'upgrade' && run.release !== null && isos === null && run.state !== 'cancelled') {
      const message = `${target.name} is tried again: its run was cancelled a moment ago`;
      return {kind: 'again', counts: false, unfinished: takeover, message};
    }
    let did: Unit['command'] = run.command;
    let again = 0;
    let told = false;
    for (;;) {
      try {
        const todo = await this.#commandFor(unit, earlier, takeover, signal);
        did = todo.command;
        log.info(`${target.vcenter}/${target.name}: ${did}${takeover ? ', taken over' : ''}`);
        const end = await hands.perform({...unit, command: did}, signal);
        await this.#recorded(() => keepReport(this.#database, key, end.report));
        const verdict = judge(end, {...attempt(), did, ours: todo.ours});
        if (verdict.kind !== 'settle') return verdict;
        const settled = await this.#verified(unit, verdict.settled, signal);
        if (!settled.offline) await this.#nameLater(key, unit, signal);
        return {...verdict, settled};
      } catch (error) {
        const failure = toVchError(error);
        const atWork = failure.code === 'VCH_ERR_LOCKED' && (await this.#mayBeAtWork(unit, earlier, signal));
        // It may have ended since.
        if (failure.code === 'VCH_ERR_LOCKED' && !atWork && again < 1 && earlier.length > 0) {
          again += 1;
          continue;
        }
        if (atWork) {
          again = 0;
          if (!told)
            log.warn(
              `${target.vcenter}/${target.name} is locked, and the worker that began may still be at work without the database; its slot is kept until that has ended`,
            );
          told = true;
          await sleep(this.#options.watch ?? WATCH, undefined, {signal}).catch(() => undefined);
          const {stopped} = attempt();
          if (stopped === null) continue;
          if (stopped !== 'cancelled') return this.#leave(key);
        }
        // It may have been stopped while it watched whether the worker that began is alive.
        if (takeover && failure.code === 'VCH_ERR_INTERRUPTED' && running.stopped !== 'cancelled')
          return this.#leave(key);
        log.warn(`${target.vcenter}/${target.name}: ${failure.code}: ${failure.message}`);
        if (failure.code !== 'VCH_ERR_TRANSPORT') await this.#nameLater(key, unit, signal);
        return judgeError(failure, {...attempt(), did});
      }
    }
  }

  /** Whether a worker of this run that was taken for dead may hold a VCH. */
  async #mayBeAtWork(unit: Unit, earlier: readonly string[], signal: AbortSignal): Promise<boolean> {
    if (earlier.length === 0) return false;
    try {
      const found = await this.#options.hands.lastUpgrade(unit, signal);
      return found !== null && found.state !== 'done' && earlier.includes(found.run);
    } catch (error) {
      // It is not known, so its slot stays. The next attempt at the command fails in the same way, and is reported.
      this.#options.log.debug(`${unit.target.name} cannot be looked at: ${toVchError(error).message}`);
      return true;
    }
  }

  /** Looks at the VM before it goes on with what another worker, or an earlier try, has begun there. */
  async #commandFor(
    unit: Unit,
    earlier: readonly string[],
    takeover: boolean,
    signal: AbortSignal,
  ): Promise<{readonly command: Unit['command']; readonly ours: boolean}> {
    const {run, target} = unit;
    const isGivenUp = takeover && target.deaths >= MOST_DEATHS;
    const isOver = isGivenUp || (takeover && run.state === 'cancelled');
    if (earlier.length === 0 || (run.command !== 'upgrade' && !isOver))
      return {command: run.command, ours: false};
    // Whoever began may be alive, without the database: until that has ended, nothing else begins in its place.
    if (isGivenUp && (run.command === 'upgrade' || run.command === 'rollback'))
      await this.#options.hands.watch(unit, signal);
    const found = await this.#options.hands.lastUpgrade(unit, signal);
    const left = found !== null && earlier.includes(found.run) ? found.state : null;
    const ours = left === 'unfinished' || left === 'rolling-back';
    // Its worker ended before it could say so.
    if (run.command === 'upgrade' && left === 'done' && target.unfinished) return {command: 'verify', ours};
    if (isOver) return {command: 'status', ours};
    if (ours) return {command: left === 'rolling-back' ? 'rollback' : 'resume', ours};
    return {command: run.command, ours};
  }

  /** Where the next wave opens by itself, an upgrade is verified once more, from the outside. */
  async #verified<T extends Extract<Verdict, {kind: 'settle'}>['settled']>(
    unit: Unit,
    settled: T,
    signal: AbortSignal,
  ): Promise<T> {
    const {run, target} = unit;
    const isAuto = run.inventory.waves[target.wave]?.gate === 'auto';
    if (run.command !== 'upgrade' || !isAuto || (settled.state !== 'done' && settled.state !== 'partly'))
      return settled;
    try {
      const {report, exit} = await this.#options.hands.perform(
        {...unit, command: 'verify', vchRun: randomUUID()},
        signal,
      );
      await this.#recorded(() =>
        keepReport(this.#database, {run: run.id, vcenter: target.vcenter, vch: target.vch}, report),
      );
      return {...settled, verified: exit};
    } catch (error) {
      this.#options.log.warn(
        `${target.vcenter}/${target.name} could not be verified: ${toVchError(error).message}`,
      );
      return {...settled, verified: 1};
    }
  }

  /** With the last VCH of a vCenter, names those in the report that came there after the run was planned. */
  async #nameLater(key: JobKey, unit: Unit, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    try {
      if (!(await this.#answered(() => isLastOfVCenter(this.#database, key)))) return;
      const found = await this.#options.hands.look(unit, signal);
      await this.#answered(() => addLater(this.#database, key, found));
    } catch (error) {
      this.#options.log.warn(
        `whether VCHs have come to ${key.vcenter} since the run was planned is not known: ${toVchError(error).message}`,
      );
    }
  }

  async #end(key: JobKey, target: TargetRow, verdict: Verdict): Promise<void> {
    const {now = () => new Date(), pauses = PAUSES, log} = this.#options;
    if (verdict.kind === 'settle') {
      const ours = await this.#recorded(() => settleTarget(this.#database, key, this.id, verdict.settled));
      log.info(`${key.vcenter}/${verdict.settled.message}${ours ? '' : ' (another worker has it by now)'}`);
      return;
    }
    const {message, counts, unfinished} = verdict;
    const pause = counts ? (pauses[target.tries] ?? pauses.at(-1) ?? 0) : this.#stopping ? 0 : 5;
    const notBefore = new Date(now().getTime() + pause * 1000);
    await this.#recorded(() =>
      requeueTarget(this.#database, key, this.id, {notBefore, message, counts, unfinished}),
    );
    log.info(`${key.vcenter}/${message}`);
  }

  /** However long the database is away. */
  #answered<T>(work: () => Promise<T>): Promise<T> {
    return untilAnswered(work, {waiting: (error) => this.#waiting(error.message)});
  }

  /** What has been done must be recorded, whatever the database says: its failures are none of the VCH's. */
  #recorded<T>(work: () => Promise<T>): Promise<T> {
    return untilAnswered(work, {waiting: (error) => this.#waiting(error.message), refused: true});
  }
}

const course = fields({state: oneOf(RUN_STATES), busy: list(text)});

/** Whether a run does not go on by itself: it is over, held, paused, or waits for an approval, and nothing of it runs or is unfinished. */
export async function isAtRest(database: FleetDatabase, run: string): Promise<boolean> {
  const [row] = await rowsOf(
    database,
    course,
    `SELECT r.state, coalesce((SELECT jsonb_agg(t.name) FROM vch_fleet.target t WHERE t.run = r.id AND (t.state = 'running' OR t.unfinished AND t.state IN ('pending', 'queued'))), '[]') AS busy
     FROM vch_fleet.run r WHERE r.id = $1`,
    [run],
  );
  return row !== undefined && row.state !== 'running' && row.busy.length === 0;
}
