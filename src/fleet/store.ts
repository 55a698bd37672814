import {randomUUID} from 'node:crypto';
import {counted} from '../counted.js';
import {VchError} from '../errors.js';
import {
  count,
  fields,
  flag,
  list,
  moment,
  nullable,
  oneOf,
  type Shape,
  type ShapeOf,
  text,
  whole,
} from '../json-shape.js';
import {
  FLEET_COMMANDS,
  type FleetCommand,
  type FleetLeftOut,
  type FleetRelease,
  LEFT_OUT,
  RUN_STATES,
  TARGET_STATES,
  type TargetOutcome,
  type TargetState,
} from '../report/fleet/report.js';
import type {Report} from '../report/report.js';
import {advance, isSettled, type Standing} from './advance.js';
import {type FleetDatabase, rowsOf, type Statements, storable, storableJson} from './database.js';
import type {Inventory} from './inventory.js';
import {inventoryShape, outcomeShape, releaseShape, settingsShape} from './stored.js';
import {type FoundVch, type Placed, selected} from './waves.js';
import {opensAt} from './window.js';

/** A time of the database, in UTC. */
const time: Shape<string> = (value, path) => new Date(moment(value, path)).toISOString();

export type RunSettings = ShapeOf<typeof settingsShape>;

export const runShape = fields({
  id: text,
  command: oneOf(FLEET_COMMANDS),
  state: oneOf(RUN_STATES),
  reason: nullable(text),
  wave: whole,
  inventory: inventoryShape,
  release: nullable(releaseShape),
  options: settingsShape,
  tool: text,
  change_id: nullable(text),
  created_by: text,
  created_at: time,
  started_at: nullable(time),
  ended_at: nullable(time),
});
export type RunRow = ShapeOf<typeof runShape>;

export const targetShape = fields({
  run: text,
  vcenter: text,
  vch: text,
  name: text,
  own_name: nullable(text),
  path: nullable(text),
  container_vms: count,
  wave: count,
  slot: count,
  turn: count,
  state: oneOf(TARGET_STATES),
  dispatch: count,
  not_before: nullable(time),
  unfinished: flag,
  tries: count,
  deaths: whole,
  vch_runs: list(text),
  worker: nullable(text),
  began_at: nullable(time),
  ended_at: nullable(time),
  exit: nullable(count),
  result: nullable(text),
  verified: nullable(count),
  outcome: nullable(outcomeShape),
});
export type TargetRow = ShapeOf<typeof targetShape>;

/** Names a VCH in a run, and the job that works on it. */
export interface TargetKey {
  readonly run: string;
  readonly vcenter: string;
  readonly vch: string;
}

export interface JobKey extends TargetKey {
  readonly dispatch: number;
}

/** What a run leaves alone. */
export type LeftOut = FleetLeftOut;

/** A run that is to be. */
export interface NewRun {
  /** Its id begins with the command and this day. */
  readonly day: Date;
  readonly command: FleetCommand;
  readonly inventory: Inventory;
  readonly release: FleetRelease | null;
  readonly options: RunSettings;
  readonly tool: string;
  readonly changeId: string | null;
  readonly who: string;
  readonly targets: readonly (Placed & {
    readonly planned: TargetOutcome | null;
    readonly plan: string | null;
  })[];
  readonly leftOut: readonly LeftOut[];
}

/** What a worker may do with a job. */
export type Begun =
  | {readonly status: 'over'}
  | {readonly status: 'later'; readonly why: string}
  | {
      readonly status: 'go';
      readonly run: RunRow;
      readonly target: TargetRow;
      readonly plan: string | null;
      /** A worker had begun, and its claim has ended. */
      readonly takeover: boolean;
    };

/** What the work on a VCH came to. */
export interface Settled {
  readonly state: Extract<TargetState, 'done' | 'partly' | 'failed' | 'unreachable' | 'stopped' | 'down'>;
  readonly exit: number;
  readonly result: string | null;
  readonly verified: number | null;
  readonly offline: boolean;
  readonly outcome: TargetOutcome;
  readonly message: string;
}

interface NewEvent extends Partial<TargetKey> {
  readonly type: string;
  readonly wave?: number | undefined;
  readonly worker?: string | undefined;
  readonly who?: string | undefined;
  readonly message: string;
}

