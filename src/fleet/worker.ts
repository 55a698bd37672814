import {createHash, randomUUID} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {hostname} from 'node:os';
import {basename, join} from 'node:path';
import {pipeline} from 'node:stream/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {systemCode, toVchError} from '../errors.js';
import {fields, list, oneOf, text} from '../json-shape.js';
import type {Logger} from '../log.js';
import {type FleetRelease, RUN_STATES} from '../report/fleet/report.js';
import type {FindLogin, Login} from './credentials.js';
import {type FleetDatabase, rowsOf, untilAnswered} from './database.js';
import type {FleetVCenter} from './inventory.js';
import {judge, judgeError, PAUSES, type StopReason, type UnitEnd, type Verdict} from './outcome.js';
import {FleetQueue, lostMessage, type QueueDatabase} from './queue.js';
import {
  addLater,
  type Begun,
  beginTarget,
  isLastOfVCenter,
  type JobKey,
  keepReport,
  type RunRow,
  releaseTarget,
  requeueTarget,
  runShape,
  settleTarget,
  type TargetRow,
} from './store.js';
import {minorOf} from './version.js';
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
  /** ISO files on this machine. */
  readonly isos: {readonly appliance: string; readonly bootstrap: string} | null;
}

/** What does the work: the functions of the single commands. */
export interface Hands {
  /** Carries out a command; rejects if it ended before its report. */
  perform(unit: Unit, signal: AbortSignal): Promise<UnitEnd>;
  /** Looks at the VM: the run of an unfinished upgrade, and whether it is being rolled back. */
  unfinished(
    unit: Unit,
    signal: AbortSignal,
  ): Promise<{readonly run: string; readonly rollingBack: boolean} | null>;
  /** Looks at the vCenter: its VCHs that belong to the fleet now. */
  look(unit: Unit, signal: AbortSignal): Promise<readonly FoundVch[]>;
}

export interface WorkerOptions {
  readonly db: QueueDatabase;
  readonly hands: Hands;
  readonly findLogin: FindLogin;
  /** Only these vCenters; all if there is none. */
  readonly only: readonly string[];
  /** Where ISO files are looked for, instead of the paths of the plan. */
  readonly isoFolder: string | undefined;
  readonly tool: string;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Milliseconds between two looks at the runs. */
  readonly interval?: number;
  /** Seconds before a vCenter that does not answer is tried again. */
  readonly pauses?: readonly number[];
}

interface Running {
  readonly run: string;
  readonly abort: AbortController;
  stopped: StopReason | null;
}

/** Works on VCHs until it is stopped. Several workers share one database; each may die at any time. */
export class FleetWorker {
  readonly id = `${hostname()}/${process.pid}/${randomUUID().slice(0, 4)}`;
  readonly #options: WorkerOptions;
  readonly #database: FleetDatabase;
  readonly #queue: FleetQueue;
  readonly #running = new Set<Running>();
  readonly #vcenters = new Set<string>();
  readonly #digests = new Map<string, Promise<string | null>>();
  readonly #lacks = new Set<string>();
  #stopping = false;
  #away = false;

  private constructor(options: WorkerOptions, queue: FleetQueue) {
    this.#options = options;
    this.#database = options.db.database;
    this.#queue = queue;
  }

