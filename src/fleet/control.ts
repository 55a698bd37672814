import {counted} from '../counted.js';
import {VchError} from '../errors.js';
import {count, fields, text} from '../json-shape.js';
import {type FleetDatabase, rowsOf, type Statements} from './database.js';
import {addEvent, advanceRun, lockedRun, type RunRow} from './store.js';

/** Who does something to a run, and why. */
export interface Decision {
  /** `user@host` */
  readonly who: string;
  readonly reason: string;
}

/** What became of a decision: a sentence for people. */
export interface Decided {
  readonly changed: boolean;
  readonly message: string;
}

function refuse(message: string): VchError {
  return new VchError('VCH_ERR_CONFLICT', message);
}

/** Decides on a run, one person after the other. */
function deciding(
  database: FleetDatabase,
  id: string,
  decide: (statements: Statements, run: RunRow) => Promise<Decided>,
): Promise<Decided> {
  return database.transaction(async (statements) => decide(statements, await lockedRun(statements, id)));
}

async function setState(statements: Statements, run: RunRow, state: RunRow['state']): Promise<void> {
  await statements.query('UPDATE vch_fleet.run SET state = $2, reason = NULL WHERE id = $1', [run.id, state]);
  await advanceRun(statements, {...run, state, reason: null});
}

/** What keeps VCHs from beginning after a decision by which they may; empty if nothing does. */
async function stillClosed(statements: Statements, id: string): Promise<string> {
  const {state, reason} = await lockedRun(statements, id);
  if (state !== 'held' && state !== 'paused') return '';
  return `, but nothing begins: the run is ${state}${reason === null ? '' : ` (${reason})`}. To go on: vch-migrate fleet resume ${id} --reason TEXT`;
}

/** Starts a planned run. */
export function startRun(
  database: FleetDatabase,
  id: string,
  {who}: Pick<Decision, 'who'>,
): Promise<Decided> {
  return deciding(database, id, async (statements, run) => {
    if (run.state !== 'planned')
      return {changed: false, message: `the run ${id} was started before; it is ${run.state}`};
    await statements.query('UPDATE vch_fleet.run SET started_at = clock_timestamp() WHERE id = $1', [id]);
    await addEvent(statements, id, {type: 'started', who, message: `${run.command} started by ${who}`});
    await setState(statements, run, 'running');
    return {changed: true, message: `the run ${id} is started`};
  });
}

/** Seconds after an approval in which another one has to name its wave: it may have been meant for the same. */
const SAME_DECISION = 60;

/** Approves the next wave. Two people at once count once. */
export function approve(
  database: FleetDatabase,
  id: string,
  {who, reason, wave: name}: Decision & {readonly wave: string | undefined},
): Promise<Decided> {
  return deciding(database, id, async (statements, run) => {
    const names = run.inventory.waves.map((wave) => wave.name);
    const wave = name === undefined ? run.wave : names.indexOf(name);
    if (wave < 0 && name !== undefined)
      throw refuse(`the run ${id} has no wave ${name}; it has ${names.join(', ')}`);
    const [before] = await rowsOf(
      statements,
      fields({who: text, reason: text}),
      'SELECT who, reason FROM vch_fleet.approval WHERE run = $1 AND wave = $2',
      [id, wave],
    );
    if (before !== undefined)
      return {
        changed: false,
        message: `${names[wave]} of ${id} was approved already, by ${before.who}: ${before.reason}`,
      };
    if (run.state !== 'waiting' || wave !== run.wave)
      throw refuse(
        `${name === undefined ? `the run ${id}` : `wave ${name} of ${id}`} does not wait for an approval: the run is ${run.state}, at wave ${names[run.wave] ?? 'none'}`,
      );
    if (name === undefined) await assertNotJustApproved(statements, run);
    await statements.query(
      'INSERT INTO vch_fleet.approval (run, wave, who, reason) VALUES ($1, $2, $3, $4)',
      [id, wave, who, reason],
    );
    const next = names[wave + 1] ?? 'the next wave';
    await addEvent(statements, id, {
      type: 'approved',
      wave,
      who,
      message: `${who} approved ${next} after ${names[wave]}: ${reason}`,
    });
    await setState(statements, run, 'running');
    return {changed: true, message: `${next} of ${id} is approved`};
  });
}

async function assertNotJustApproved(statements: Statements, {id, wave, inventory}: RunRow): Promise<void> {
  const [last] = await rowsOf(
    statements,
    fields({who: text, wave: count}),
    `SELECT who, wave FROM vch_fleet.approval
     WHERE run = $1 AND at > clock_timestamp() - make_interval(secs => $2) ORDER BY at DESC LIMIT 1`,
    [id, SAME_DECISION],
  );
  if (last === undefined) return;
  const [before, now] = [last.wave, wave].map((index) => inventory.waves[index]?.name);
  throw refuse(
    `${last.who} approved ${before} of ${id} less than a minute ago, and the run waits again already, at ${now}. ` +
      `To approve that as well: vch-migrate fleet approve ${id} --wave ${now} --reason TEXT`,
  );
}

/** Lets nothing more begin; what runs goes on. */
export function pause(database: FleetDatabase, id: string, {who, reason}: Decision): Promise<Decided> {
  return deciding(database, id, async (statements, run) => {
    if (run.state === 'paused') return {changed: false, message: `the run ${id} is paused already`};
    if (!['running', 'waiting', 'held'].includes(run.state))
      throw refuse(`the run ${id} is ${run.state}, so it cannot be paused`);
    await addEvent(statements, id, {type: 'paused', who, message: `${who} paused the run: ${reason}`});
    await statements.query("UPDATE vch_fleet.run SET state = 'paused', reason = $2 WHERE id = $1", [
      id,
      `${who}: ${reason}`,
    ]);
    return {changed: true, message: `the run ${id} is paused: nothing more begins`};
  });
}