/** Notes what happened. Events are only ever added. */
export async function addEvent(statements: Statements, run: string, event: NewEvent): Promise<void> {
  const {type, vcenter, vch, wave, worker, who, message} = event;
  await statements.query(
    'INSERT INTO vch_fleet.event (run, type, vcenter, vch, wave, worker, who, message) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)',
    [run, type, vcenter, vch, wave, worker, who, storable(message)].map((value) => value ?? null),
  );
}

/** The run of that id, locked until the transaction ends: all decisions on a run are made one after the other. */
export async function lockedRun(statements: Statements, id: string): Promise<RunRow> {
  const [run] = await rowsOf(statements, runShape, 'SELECT * FROM vch_fleet.run WHERE id = $1 FOR UPDATE', [
    id,
  ]);
  if (run !== undefined) return run;
  throw new VchError(
    'VCH_ERR_USAGE',
    `there is no fleet run ${id}; vch-migrate fleet status shows the latest`,
  );
}

/** Stores a run with its VCHs, and gives its id; nothing begins before it is started. */
export function createRun(
  database: FleetDatabase,
  run: NewRun,
  newId: (run: Pick<NewRun, 'command' | 'day'>) => string = runId,
): Promise<string> {
  const {command, inventory, release, options, tool, changeId, who, targets, leftOut} = run;
  const endpoints = new Map(inventory.vcenters.map(({name, url}) => [name, endpointOf(url)]));
  return database.transaction(async (statements) => {
    const values = [
      command,
      storableJson(inventory),
      release && storableJson(release),
      storableJson(options),
      tool,
      changeId,
      who,
    ];
    const id = await insertRun(statements, values, () => newId(run));
    for (let at = 0; at < targets.length; at += 200) {
      const some = targets.slice(at, at + 200);
      const rows = some.map(({planned, ...target}) => ({
        ...{run: id, vcenter: target.vcenter, vch: target.id, name: target.name, own_name: target.ownName},
        ...{path: target.path, container_vms: target.containerVMs, endpoint: endpoints.get(target.vcenter)},
        ...{wave: target.wave, slot: target.slot, turn: target.turn, planned},
      }));
      await statements.query(
        `INSERT INTO vch_fleet.target (run, vcenter, vch, name, own_name, path, container_vms, endpoint, wave, slot, turn, state, planned)
         SELECT run, vcenter, vch, name, own_name, path, container_vms, endpoint, wave, slot, turn, 'pending', planned
         FROM jsonb_to_recordset($1::jsonb) AS t(run text, vcenter text, vch text, name text, own_name text, path text,
           container_vms integer, endpoint text, wave integer, slot integer, turn integer, planned jsonb)`,
        [storableJson(rows)],
      );
      // One by one: that of a large VCH has megabytes.
      for (const {vcenter, id: vch, plan} of some)
        if (plan !== null)
          await statements.query(
            'INSERT INTO vch_fleet.plan (run, vcenter, vch, body) VALUES ($1, $2, $3, $4)',
            [id, vcenter, vch, plan],
          );
    }
    await addEvent(statements, id, {
      type: 'planned',
      who,
      message: `${command} planned: ${counted(targets.length, 'VCH')}`,
    });
    await addLeftOut(statements, id, leftOut);
    for (const {vcenter, id: vch, why, message: reason} of leftOut)
      if (vch === null && why === 'unplanned')
        await addLeftOut(statements, id, await knownVchs(statements, id, inventory, vcenter, reason));
    return id;
  });
}

/** `upgrade-20261126-3f2a91c04d7e` */
function runId({command, day}: Pick<NewRun, 'command' | 'day'>): string {
  const date = day.toISOString().slice(0, 10).replaceAll('-', '');
  return `${command}-${date}-${randomUUID().slice(-12)}`;
}

/** Two runs never have the same id: another is made if the database has it. */
async function insertRun(
  statements: Statements,
  values: readonly unknown[],
  newId: () => string,
): Promise<string> {
  for (;;) {
    const id = newId();
    const made = await statements.query(
      `INSERT INTO vch_fleet.run (id, command, state, inventory, release, options, tool, change_id, created_by)
       VALUES ($1, $2, 'planned', $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING RETURNING id`,
      [id, ...values],
    );
    if (made.length > 0) return id;
  }
}

