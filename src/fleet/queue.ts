import {createHash} from 'node:crypto';
import {fromPglite, PgBoss} from 'pg-boss';
import {toVchError} from '../errors.js';
import {count, fields, flag, nullable, type ShapeOf, text} from '../json-shape.js';
import type {Logger} from '../log.js';
import {type FleetDatabase, rowsOf, type Statements} from './database.js';
import type {EmbeddedDatabase} from './embedded.js';
import {connectionOf, type PostgresOptions} from './postgres.js';
import type {JobKey} from './store.js';
import {minorOf} from './version.js';

/** The database with what the queue connects by. */
export type QueueDatabase =
  | {readonly kind: 'postgres'; readonly database: FleetDatabase; readonly options: PostgresOptions}
  | {readonly kind: 'embedded'; readonly database: EmbeddedDatabase};

/** Seconds without a sign of life after which a worker is taken for dead. */
const HEARTBEAT = 30;
const HEARTBEAT_INTERVAL = 5;
/** Seconds between two looks for dead workers. */
const SUPERVISION = 5;
const POLLING = 1;
/** A job that is left to the next worker fails, and that is no limit: what becomes of its VCH is decided by looking at it. */
const RETRIES = 1_000_000_000;
/** Hours after which a job has hung. */
const LONGEST = 24;

/** Who is given the jobs: the present attempt, and a signal that the claim on it was lost. One that rejects leaves it to the next. */
export type Work = (key: JobKey, claim: AbortSignal) => Promise<void>;

/** Which jobs of a vCenter a worker takes: an upgrade to a release needs its ISO files. */
export type Share = 'all' | 'without-isos' | 'none';

/** Jobs that need ISO files have priorities above it, all others below. */
const ISO_PRIORITY = 1_000_000;

/**
 * The queue that hands VCHs to workers: one queue a vCenter, so that a worker takes only those whose credentials it has,
 * and one key a slot, of which at most one job is active, also while workers die. It never decides who may write.
 */
export class FleetQueue {
  readonly #boss: PgBoss;
  readonly #database: FleetDatabase;
  /** Queues of another minor version are not seen. */
  readonly #version: string;
  readonly #known = new Set<string>();
  /** Who takes the jobs of each queue in this process, and how they were told to. */
  readonly #takers = new Map<string, {readonly how: string; readonly ids: readonly string[]}>();

  private constructor(boss: PgBoss, database: FleetDatabase, version: string) {
    this.#boss = boss;
    this.#database = database;
    this.#version = version;
  }

  /** Connects; `trouble` hears what goes wrong in the background, such as a database that is away. */
  static async open(db: QueueDatabase, tool: string, log: Logger): Promise<FleetQueue> {
    const boss = new PgBoss({
      schema: 'vch_queue',
      ...(db.kind === 'embedded'
        ? {db: fromPglite(db.database.pglite), backend: 'pglite' as const}
        : {...connectionOf(db.options), max: 6, application_name: 'vch-migrate queue'}),
      superviseIntervalSeconds: SUPERVISION,
      monitorIntervalSeconds: SUPERVISION,
      schedule: false,
      // Another instance would be told apart by its process id, which containers share.
      registerInstance: false,
      reindex: false,
      monitorVacuum: false,
    });
    boss.on('error', (error) => log.debug(`the queue: ${toVchError(error).code}`));
    await boss.start();
    return new FleetQueue(boss, db.database, minorOf(tool));
  }