/** Goes on with a paused or held run. What has failed so far no longer counts against the budget, and held VCHs may begin. */
export function resume(database: FleetDatabase, id: string, {who, reason}: Decision): Promise<Decided> {
  return deciding(database, id, async (statements, run) => {
    if (run.state !== 'paused' && run.state !== 'held')
      return {changed: false, message: `the run ${id} is ${run.state}, so there is nothing to resume`};
    if (run.state === 'held') {
      await statements.query(
        "UPDATE vch_fleet.target SET forgiven = true WHERE run = $1 AND state IN ('failed', 'down', 'unreachable')",
        [id],
      );
      await statements.query(
        "UPDATE vch_fleet.target SET state = 'pending', sent = false, tries = 0 WHERE run = $1 AND state = 'held'",
        [id],
      );
    }
    await addEvent(statements, id, {type: 'resumed', who, message: `${who} resumed the run: ${reason}`});
    await setState(statements, run, 'running');
    const closed = await stillClosed(statements, id);
    return {
      changed: true,
      message: closed === '' ? `the run ${id} goes on` : `the run ${id} is resumed${closed}`,
    };
  });
}

/** Ends a run for good: what has not begun never does, and what runs stops at its next safe point. */
export function cancel(database: FleetDatabase, id: string, {who, reason}: Decision): Promise<Decided> {
  return deciding(database, id, async (statements, run) => {
    if (run.state === 'cancelled' || run.state === 'done')
      return {changed: false, message: `the run ${id} is ${run.state} already`};
    await statements.query(
      "UPDATE vch_fleet.run SET state = 'cancelled', reason = $2, ended_at = clock_timestamp() WHERE id = $1",
      [id, `${who}: ${reason}`],
    );
    const dropped = await statements.query(
      "UPDATE vch_fleet.target SET state = CASE WHEN unfinished THEN 'stopped' ELSE 'cancelled' END WHERE run = $1 AND state IN ('pending', 'queued', 'deferred', 'held') RETURNING vch",
      [id],
    );
    await addEvent(statements, id, {type: 'cancelled', who, message: `${who} cancelled the run: ${reason}`});
    return {
      changed: true,
      message: `the run ${id} is cancelled: ${counted(dropped.length, 'VCH')} will not begin, and those that run stop at their next safe point`,
    };
  });
}

/** Tries VCHs again: those that are named, else all that did not reach their goal. */
export function retry(
  database: FleetDatabase,
  id: string,
  {who, reason, vchs}: Decision & {readonly vchs: readonly string[]},
): Promise<Decided> {
  return deciding(database, id, async (statements, run) => {
    if (run.state === 'planned')
      throw refuse(`the run ${id} has not been started; vch-migrate fleet ${run.command} ${id}`);
    if (run.started_at === null)
      throw refuse(
        `the run ${id} was cancelled before it was started; plan another: vch-migrate fleet ${run.command} --inventory FILE`,
      );
    await assertKnown(statements, id, vchs);
    const states = [
      'failed',
      'unreachable',
      'stopped',
      'down',
      'held',
      'cancelled',
      ...(vchs.length > 0 ? ['partly'] : []),
    ];
    const chosen = await statements.query(
      `UPDATE vch_fleet.target SET state = 'pending', sent = false, tries = 0, forgiven = false, offline = false, not_before = NULL,
         unfinished = unfinished OR coalesce(result = 'resumable', false)
       WHERE run = $1 AND state = ANY($2) AND ($3::text[] IS NULL OR name = ANY($3) OR vcenter || '/' || name = ANY($3) OR vcenter || '/' || vch = ANY($3))
       RETURNING vch`,
      [id, states, vchs.length === 0 ? null : vchs],
    );
    if (chosen.length === 0)
      return {
        changed: false,
        message: `the run ${id} has no VCH to try again${vchs.length === 0 ? '' : ` among ${vchs.join(', ')}`}`,
      };
    await addEvent(statements, id, {
      type: 'retried',
      who,
      message: `${who} tries ${counted(chosen.length, 'VCH')} again: ${reason}`,
    });
    await setState(statements, run, run.state === 'paused' ? 'paused' : 'running');
    const closed = await stillClosed(statements, id);
    return {changed: true, message: `${counted(chosen.length, 'VCH')} of ${id} will be tried again${closed}`};
  });
}

/** Nothing is done if one of the VCHs that are named is not in the run. */
async function assertKnown(statements: Statements, id: string, vchs: readonly string[]): Promise<void> {
  const unknown = await rowsOf(
    statements,
    fields({named: text}),
    `SELECT named FROM unnest($2::text[]) AS named WHERE NOT EXISTS
       (SELECT FROM vch_fleet.target WHERE run = $1 AND named IN (name, vcenter || '/' || name, vcenter || '/' || vch))`,
    [id, vchs],
  );
  if (unknown.length > 0)
    throw new VchError(
      'VCH_ERR_USAGE',
      `the run ${id} has no VCH ${unknown.map(({named}) => named).join(', ')}; vch-migrate fleet status ${id} names its VCHs`,
    );
}
