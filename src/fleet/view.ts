import {VchError} from '../errors.js';
import {count, fields, list, moment, nullable, oneOf, type Shape, type ShapeOf, text} from '../json-shape.js';
import {
  countTargets,
  FLEET_COMMANDS,
  type FleetEvent,
  type FleetReport,
  type FleetVch,
  RUN_STATES,
} from '../report/fleet/report.js';
import {type Report, type ReportTool, reportShape} from '../report/report.js';
import {usedOf} from './advance.js';
import {type FleetDatabase, rowsOf} from './database.js';
import {LIVE, liveWorker, type Stalled, stalledOf, stalledWords} from './stalled.js';
import {leftOutOf, type RunRow, runShape, standingsOf, targetShape} from './store.js';

const time: Shape<string> = (value, path) => new Date(moment(value, path)).toISOString();

const eventShape = fields({
  id: count,
  at: time,
  type: text,
  vcenter: nullable(text),
  vch: nullable(text),
  wave: nullable(count),
  worker: nullable(text),
  who: nullable(text),
  message: text,
});

/** The events of a run after one of them, oldest first. */
export function eventsAfter(
  database: FleetDatabase,
  run: string,
  id: number,
  most = 500,
): Promise<readonly FleetEvent[]> {
  return rowsOf(
    database,
    eventShape,
    `SELECT id, at, type, vcenter, vch, wave, worker, who, message FROM vch_fleet.event WHERE run = $1 AND id > $2 ORDER BY id LIMIT ${most}`,
    [run, id],
  );
}

const listed = fields({
  id: text,
  command: oneOf(FLEET_COMMANDS),
  state: oneOf(RUN_STATES),
  reason: nullable(text),
  tool: text,
  created_at: time,
  created_by: text,
  vchs: count,
  settled: count,
});
export type ListedRun = ShapeOf<typeof listed>;

/** The runs of a database, the latest first. */
export function listRuns(database: FleetDatabase): Promise<readonly ListedRun[]> {
  return rowsOf(
    database,
    listed,
    `SELECT r.id, r.command, r.state, r.reason, r.tool, r.created_at, r.created_by, count(t.vch)::integer AS vchs,
       count(t.ended_at) FILTER (WHERE t.state NOT IN ('pending', 'queued', 'deferred', 'running'))::integer AS settled
     FROM vch_fleet.run r LEFT JOIN vch_fleet.target t ON t.run = r.id GROUP BY r.id ORDER BY r.created_at DESC, r.id LIMIT 100`,
  );
}

/** The run that is meant: by its id or the beginning of it, else the only one that is in one of the states, else the latest. */
export async function findRun(
  database: FleetDatabase,
  word: string | undefined,
  states: readonly RunRow['state'][] = RUN_STATES,
): Promise<string> {
  if (word !== undefined) {
    const found = await rowsOf(
      database,
      fields({id: text}),
      `SELECT id FROM vch_fleet.run WHERE starts_with(id, $1) ORDER BY id = $1 DESC, created_at DESC, id LIMIT 10`,
      [word],
    );
    const [run] = found;
    if (run !== undefined && (found.length === 1 || run.id === word)) return run.id;
    throw usage(
      run === undefined
        ? `there is no fleet run ${word}`
        : `${found.length} fleet runs begin with ${word}: ${found.map(({id}) => id).join(', ')}`,
    );
  }
  const runs = await listRuns(database);
  const fitting = runs.filter(({state}) => states.includes(state));
  const [run] = fitting;
  if (run === undefined)
    throw runs.length === 0
      ? new VchError('VCH_ERR_USAGE', 'there is no fleet run yet; vch-migrate fleet plan makes one')
      : usage(`no fleet run is ${states.join(' or ')}`);
  if (fitting.length > 1 && states.length < RUN_STATES.length)
    throw usage(
      `${fitting.length} fleet runs are ${states.join(' or ')}: name one of ${fitting.map(({id}) => id).join(', ')}`,
    );
  return run.id;
}

