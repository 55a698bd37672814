import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {approve, cancel, pause, resume, retry, startRun} from '../../src/fleet/control.js';
import {openEmbedded} from '../../src/fleet/embedded.js';
import {migrateSchema} from '../../src/fleet/schema.js';
import {stateDirectory} from '../../src/fleet/state-directory.js';
import {type Hands, isAtRest} from '../../src/fleet/worker.js';
import {rejection} from '../rejection.js';
import {planned, upgraded, workerWith} from './fake-hands.js';

const WHY = {who: 'ops@here', reason: 'test'};

describe('decisions on a run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vch-migrate-decisions-'));
  let database: Awaited<ReturnType<typeof openEmbedded>>;
  before(async () => {
    database = await openEmbedded(stateDirectory(folder));
    await migrateSchema(database);
  });
  after(async () => {
    await database.close();
    rmSync(folder, {recursive: true});
  });

  async function work(run: string, perform: Hands['perform']): Promise<string> {
    const db = {kind: 'embedded', database} as const;
    const worker = await workerWith(db, {perform}, {pauses: [0, 0, 0, 0]});
    try {
      await worker.work(new AbortController().signal, () => isAtRest(database, run));
    } finally {
      await worker.stop();
    }
    return stateOf(run);
  }

  async function stateOf(run: string): Promise<string> {
    const [row] = await database.query('SELECT state FROM vch_fleet.run WHERE id = $1', [run]);
    return String(row?.state);
  }

  it('approve one wave where two people approve at once, also where the next one waits at once', async () => {
    const waves = '[{name: one, count: 1}, {name: two, count: 1}, {name: rest}]';
    const run = await planned(database, {vcenters: {a: 3}, waves});
    await startRun(database, run, WHY);
    expect(await work(run, async (unit) => upgraded(unit, 'upgraded'))).to.equal('waiting');
    // As where nothing of the next wave can begin: its vCenter is away.
    await database.query("UPDATE vch_fleet.target SET state = 'held' WHERE run = $1 AND wave = 1", [run]);

    const both = await Promise.allSettled(
      ['ann', 'bob'].map((who) => approve(database, run, {...WHY, who, wave: undefined})),
    );
    expect(both.map(({status}) => status).sort()).to.deep.equal(['fulfilled', 'rejected']);
    const told = await rejection(approve(database, run, {...WHY, who: 'cy', wave: undefined}));
    expect(told).to.include({code: 'VCH_ERR_CONFLICT'});
    expect(told.message).to.match(/approved one of .+ less than a minute ago, .+ at two/);
    expect(told.message).to.include(`vch-migrate fleet approve ${run} --wave two`);

    expect(await approve(database, run, {...WHY, wave: 'two'})).to.include({changed: true});
    // A minute later it is another decision.
    await database.query(
      "UPDATE vch_fleet.approval SET at = at - interval '2 minutes' WHERE run = $1 AND wave = 0",
      [run],
    );
    await database.query('DELETE FROM vch_fleet.approval WHERE run = $1 AND wave = 1', [run]);
    await database.query("UPDATE vch_fleet.run SET state = 'waiting', wave = 1 WHERE id = $1", [run]);
    expect(await approve(database, run, {...WHY, wave: undefined})).to.include({changed: true});
    await cancel(database, run, WHY);
  });

  it('say so where a run that is resumed, or retried in part, still holds', async () => {
    const run = await planned(database, {vcenters: {a: 4}, budget: '{failed: 1}', concurrency: 1});
    await startRun(database, run, WHY);
    expect(await work(run, async (unit) => upgraded(unit, 'as-before', 1))).to.equal('held');
    await pause(database, run, WHY);
    const resumed = await resume(database, run, WHY);
    expect(resumed.message).to.include('nothing begins: the run is held (1 VCH failed, and the budget is 1)');
    expect(resumed.message).to.include(`vch-migrate fleet resume ${run} --reason TEXT`);
    expect(await stateOf(run)).to.equal('held');

    const [failed] = await database.query(
      "SELECT name FROM vch_fleet.target WHERE run = $1 AND state = 'failed'",
      [run],
    );
    await database.query(
      "UPDATE vch_fleet.target SET state = 'failed', result = 'as-before' WHERE run = $1 AND name <> $2",
      [run, failed?.name],
    );
    const one = await retry(database, run, {...WHY, vchs: [String(failed?.name)]});
    expect(one.message).to.match(/^1 VCH of .+ will be tried again, but nothing begins: the run is held/);
    const goesOn = await resume(database, run, WHY);
    expect(goesOn.message).to.equal(`the run ${run} goes on`);
    await cancel(database, run, WHY);
  });

  it('refuse to retry a VCH that is not in the run, with nothing tried again, or a run that never began', async () => {
    const run = await planned(database, {vcenters: {a: 1}});
    await startRun(database, run, WHY);
    await work(run, async (unit) => upgraded(unit, 'as-before', 1));
    const [target] = await database.query('SELECT name FROM vch_fleet.target WHERE run = $1', [run]);
    const unknown = await rejection(retry(database, run, {...WHY, vchs: [String(target?.name), 'typo']}));
    expect(unknown).to.be.instanceOf(VchError).and.to.include({code: 'VCH_ERR_USAGE'});
    expect(unknown.message).to.include(`has no VCH typo; vch-migrate fleet status ${run}`);
    expect(await stateOf(run)).not.to.equal('running');
    await cancel(database, run, WHY);

    const unbegun = await planned(database, {vcenters: {a: 1}});
    await cancel(database, unbegun, WHY);
    const refused = await rejection(retry(database, unbegun, {...WHY, vchs: []}));
    expect(refused.message).to.include('was cancelled before it was started');
    expect(await stateOf(unbegun)).to.equal('cancelled');
  });
});