/** The server of a URL, as its limit counts for it. */
function endpointOf(url: string): string {
  return new URL(url).host;
}

/** Notes what a run leaves alone, once each, with an event for each. */
async function addLeftOut(statements: Statements, run: string, leftOut: readonly LeftOut[]): Promise<void> {
  const noted = await rowsOf(
    statements,
    leftOutShape,
    `INSERT INTO vch_fleet.left_out (run, vcenter, vch, name, why, message)
     SELECT $1, vcenter, coalesce(id, ''), name, why, message
     FROM jsonb_to_recordset($2::jsonb) AS t(vcenter text, id text, name text, why text, message text)
     ON CONFLICT DO NOTHING RETURNING ${LEFT_OUT_COLUMNS}`,
    [run, storableJson(leftOut)],
  );
  for (const {vcenter, id, name, message} of noted)
    await addEvent(statements, run, {
      type: 'left-out',
      ...{vcenter, ...(id !== null && {vch: id})},
      message: `${name ?? vcenter}: ${message}`,
    });
}

const LEFT_OUT_COLUMNS = "vcenter, nullif(vch, '') AS id, name, why, message";

const leftOutShape: Shape<LeftOut> = fields({
  ...{vcenter: text, id: nullable(text), name: nullable(text)},
  ...{why: oneOf(LEFT_OUT), message: text},
});

/** What a run leaves alone. */
export function leftOutOf(statements: Statements, run: string): Promise<readonly LeftOut[]> {
  return rowsOf(
    statements,
    leftOutShape,
    `SELECT ${LEFT_OUT_COLUMNS} FROM vch_fleet.left_out WHERE run = $1 ORDER BY vcenter, vch, why`,
    [run],
  );
}

/** Whether no other VCH of that vCenter waits for its turn in the run. */
export async function isLastOfVCenter(
  database: FleetDatabase,
  {run, vcenter, vch}: TargetKey,
): Promise<boolean> {
  const others = await database.query(
    `SELECT 1 FROM vch_fleet.target WHERE run = $1 AND vcenter = $2 AND vch <> $3 AND state IN ('pending', 'queued', 'deferred') LIMIT 1`,
    [run, vcenter, vch],
  );
  return others.length === 0;
}

/** Notes the VCHs of a vCenter that the plan of the run did not know. */
export function addLater(
  database: FleetDatabase,
  {run}: Pick<TargetKey, 'run'>,
  found: readonly FoundVch[],
): Promise<void> {
  return database.transaction(async (statements) => {
    const known = await statements.query(
      'SELECT vcenter, vch FROM vch_fleet.target WHERE run = $1 UNION SELECT vcenter, vch FROM vch_fleet.left_out WHERE run = $1',
      [run],
    );
    const names = new Set(known.map(({vcenter, vch}) => `${vcenter}/${vch}`));
    const later = found.filter(({vcenter, id}) => !names.has(`${vcenter}/${id}`));
    await addLeftOut(
      statements,
      run,
      later.map(({vcenter, id, name}) => ({
        ...{vcenter, id, name, why: 'later' as const},
        message: 'it came after the run was planned, and is left alone; plan another run for it',
      })),
    );
  });
}

const knownShape = fields({
  id: text,
  name: text,
  ownName: nullable(text),
  path: nullable(text),
  containerVMs: count,
});

/** The VCHs of a vCenter that does not answer, as the last run that saw it knows them. */
async function knownVchs(
  statements: Statements,
  run: string,
  {vcenters}: Inventory,
  name: string,
  reason: string,
): Promise<readonly LeftOut[]> {
  const vcenter = vcenters.find((one) => one.name === name);
  if (vcenter === undefined) return [];
  const known = await rowsOf(
    statements,
    knownShape,
    `SELECT vch AS id, name, own_name AS "ownName", path, container_vms AS "containerVMs" FROM vch_fleet.target
     WHERE endpoint = $1 AND run = (SELECT r.id FROM vch_fleet.run r JOIN vch_fleet.target t ON t.run = r.id
       WHERE t.endpoint = $1 AND r.id <> $2 ORDER BY r.created_at DESC LIMIT 1) ORDER BY name, vch`,
    [endpointOf(vcenter.url), run],
  );
  return known
    .filter((vch) => selected(vcenter, vch))
    .map(({id, name}) => ({
      ...{vcenter: vcenter.name, id, name, why: 'unplanned' as const},
      message: `its vCenter could not be looked at (${reason}); an earlier run had it`,
    }));
}