  /** Sends the jobs of all VCHs that may begin. Whoever does it, each is sent once. */
  async dispatch(): Promise<void> {
    const vcenters = await this.#database.query(
      `SELECT DISTINCT t.vcenter FROM vch_fleet.target t JOIN vch_fleet.run r ON r.id = t.run WHERE ${SENDABLE}`,
      [`${this.#version}.%`],
    );
    if (vcenters.length === 0) return;
    for (const {vcenter} of vcenters) await this.#ensure(this.queueOf(String(vcenter)));
    const queues = await this.#database.transaction(async (statements) => {
      const jobs = await rowsOf(statements, sent, CLAIM, [`${this.#version}.%`]);
      const byQueue = new Map<string, ShapeOf<typeof sent>[]>();
      for (const job of jobs) byQueue.set(job.vcenter, [...(byQueue.get(job.vcenter) ?? []), job]);
      for (const [vcenter, list] of byQueue)
        await this.#boss.insert(this.queueOf(vcenter), list.map(jobOf), {
          db: {executeSql: executing(statements)},
        });
      return [...byQueue.keys()].map((vcenter) => this.queueOf(vcenter));
    });
    for (const queue of queues) this.#wake(queue);
  }

  /** From now on takes that share of the VCHs of a vCenter, so many at a time; what has begun goes on. */
  async work(vcenter: string, share: Share, concurrency: number, work: Work): Promise<void> {
    const queue = this.queueOf(vcenter);
    const how = `${share}, ${concurrency} at a time`;
    const before = this.#takers.get(queue);
    if (before?.how === how || (before === undefined && share === 'none')) return;
    this.#takers.set(queue, {how, ids: []});
    await this.#ensure(queue);
    await this.#boss.offWork(queue, {wait: false});
    if (share === 'none') return;
    const options = {
      ...{pollingIntervalSeconds: POLLING, heartbeatRefreshSeconds: HEARTBEAT_INTERVAL},
      ...(share === 'without-isos' && {maxPriority: ISO_PRIORITY}),
    };
    const take = async (jobs: readonly {readonly data: JobKey; readonly signal: AbortSignal}[]) => {
      for (const {data, signal} of jobs) await work(data, signal);
      // The next of its slot begins at once, not at the next poll.
      this.#wake(queue);
    };
    const takers = Array.from({length: concurrency}, () => this.#boss.work<JobKey>(queue, options, take));
    this.#takers.set(queue, {how, ids: await Promise.all(takers)});
  }

  #wake(queue: string): void {
    for (const taker of this.#takers.get(queue)?.ids ?? []) this.#boss.notifyWorker(taker);
  }

  /** Takes no more jobs, and waits for those that run. */
  async close(): Promise<void> {
    await this.#boss.stop({graceful: true, timeout: LONGEST * 3_600_000, close: true});
  }

  /** Ends the claims of processes that are gone for certain, as all are when an embedded database is opened. */
  async releaseAll(): Promise<void> {
    const held = await rowsOf(
      this.#database,
      fields({run: text, vcenter: text, vch: text, dispatch: count}),
      `SELECT t.run, t.vcenter, t.vch, t.dispatch FROM vch_fleet.target t JOIN vch_fleet.run r ON r.id = t.run
       WHERE t.state IN ('running', 'queued') AND t.dispatch > 0 AND r.tool LIKE $1`,
      [`${this.#version}.%`],
    );
    for (const key of held) await this.#boss.fail(this.queueOf(key.vcenter), jobId(key));
  }

  queueOf(vcenter: string): string {
    return `vch-${this.#version}/${vcenter}`;
  }

  async #ensure(queue: string): Promise<void> {
    if (this.#known.has(queue)) return;
    await this.#boss.createQueue(queue, {
      policy: 'singleton',
      // At once, and before all that follows in its slot: nobody else may begin there meanwhile.
      retryDelay: 0,
      heartbeatSeconds: HEARTBEAT,
      expireInSeconds: LONGEST * 3600 - 1,
      retentionSeconds: 30 * 24 * 3600,
      deleteAfterSeconds: 24 * 3600,
    });
    this.#known.add(queue);
  }
}

// What is in the middle of a command goes on in a run in which nothing more begins.
const SENDABLE = `(r.state = 'running' OR (t.unfinished AND r.state IN ('held', 'paused', 'waiting'))) AND r.tool LIKE $1 AND t.wave <= r.wave AND NOT t.sent AND t.state IN ('pending', 'deferred')`;

const CLAIM = `UPDATE vch_fleet.target u SET sent = true, dispatch = u.dispatch + 1,
    state = CASE WHEN u.state = 'deferred' THEN 'deferred' ELSE 'queued' END
  FROM (SELECT t.run, t.vcenter, t.vch, r.command = 'upgrade' AND r.release IS NOT NULL AS isos FROM vch_fleet.target t JOIN vch_fleet.run r ON r.id = t.run
        WHERE ${SENDABLE} ORDER BY t.run, t.vcenter, t.turn LIMIT 500 FOR UPDATE OF t SKIP LOCKED) c
  WHERE u.run = c.run AND u.vcenter = c.vcenter AND u.vch = c.vch
  RETURNING u.run, u.vcenter, u.vch, u.dispatch, u.slot, u.turn, u.not_before, c.isos`;

const sent = fields({
  run: text,
  vcenter: text,
  vch: text,
  dispatch: count,
  slot: count,
  turn: count,
  not_before: nullable(text),
  isos: flag,
});

function jobOf({run, vcenter, vch, dispatch, slot, turn, not_before, isos}: ShapeOf<typeof sent>) {
  return {
    id: jobId({run, vcenter, vch, dispatch}),
    data: {run, vcenter, vch, dispatch},
    singletonKey: `${vcenter}/${slot}`,
    retryLimit: RETRIES,
    // A job that is retried keeps its place before the later turns of its slot.
    priority: (isos ? 2 : 1) * ISO_PRIORITY - turn,
    ...(not_before === null ? {} : {startAfter: new Date(not_before)}),
  };
}

/** The same VCH and turn have the same job, so that nothing is queued twice. */
export function jobId({run, vcenter, vch, dispatch}: JobKey): string {
  const hex = createHash('sha256')
    .update(JSON.stringify([run, vcenter, vch, dispatch]))
    .digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function executing(statements: Statements) {
  return async (sql: string, values?: unknown[]) => ({rows: [...(await statements.query(sql, values))]});
}