  /** Joins the workers of a database. */
  static async start(options: WorkerOptions): Promise<FleetWorker> {
    const queue = await FleetQueue.open(options.db, options.tool, options.log);
    const worker = new FleetWorker(options, queue);
    if (options.db.kind === 'embedded') await queue.releaseAll();
    await queue.workOnLost((key) => worker.#giveUp(key));
    return worker;
  }

  /** Works until the signal, or until `idle` says that there is nothing to do. */
  async work(signal: AbortSignal, idle?: () => Promise<boolean>): Promise<void> {
    const {interval = 1_000} = this.#options;
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
      this.#abort('cancelled', ({run}) => cancelled.some(({id}) => id === run));
      await this.#join();
      await this.#queue.dispatch();
      await this.#database.query(
        `INSERT INTO vch_fleet.worker (id, tool, lacks) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET seen_at = clock_timestamp(), lacks = excluded.lacks`,
        [this.id, this.#options.tool, JSON.stringify([...this.#lacks])],
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

  /** Joins the queues of the vCenters for which this worker has the credentials. */
  async #join(): Promise<void> {
    const {only, log, tool} = this.#options;
    const runs = await rowsOf(
      this.#database,
      runShape,
      "SELECT * FROM vch_fleet.run WHERE state NOT IN ('done', 'planned')",
    );
    for (const {inventory, tool: version, id} of runs) {
      if (minorOf(version) !== minorOf(tool)) {
        this.#lack(`the version of the run ${id}: that is ${version}, and this is ${tool}`);
        continue;
      }
      for (const {name, credentials, concurrency} of inventory.vcenters) {
        if (this.#vcenters.has(name) || (only.length > 0 && !only.includes(name))) continue;
        if ((await this.#loginOf(credentials)) === null) {
          this.#lack(`the credentials ${credentials}: it takes no VCH of ${name}`);
          continue;
        }
        this.#vcenters.add(name);
        await this.#queue.work(name, concurrency, (key, claim) => this.#take(key, claim));
        log.debug(`takes VCHs of ${name}, ${concurrency} at a time`);
      }
    }
  }

  /** The login of that name; `null` as well where its source fails, which is no fault of any VCH. */
  async #loginOf(name: string): Promise<Login | null> {
    try {
      return await this.#options.findLogin(name);
    } catch (error) {
      this.#lack(`the credentials ${name}: ${toVchError(error).message}`);
      return null;
    }
  }

  #lack(what: string): void {
    if (this.#lacks.has(what)) return;
    this.#lacks.add(what);
    this.#options.log.warn(`this worker lacks ${what}`);
  }

  /** Does a job, from its begin to its end. */
  async #take(key: JobKey, claim: AbortSignal): Promise<void> {
    const {now = () => new Date()} = this.#options;
    if (this.#stopping) return this.#answered(() => releaseTarget(this.#database, key));
    const vchRun = randomUUID();
    const begun = await this.#answered(() =>
      beginTarget(this.#database, key, {worker: this.id, vchRun, now: now()}),
    );
    if (begun.status !== 'go') return;
    const running: Running = {run: key.run, abort: new AbortController(), stopped: null};
    const lost = () => this.#abort('claim-lost', (one) => one === running);
    claim.addEventListener('abort', lost, {once: true});
    this.#running.add(running);
    try {
      if (this.#stopping) this.#abort('stopping', (one) => one === running);
      await this.#end(key, begun.target, await this.#carryOut(key, begun, vchRun, running));
    } finally {
      this.#running.delete(running);
      claim.removeEventListener('abort', lost);
    }
  }

  async #carryOut(
    key: JobKey,
    {run, target, plan, takeover}: Extract<Begun, {status: 'go'}>,
    vchRun: string,
    running: Running,
  ): Promise<Verdict> {
    const {hands, log} = this.#options;
    const again = (message: string): Verdict => ({kind: 'again', counts: false, unfinished: false, message});
    const vcenter = run.inventory.vcenters.find(({name}) => name === target.vcenter);
    const login = vcenter === undefined ? null : await this.#loginOf(vcenter.credentials);
    if (vcenter === undefined || login === null)
      return again(`${this.id} has no credentials for ${target.vcenter}`);
    const isos = run.release === null ? null : await this.#isosOf(run.release);
    if (isos === undefined) return again(`${this.id} does not have the ISO files of the plan`);
    const {signal} = running.abort;
    const unit: Unit = {run, target, vcenter, login, vchRun, plan, isos, command: run.command};
    const earlier = target.vch_runs.filter((id) => id !== vchRun);
    const attempt = () => ({
      wanted: run.command,
      name: target.name,
      tries: target.tries,
      stopped: running.stopped,
      begun: earlier.length > 0,
    });
    let did: Unit['command'] = run.command;
    try {
      did = await this.#commandFor(unit, earlier, takeover, signal);
      log.info(`${target.vcenter}/${target.name}: ${did}${takeover ? ', taken over' : ''}`);
      const end = await hands.perform({...unit, command: did}, signal);
      await this.#answered(() => keepReport(this.#database, key, end.report));
      const verdict = judge(end, {...attempt(), did});
      if (verdict.kind !== 'settle') return verdict;
      const settled = await this.#verified(unit, verdict.settled, signal);
      if (!settled.offline) await this.#nameLater(key, unit, signal);
      return {...verdict, settled};
    } catch (error) {
      const failure = toVchError(error);
      log.warn(`${target.vcenter}/${target.name}: ${failure.code}: ${failure.message}`);
      if (failure.code !== 'VCH_ERR_TRANSPORT') await this.#nameLater(key, unit, signal);
      return judgeError(failure, {...attempt(), did});
    }
  }

  /** Looks at the VM before it goes on with what another worker, or an earlier try, has begun there. */
  async #commandFor(
    unit: Unit,
    earlier: readonly string[],
    takeover: boolean,
    signal: AbortSignal,
  ): Promise<Unit['command']> {
    const {run} = unit;
    if (takeover && run.state === 'cancelled') return 'status';
    if (run.command !== 'upgrade' || earlier.length === 0) return run.command;
    const found = await this.#options.hands.unfinished(unit, signal);
    if (found === null || !earlier.includes(found.run)) return run.command;
    return found.rollingBack ? 'rollback' : 'resume';
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
      await this.#answered(() =>
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
      const ours = await this.#answered(() => settleTarget(this.#database, key, this.id, verdict.settled));
      log.info(`${key.vcenter}/${verdict.settled.message}${ours ? '' : ' (another worker has it by now)'}`);
      return;
    }
    const {message, counts, unfinished} = verdict;
    const pause = counts ? (pauses[target.tries] ?? pauses.at(-1) ?? 0) : this.#stopping ? 0 : 5;
    const notBefore = new Date(now().getTime() + pause * 1000);
    await this.#answered(() =>
      requeueTarget(this.#database, key, this.id, {notBefore, message, counts, unfinished}),
    );
    log.info(`${key.vcenter}/${message}`);
  }

  /** A VCH in whose middle one worker after the other ended. */
  async #giveUp(key: JobKey): Promise<void> {
    const error = {
      code: 'VCH_ERR_INTERNAL',
      message: `${lostMessage()}; look at it with vch-migrate status, then vch-migrate fleet retry`,
    };
    await this.#answered(() =>
      settleTarget(this.#database, key, null, {
        ...{state: 'failed', exit: 1, result: null, verified: null, offline: false},
        outcome: {summary: null, version: null, error, attention: [], next: null},
        message: `it is given up: ${lostMessage()}`,
      }),
    );
  }

  /** What has been done must be recorded, however long the database is away. */
  #answered<T>(work: () => Promise<T>): Promise<T> {
    return untilAnswered(work, {waiting: (error) => this.#waiting(error.message)});
  }

  /** The ISO files of a plan on this machine; undefined if it does not have the same. */
  async #isosOf(release: FleetRelease) {
    const [appliance, bootstrap] = await Promise.all(
      [release.applianceIso, release.bootstrapIso].map((iso) => this.#isoOf(iso)),
    );
    return appliance === undefined || bootstrap === undefined ? undefined : {appliance, bootstrap};
  }

  async #isoOf({path, sha256}: FleetRelease['applianceIso']): Promise<string | undefined> {
    const {isoFolder} = this.#options;
    const here = isoFolder === undefined ? path : join(isoFolder, basename(path));
    const digest = this.#digests.get(here) ?? fileDigest(here);
    this.#digests.set(here, digest);
    if ((await digest) === sha256) return here;
    this.#lack(`the ISO file ${here} of the plan: it takes no upgrade with it`);
    return undefined;
  }
}

/** The SHA-256 of a file; `null` if it cannot be read. */
export async function fileDigest(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  } catch (error) {
    if (systemCode(error) === 'unknown reason') throw error;
    return null;
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