/** Lets a worker begin on a VCH, if the run, its window and the state of the VCH allow it. */
export async function beginTarget(
  database: FleetDatabase,
  key: JobKey,
  {worker, vchRun, now}: {readonly worker: string; readonly vchRun: string; readonly now: Date},
): Promise<Begun> {
  return database.transaction(async (statements) => {
    const run = await lockedRun(statements, key.run);
    const [target] = await rowsOf(
      statements,
      targetShape,
      'SELECT * FROM vch_fleet.target WHERE run = $1 AND vcenter = $2 AND vch = $3',
      [key.run, key.vcenter, key.vch],
    );
    if (target === undefined || target.dispatch !== key.dispatch || isSettled(target.state))
      return {status: 'over'};
    // What has begun is brought to an end, whatever became of the run.
    const takeover = target.state === 'running';
    const goesOn = takeover || (target.unfinished && run.state !== 'cancelled');
    if (!goesOn && run.state !== 'running') {
      await putBack(statements, key, null, 'pending');
      return {status: 'later', why: `the run is ${run.state}`};
    }
    const opens = goesOn ? null : opensAt(run.inventory.window, now);
    if (opens !== null) {
      await putBack(statements, key, opens, 'deferred');
      const message = `${target.name} does not begin outside the window, which opens ${opens.toISOString()}`;
      await addEvent(statements, key.run, {type: 'deferred', ...key, worker, message});
      return {status: 'later', why: message};
    }
    if (!takeover && (await isFull(statements, run, target))) {
      await putBack(statements, key, new Date(now.getTime() + FULL_PAUSE), 'pending');
      return {status: 'later', why: `${target.vcenter} is at its limit`};
    }
    const [begun] = await rowsOf(
      statements,
      targetShape,
      // Whoever it is taken over from may have left it in the middle.
      `UPDATE vch_fleet.target SET state = 'running', worker = $4, began_at = clock_timestamp(), ended_at = NULL, unfinished = unfinished OR $6,
         deaths = CASE WHEN $6 THEN deaths + 1 ELSE 0 END,
         vch_runs = vch_runs || to_jsonb($5::text)
       WHERE run = $1 AND vcenter = $2 AND vch = $3 RETURNING *`,
      [key.run, key.vcenter, key.vch, worker, vchRun, takeover],
    );
    if (begun === undefined) return {status: 'over'};
    const message = takeover
      ? `${target.name} is taken over from ${target.worker ?? 'a worker'}`
      : `${target.name} begins`;
    await addEvent(statements, key.run, {
      type: takeover ? 'taken-over' : 'began',
      ...key,
      wave: target.wave,
      worker,
      message,
    });
    const [plan] = await statements.query(
      'SELECT body FROM vch_fleet.plan WHERE run = $1 AND vcenter = $2 AND vch = $3',
      [key.run, key.vcenter, key.vch],
    );
    return {
      status: 'go',
      run,
      target: begun,
      plan: typeof plan?.body === 'string' ? plan.body : null,
      takeover,
    };
  });
}

/** Milliseconds after which a vCenter at its limit is looked at again. */
const FULL_PAUSE = 2_000;
/** Seconds without a sign of life after which a worker's VCHs no longer count: nobody may be left to take them over. */
const COUNTED = 120;

/**
 * Whether as many VCHs of its vCenter are worked on as every run allows that goes on there: by runs of all releases and
 * inventories together, which the queue's slots do not see. Those who begin on one vCenter take turns here until their transactions end.
 */
