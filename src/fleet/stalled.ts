import {fields, list, oneOf, text} from '../json-shape.js';
import {TARGET_STATES} from '../report/fleet/report.js';
import {type FleetDatabase, rowsOf} from './database.js';
import {minorOf} from './version.js';

/** Seconds without a sign of life after which a worker is no longer counted. */
export const SHOWN = 60;

/** A worker that shows signs of life. */
export interface LiveWorker {
  readonly id: string;
  readonly tool: string;
  /** For which vCenters of which runs it can do nothing. */
  readonly unable: readonly {readonly run: string; readonly vcenter: string; readonly why: string}[];
}

/** VCHs of a run that stand alike. */
interface Going {
  readonly vcenter: string;
  readonly worker: string | null;
  readonly state: (typeof TARGET_STATES)[number];
}

/** A vCenter whose VCHs no worker can continue, and what each worker lacks. The list is empty if there is no worker. */
export interface Stalled {
  readonly vcenter: string;
  readonly lacks: readonly {readonly worker: string; readonly why: string}[];
}

/** The vCenters of a running run with whose VCHs no worker can go on; `all` if nothing else is left to do. */
export function stalledOf(
  run: {readonly id: string; readonly tool: string},
  going: readonly Going[],
  workers: readonly LiveWorker[],
): {readonly stalled: readonly Stalled[]; readonly all: boolean} {
  const ours = workers.filter(({tool}) => minorOf(tool) === minorOf(run.tool));
  const vcenters = [...new Set(going.map(({vcenter}) => vcenter))];
  const stalled = vcenters.flatMap((vcenter) => {
    const isWorkedOn = going.some(
      (one) => one.vcenter === vcenter && one.state === 'running' && ours.some(({id}) => id === one.worker),
    );
    const lacks = ours.flatMap(({id, unable}) =>
      unable
        .filter((one) => one.run === run.id && one.vcenter === vcenter)
        .slice(0, 1)
        .map(({why}) => ({worker: id, why})),
    );
    return isWorkedOn || lacks.length < ours.length ? [] : [{vcenter, lacks}];
  });
  return {stalled, all: stalled.length > 0 && stalled.length === vcenters.length};
}

/** Stalled vCenters as one phrase, for people. */
export function stalledWords(stalled: readonly Stalled[]): string {
  const names = stalled.map(({vcenter}) => vcenter);
  const shown =
    names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
  const [first] = stalled.flatMap(({lacks}) => lacks);
  return first === undefined
    ? 'no worker is at work'
    : `no worker can go on with the VCHs of ${shown}: ${first.worker} lacks ${first.why}`;
}

export const liveWorker = {id: text, tool: text, unable: list(fields({run: text, vcenter: text, why: text}))};

/** Workers that show signs of life. */
export const LIVE = `NOT stopped AND seen_at > now() - interval '${SHOWN} s'`;

const going = fields({
  ...{vcenter: text, worker: text, state: oneOf(TARGET_STATES)},
  tool: text,
});

/** The same, read from the database. */
export async function readStalled(
  database: FleetDatabase,
  run: string,
): Promise<ReturnType<typeof stalledOf>> {
  const rows = await rowsOf(
    database,
    going,
    `SELECT t.vcenter, coalesce(t.worker, '') AS worker, t.state, r.tool
     FROM vch_fleet.target t JOIN vch_fleet.run r ON r.id = t.run
     WHERE t.run = $1 AND r.state = 'running' AND t.wave <= r.wave AND t.state IN ('pending', 'queued', 'running')
     GROUP BY t.vcenter, t.worker, t.state, r.tool`,
    [run],
  );
  const [first] = rows;
  if (first === undefined) return {stalled: [], all: false};
  const workers = await rowsOf(
    database,
    fields(liveWorker),
    `SELECT id, tool, unable FROM vch_fleet.worker WHERE ${LIVE} ORDER BY id`,
  );
  return stalledOf({id: run, tool: first.tool}, rows, workers);
}