function usage(problem: string): VchError {
  return new VchError(
    'VCH_ERR_USAGE',
    `${problem}; vch-migrate fleet status shows the latest, vch-migrate fleet plan makes one`,
  );
}

const approvalShape = fields({wave: count, who: text, reason: text, at: time});
const workerShape = fields({...liveWorker, seen_at: time, lacks: list(text)});

/** Everything about a run, as people and programs read it. */
export async function readRun(
  database: FleetDatabase,
  id: string,
  {
    tool,
    events = 30,
    line,
  }: {
    readonly tool: ReportTool;
    readonly events?: number;
    /** Writes a command line to type next. */
    readonly line: (words: string) => string;
  },
): Promise<FleetReport> {
  const [run] = await rowsOf(database, runShape, 'SELECT * FROM vch_fleet.run WHERE id = $1', [id]);
  if (run === undefined) throw usage(`there is no fleet run ${id}`);
  const [targets, approvals, workers, standings, leftOut, last] = await Promise.all([
    rowsOf(
      database,
      targetShape,
      `SELECT run, vcenter, vch, name, own_name, path, container_vms, wave, slot, turn, state, dispatch, not_before, unfinished, tries, deaths, '[]'::jsonb AS vch_runs,
         worker, began_at, ended_at, exit, result, verified, coalesce(outcome, planned) AS outcome
       FROM vch_fleet.target WHERE run = $1 ORDER BY wave, vcenter, name, vch`,
      [id],
    ),
    rowsOf(database, approvalShape, 'SELECT wave, who, reason, at FROM vch_fleet.approval WHERE run = $1', [
      id,
    ]),
    rowsOf(
      database,
      workerShape,
      `SELECT id, tool, seen_at, lacks, unable FROM vch_fleet.worker WHERE ${LIVE} ORDER BY id`,
    ),
    standingsOf(database, id),
    leftOutOf(database, id),
    rowsOf(
      database,
      eventShape,
      `SELECT id, at, type, vcenter, vch, wave, worker, who, message FROM vch_fleet.event WHERE run = $1 ORDER BY id DESC LIMIT ${events}`,
      [id],
    ),
  ]);
  const vchs: readonly FleetVch[] = targets.map((target) => ({
    ...{
      vcenter: target.vcenter,
      id: target.vch,
      name: target.name,
      ownName: target.own_name,
      path: target.path,
    },
    ...{
      containerVMs: target.container_vms,
      wave: target.wave,
      state: target.state,
      notBefore: target.not_before,
    },
    ...{worker: target.worker, beganAt: target.began_at, endedAt: target.ended_at, exit: target.exit},
    ...{result: target.result, verified: target.verified, outcome: target.outcome},
  }));
  const {inventory} = run;
  const used = usedOf(standings);
  const waves = inventory.waves.map(({name, gate}, wave) => {
    const summary = countTargets(vchs.filter((vch) => vch.wave === wave));
    const going = summary.pending + summary.queued + summary.deferred + summary.running;
    const approval = approvals.find((one) => one.wave === wave);
    return {
      ...{name, gate, summary},
      state: wave > run.wave ? ('closed' as const) : going > 0 ? ('open' as const) : ('settled' as const),
      approval: approval === undefined ? null : {who: approval.who, reason: approval.reason, at: approval.at},
    };
  });
  const summary = countTargets(vchs);
  return {
    schema: 'vch-migrate/fleet-report/v1',
    tool,
    run: {
      ...{
        id,
        command: run.command,
        state: run.state,
        reason: run.reason,
        changeId: run.change_id,
        tool: run.tool,
      },
      ...{
        createdBy: run.created_by,
        createdAt: run.created_at,
        startedAt: run.started_at,
        endedAt: run.ended_at,
      },
    },
    release: run.release,
    summary,
    budget: {
      failed: {used: used.failed, limit: inventory.budget.failed},
      unreachable: {used: used.unreachable, limit: inventory.budget.unreachable},
      perVcenter: inventory.budget.perVcenter,
    },
    waves,
    vcenters: inventory.vcenters.map(({name, url, concurrency}) => ({
      ...{name, url, concurrency},
      summary: countTargets(vchs.filter(({vcenter}) => vcenter === name)),
    })),
    workers: workers.map(({id, seen_at, lacks}) => ({id, seenAt: seen_at, lacks})),
    vchs,
    leftOut,
    events: last.toReversed(),
    next: nextOf(run, summary, stalledOf(run, vchs.filter(isGoing(run)), workers).stalled, line),
  };
}