async function isFull(statements: Statements, run: RunRow, {vcenter}: TargetRow): Promise<boolean> {
  const own = run.inventory.vcenters.find(({name}) => name === vcenter);
  if (own === undefined) return false;
  const endpoint = endpointOf(own.url);
  await statements.query('SELECT pg_advisory_xact_lock(hashtext($1), $2)', [endpoint, LIMIT_LOCK]);
  const running = await statements.query(
    `SELECT 1 FROM vch_fleet.target t LEFT JOIN vch_fleet.worker w ON w.id = t.worker
     WHERE t.state = 'running' AND t.endpoint = $1
       AND coalesce(w.seen_at, t.began_at) > clock_timestamp() - interval '${COUNTED} s'`,
    [endpoint],
  );
  const limits = await rowsOf(
    statements,
    fields({concurrency: count}),
    `SELECT DISTINCT (v->>'concurrency')::integer AS concurrency
     FROM vch_fleet.run r JOIN vch_fleet.target t ON t.run = r.id
       JOIN jsonb_array_elements(r.inventory->'vcenters') v ON v->>'name' = t.vcenter
     WHERE t.endpoint = $1 AND t.wave <= r.wave AND (t.state = 'running' OR (r.state = 'running' AND t.state IN ('pending', 'queued')))`,
    [endpoint],
  );
  return running.length >= Math.min(own.concurrency, ...limits.map(({concurrency}) => concurrency));
}

/** Any number, the same for everybody who counts. */
const LIMIT_LOCK = 17_734;

/** Notes that a worker leaves a VCH to the next one, alive: it is no further one that ended in the middle of it. */
export async function leaveTarget(database: FleetDatabase, key: JobKey, worker: string): Promise<void> {
  await database.query(
    `UPDATE vch_fleet.target SET deaths = deaths - 1
     WHERE run = $1 AND vcenter = $2 AND vch = $3 AND dispatch = $4 AND worker = $5 AND state = 'running'`,
    [key.run, key.vcenter, key.vch, key.dispatch, worker],
  );
}

/** Gives back a job on which a worker has not begun. `running` if an earlier worker has: that job must be kept. */
export async function releaseTarget(
  database: FleetDatabase,
  key: JobKey,
): Promise<'released' | 'running' | 'over'> {
  const [row] = await database.query(
    `UPDATE vch_fleet.target SET state = CASE WHEN state = 'running' THEN 'running' ELSE 'pending' END, sent = (state = 'running')
     WHERE run = $1 AND vcenter = $2 AND vch = $3 AND dispatch = $4 AND state IN ('queued', 'deferred', 'running') RETURNING state`,
    [key.run, key.vcenter, key.vch, key.dispatch],
  );
  return row === undefined ? 'over' : row.state === 'running' ? 'running' : 'released';
}

async function putBack(
  statements: Statements,
  key: TargetKey,
  notBefore: Date | null,
  state: TargetState,
): Promise<void> {
  await statements.query(
    'UPDATE vch_fleet.target SET state = $4, sent = false, not_before = $5 WHERE run = $1 AND vcenter = $2 AND vch = $3',
    [key.run, key.vcenter, key.vch, state, notBefore],
  );
}

/** Keeps the report of a command on a VCH. */
export async function keepReport(database: FleetDatabase, key: TargetKey, report: Report): Promise<void> {
  await database.query(
    `INSERT INTO vch_fleet.report (run, vcenter, vch, vch_run, command, report) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (run, vcenter, vch, vch_run, command) DO UPDATE SET report = excluded.report, at = now()`,
    [key.run, key.vcenter, key.vch, report.runId, report.command, storableJson(report)],
  );
}

/** Records how a VCH ended, and moves the run on. False if another worker has it by now. */
export async function settleTarget(
  database: FleetDatabase,
  key: JobKey,
  worker: string | null,
  settled: Settled,
): Promise<boolean> {
  return database.transaction(async (statements) => {
    const run = await lockedRun(statements, key.run);
    const {state, exit, result, verified, offline, outcome, message} = settled;
    const changed = await statements.query(
      `UPDATE vch_fleet.target SET state = $5, exit = $6, result = $7, verified = $8, offline = $9, outcome = $10, unfinished = false,
         ended_at = clock_timestamp(), not_before = NULL
       WHERE run = $1 AND vcenter = $2 AND vch = $3 AND dispatch = $4
         AND (($11::text IS NULL AND state IN ('running', 'queued')) OR (state = 'running' AND worker = $11))
       RETURNING wave`,
      [
        key.run,
        key.vcenter,
        key.vch,
        key.dispatch,
        state,
        exit,
        result,
        verified,
        offline,
        storableJson(outcome),
        worker,
      ],
    );
    if (changed.length === 0) return false;
    await addEvent(statements, key.run, {type: state, ...key, worker: worker ?? undefined, message});
    await advanceRun(statements, run);
    return true;
  });
}

/** Gives a VCH back to the queue: it is tried again later, perhaps by another worker. */
export async function requeueTarget(
  database: FleetDatabase,
  key: JobKey,
  worker: string,
  {
    notBefore,
    message,
    counts,
    unfinished,
  }: {
    readonly notBefore: Date;
    readonly message: string;
    readonly counts: boolean;
    readonly unfinished: boolean;
  },
): Promise<void> {
  await database.transaction(async (statements) => {
    const run = await lockedRun(statements, key.run);
    const changed = await statements.query(
      `UPDATE vch_fleet.target SET state = $8, sent = false, not_before = $6, tries = tries + $7, unfinished = unfinished OR $9, ended_at = clock_timestamp()
       WHERE run = $1 AND vcenter = $2 AND vch = $3 AND dispatch = $4 AND worker = $5 AND state = 'running' RETURNING vch`,
      [
        key.run,
        key.vcenter,
        key.vch,
        key.dispatch,
        worker,
        notBefore,
        counts ? 1 : 0,
        run.state === 'cancelled' ? 'stopped' : 'pending',
        unfinished,
      ],
    );
    if (changed.length > 0) await addEvent(statements, key.run, {type: 'requeued', ...key, worker, message});
  });
}

const standing: Shape<Standing> = fields({
  count,
  vcenter: text,
  wave: count,
  state: oneOf(TARGET_STATES),
  verified: nullable(count),
  offline: flag,
  forgiven: flag,
});

/** How the targets of a run stand, counted. */
export function standingsOf(statements: Statements, run: string): Promise<readonly Standing[]> {
  return rowsOf(
    statements,
    standing,
    `SELECT count(*)::integer AS count, vcenter, wave, state, verified, offline, forgiven
     FROM vch_fleet.target WHERE run = $1 GROUP BY vcenter, wave, state, verified, offline, forgiven`,
    [run],
  );
}

/** Moves a run on as far as its targets, gates and budget allow; the run must be locked. */
export async function advanceRun(statements: Statements, run: RunRow): Promise<void> {
  const approvals = await statements.query('SELECT wave FROM vch_fleet.approval WHERE run = $1', [run.id]);
  const {inventory, state, wave, command, id} = run;
  const next = advance(
    {
      ...{command, state, wave, budget: inventory.budget},
      gates: inventory.waves.map(({gate}) => gate),
      approved: approvals.map((approval) => Number(approval.wave)),
      incomplete: (await leftOutOf(statements, id)).some((one) => one.id === null && one.why === 'unplanned'),
    },
    await standingsOf(statements, id),
  );
  for (const {vcenter, reason} of next.held) {
    const held = await statements.query(
      `UPDATE vch_fleet.target SET state = 'held' WHERE run = $1 AND vcenter = $2 AND state IN ('pending', 'queued', 'deferred') AND NOT unfinished RETURNING vch`,
      [id, vcenter],
    );
    if (held.length > 0)
      await addEvent(statements, id, {
        type: 'vcenter-held',
        vcenter,
        message: `${vcenter} holds ${counted(held.length, 'VCH')}: ${reason}`,
      });
  }
  const ended = next.state === 'done';
  await statements.query(
    `UPDATE vch_fleet.run SET state = $2, wave = $3, reason = $4, ended_at = CASE WHEN $5 THEN clock_timestamp() ELSE NULL END WHERE id = $1`,
    [id, next.state, next.wave, next.state === state ? (next.reason ?? run.reason) : next.reason, ended],
  );
  for (let opened = wave + 1; opened <= next.wave; opened += 1)
    await addEvent(statements, id, {
      type: 'wave-opened',
      wave: opened,
      message: `wave ${inventory.waves[opened]?.name} opens`,
    });
  if (next.state !== state && next.state !== 'running')
    await addEvent(statements, id, {
      type: next.state,
      wave: next.wave,
      message: `the run is ${next.state}${next.reason === null ? '' : `: ${next.reason}`}`,
    });
}