/** The VCHs of the open waves that still need a worker. */
function isGoing({wave}: RunRow): (vch: FleetVch) => boolean {
  return (vch) => vch.wave <= wave && ['pending', 'queued', 'running'].includes(vch.state);
}

const reported = fields({vcenter: text, vch: text, report: reportShape});
/** Reports read at a time: one may have megabytes. */
const REPORTS_AT_ONCE = 20;

/** The last report of a VCH of a run, by `vcenter/moref`; `null` if there is none. */
export async function lastReport(database: FleetDatabase, run: string, key: string): Promise<Report | null> {
  const [last] = await rowsOf(
    database,
    reported,
    `SELECT vcenter, vch, report FROM vch_fleet.report WHERE run = $1 AND vcenter || '/' || vch = $2
     ORDER BY command = 'verify', at DESC LIMIT 1`,
    [run, key],
  );
  return last?.report ?? null;
}

/** The last report of each VCH of a run, in no order. */
export async function* lastReports(database: FleetDatabase, run: string) {
  for (let last: readonly [string, string] = ['', '']; ; ) {
    const some = await rowsOf(
      database,
      reported,
      `SELECT DISTINCT ON (vcenter, vch) vcenter, vch, report FROM vch_fleet.report
       WHERE run = $1 AND (vcenter, vch) > ($2, $3) ORDER BY vcenter, vch, command = 'verify', at DESC LIMIT ${REPORTS_AT_ONCE}`,
      [run, ...last],
    );
    yield* some;
    const end = some.at(-1);
    if (end === undefined) return;
    last = [end.vcenter, end.vch];
  }
}

/** What to do next about a run. */
function nextOf(
  {id, command, state, inventory, wave}: RunRow,
  {failed, down, unreachable, stopped, held, cancelled, partly}: FleetReport['summary'],
  stalled: readonly Stalled[],
  line: (words: string) => string,
): string {
  const left = failed + down + unreachable + stopped + held + cancelled;
  switch (state) {
    case 'planned':
      return `begin: ${line(`${command} ${id}`)}`;
    case 'running':
      return stalled.length === 0
        ? `follow it: ${line(`watch ${id}`)}`
        : `${stalledWords(stalled)}; start one that can: ${line('worker')}`;
    case 'waiting':
      return `look at the report, then approve ${inventory.waves[wave + 1]?.name ?? 'the next wave'}: ${line(`approve ${id} --wave ${inventory.waves[wave]?.name} --reason TEXT`)}`;
    case 'paused':
      return `go on: ${line(`resume ${id} --reason TEXT`)}`;
    case 'held':
      return `fix the cause, then try those again: ${line(`retry ${id} --reason TEXT`)}; or go on without them, with what is held: ${line(`resume ${id} --reason TEXT`)}`;
    case 'cancelled':
      return left === 0
        ? 'nothing'
        : `try those again that did not reach their goal: ${line(`retry ${id} --reason TEXT`)}`;
    case 'done':
      if (left > 0) return `fix the cause, then try those again: ${line(`retry ${id} --reason TEXT`)}`;
      return partly > 0
        ? `look at those that are done but for some VMs: ${line(`report ${id}`)}`
        : `nothing; keep the report: ${line(`report ${id} --report fleet.html`)}`;
  }
}
