import {createHash} from 'node:crypto';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import {VchError} from '../../src/errors.js';
import {approve, cancel, pause, resume, retry, startRun} from '../../src/fleet/control.js';
import {openEmbedded} from '../../src/fleet/embedded.js';
import {openPostgres, postgresOptions} from '../../src/fleet/postgres.js';
import {FleetQueue, type QueueDatabase} from '../../src/fleet/queue.js';
import {migrateSchema} from '../../src/fleet/schema.js';
import {readStalled} from '../../src/fleet/stalled.js';
import {stateDirectory} from '../../src/fleet/state-directory.js';
import {beginTarget, leftOutOf, requeueTarget} from '../../src/fleet/store.js';
import {findRun, readRun} from '../../src/fleet/view.js';
import {
  type FleetWorker,
  type Hands,
  isAtRest,
  type Unit,
  type WorkerOptions,
} from '../../src/fleet/worker.js';
import {silent} from '../../src/log.js';
import {sampleOf} from '../depth.js';
import {withDirectory} from '../temporary-directory.js';
import {planned, TOOL, upgraded, workerWith} from './fake-hands.js';
import {describeWithPostgres} from './postgres-server.js';

const WHY = {who: 'ops@here', reason: 'test'};
const TOOL_OF_REPORT = {name: 'vch-migrate', version: TOOL, dataVersion: 10} as const;

/** A release whose ISO files are in `has`; in `lacks` one of them is another. */
function releaseIn(folder: string) {
  const isoOf = (name: string) => {
    for (const where of ['has', 'lacks']) {
      mkdirSync(join(folder, where), {recursive: true});
      writeFileSync(
        join(folder, where, name),
        where === 'lacks' && name === 'appliance.iso' ? 'another' : name,
      );
    }
    return {
      path: `/nowhere/${name}`,
      version: 'v1.5.6',
      sha256: createHash('sha256').update(name).digest('hex'),
    };
  };
  return {applianceIso: isoOf('appliance.iso'), bootstrapIso: isoOf('bootstrap.iso')};
}

/** What every database must make possible. */
function behaves(kind: QueueDatabase['kind'], database: () => QueueDatabase): void {
  const db = () => database().database;

  async function withWorker<T>(
    hands: Partial<Hands>,
    use: (worker: FleetWorker) => Promise<T>,
    options: Partial<WorkerOptions> = {},
  ): Promise<T> {
    const worker = await workerWith(database(), hands, options);
    try {
      return await use(worker);
    } finally {
      await worker.stop();
    }
  }

  async function until(run: string, worker: FleetWorker): Promise<string> {
    await worker.work(new AbortController().signal, () => isAtRest(db(), run));
    const [row] = await db().query('SELECT state FROM vch_fleet.run WHERE id = $1', [run]);
    return String(row?.state);
  }

  const states = async (run: string) => {
    const rows = await db().query(
      'SELECT state, count(*)::integer AS n FROM vch_fleet.target WHERE run = $1 GROUP BY state',
      [run],
    );
    return Object.fromEntries(rows.map(({state, n}) => [String(state), n]));
  };

  const eventsOf = async (run: string) => {
    const rows = await db().query(
      'SELECT type FROM vch_fleet.event WHERE run = $1 AND vch IS NOT NULL ORDER BY id',
      [run],
    );
    return rows.map(({type}) => String(type));
  };

  /** Workers that begin on the VCH of a run, one after the other, and are never heard of again. */
  async function begunBy(run: string, ...workers: readonly string[]): Promise<void> {
    const queue = await FleetQueue.open(database(), TOOL, silent);
    await queue.dispatch();
    await queue.close();
    const key = {run, vcenter: 'a', vch: 'vm-0', dispatch: 1};
    for (const worker of workers) await beginTarget(db(), key, {worker, vchRun: worker, now: new Date()});
  }

  it('works on every VCH once, at most as many of a vCenter at a time as its concurrency', async () => {
    const run = await planned(db(), {vcenters: {a: 5, b: 3}});
    await startRun(db(), run, WHY);
    const seen: string[] = [];
    const now = new Map<string, number>();
    const most = new Map<string, number>();
    const perform = async (unit: Unit) => {
      const {vcenter, name} = unit.target;
      seen.push(name);
      now.set(vcenter, (now.get(vcenter) ?? 0) + 1);
      most.set(vcenter, Math.max(most.get(vcenter) ?? 0, now.get(vcenter) ?? 0));
      // Nobody is through before there are two, which a busy machine could otherwise bring about.
      while ((most.get(vcenter) ?? 0) < 2) await sleep(20);
      await sleep(20);
      now.set(vcenter, (now.get(vcenter) ?? 0) - 1);
      return upgraded(unit, 'upgraded');
    };
    expect(await withWorker({perform}, (worker) => until(run, worker))).to.equal('done');
    expect(seen.length).to.equal(8);
    expect(new Set(seen).size).to.equal(8);
    expect(Math.max(...most.values())).to.equal(2);
    expect(await states(run)).to.deep.equal({done: 8});
  });

  it('holds the limit of a vCenter over runs of several releases, which share no queue', async () => {
    const tools = ['9.9.9', '9.8.0'];
    let now = 0;
    let most = 0;
    const perform = async (unit: Unit) => {
      now += 1;
      most = Math.max(most, now);
      await sleep(30);
      now -= 1;
      return upgraded(unit, 'upgraded');
    };
    await Promise.all(
      tools.map(async (tool) => {
        const run = await planned(db(), {vcenters: {shared: 3}, concurrency: 1, tool});
        await startRun(db(), run, WHY);
        const state = await withWorker({perform}, (worker) => until(run, worker), {tool});
        expect(state).to.equal('done');
        expect(await states(run)).to.deep.equal({done: 3});
      }),
    );
    expect(most).to.equal(1);
  });

  it('holds the smallest limit of the runs that go on with a vCenter', async () => {
    const [few, many] = [
      await planned(db(), {vcenters: {both: 2}, concurrency: 1}),
      await planned(db(), {vcenters: {both: 3}, concurrency: 3}),
    ];
    for (const run of [few, many]) await startRun(db(), run, WHY);
    let now = 0;
    let left = 2;
    const beside: number[] = [];
    const perform = async (unit: Unit) => {
      now += 1;
      if (left > 0) beside.push(now);
      await sleep(30);
      now -= 1;
      if (unit.run.id === few) left -= 1;
      return upgraded(unit, 'upgraded');
    };
    await withWorker({perform}, async (worker) => {
      for (const run of [few, many]) expect(await until(run, worker)).to.equal('done');
    });
    expect(Math.max(...beside)).to.equal(1);
  });

  it('names the VCHs that came to a vCenter after the run was planned, and leaves them alone', async () => {
    const run = await planned(db(), {vcenters: {a: 2, b: 1}});
    await startRun(db(), run, WHY);
    const looked: string[] = [];
    const look: Hands['look'] = async ({target: {vcenter}}) => {
      looked.push(vcenter);
      return ['vm-0', 'vm-77'].map((id) => ({
        ...{vcenter, id, name: `${vcenter}-${id}`, ownName: null, path: null, containerVMs: 0},
      }));
    };
    expect(await withWorker({look}, (worker) => until(run, worker))).to.equal('done');
    const later = (vcenter: string) => ({
      ...{vcenter, id: 'vm-77', name: `${vcenter}-vm-77`, why: 'later'},
      message: 'it came after the run was planned, and is left alone; plan another run for it',
    });
    expect(await leftOutOf(db(), run)).to.deep.equal([later('a'), later('b')]);
    expect(await states(run)).to.deep.equal({done: 3});
  });

  it('makes another id where the database has a run of that id', async () => {
    const ids = ['same', 'same', 'other'];
    const make = () => planned(db(), {vcenters: {a: 1}, newId: () => ids.shift() ?? ''});
    expect([await make(), await make()]).to.deep.equal(['same', 'other']);
  });

  it('finds a run by its id behind more runs than a list has', async () => {
    const run = await planned(db(), {vcenters: {a: 1}, newId: () => 'an-early-one'});
    await db().query(
      `INSERT INTO vch_fleet.run (id, command, state, inventory, options, tool, created_by)
       SELECT 'more-' || n, command, 'done', inventory, options, tool, created_by FROM vch_fleet.run, generate_series(1, 120) n WHERE id = $1`,
      [run],
    );
    expect(await findRun(db(), 'an-early')).to.equal(run);
    await db().query("DELETE FROM vch_fleet.run WHERE id LIKE 'more-%'");
  });

  it('waits for an approval behind a wave, which counts once', async () => {
    const run = await planned(db(), {vcenters: {a: 3}, waves: '[{name: canary, count: 1}, {name: rest}]'});
    await startRun(db(), run, WHY);
    await withWorker({}, async (worker) => {
      expect(await until(run, worker)).to.equal('waiting');
      expect(await states(run)).to.deep.equal({done: 1, pending: 2});
      const decided = await Promise.all(
        ['ann', 'bob'].map((who) => approve(db(), run, {who, reason: 'looks good', wave: 'canary'})),
      );
      expect(decided.map(({changed}) => changed).sort()).to.deep.equal([false, true]);
      expect(await until(run, worker)).to.equal('done');
    });
    const approvals = await db().query(
      "SELECT who FROM vch_fleet.event WHERE run = $1 AND type = 'approved'",
      [run],
    );
    expect(approvals.length).to.equal(1);
  });

  it('opens the next wave by itself only where the last one is verified', async () => {
    const waves = '[{name: one, count: 1, then: auto}, {name: two, count: 1, then: auto}, {name: rest}]';
    const run = await planned(db(), {vcenters: {a: 3}, waves});
    await startRun(db(), run, WHY);
    let verified = 0;
    const perform = async (unit: Unit) => {
      if (unit.command !== 'verify') return upgraded(unit, 'upgraded');
      verified += 1;
      return upgraded(unit, 'unchanged', verified === 1 ? 0 : 1);
    };
    await withWorker({perform}, async (worker) => expect(await until(run, worker)).to.equal('waiting'));
    expect(await states(run)).to.deep.equal({done: 2, pending: 1});
  });

  it('holds at its budget; no VCH begins after it, until somebody resumes or retries', async () => {
    const run = await planned(db(), {vcenters: {a: 9}, budget: '{failed: 2}'});
    await startRun(db(), run, WHY);
    let broken = true;
    let began = 0;
    const perform = async (unit: Unit) => {
      began += 1;
      await sleep(5);
      return broken ? upgraded(unit, 'as-before', 1) : upgraded(unit, 'upgraded');
    };
    await withWorker({perform}, async (worker) => {
      expect(await until(run, worker)).to.equal('held');
      const failed = Number((await states(run)).failed);
      // Those that ran beside the one with which it held.
      expect(failed).to.be.within(2, 3);
      expect(began).to.equal(failed);
      broken = false;
      await resume(db(), run, WHY);
      expect(await until(run, worker)).to.equal('done');
      expect(await states(run)).to.deep.equal({done: 9 - failed, failed});
      await retry(db(), run, {...WHY, vchs: []});
      expect(await until(run, worker)).to.equal('done');
    });
    expect(await states(run)).to.deep.equal({done: 9});
  });

  it('holds the VCHs of a vCenter that does not answer, and no others', async () => {
    const run = await planned(db(), {vcenters: {a: 4, b: 4}});
    await startRun(db(), run, WHY);
    let away = true;
    const perform = async (unit: Unit) => {
      if (away && unit.target.vcenter === 'a') throw new VchError('VCH_ERR_TRANSPORT', 'a does not answer');
      return upgraded(unit, 'upgraded');
    };
    await withWorker(
      {perform},
      async (worker) => {
        expect(await until(run, worker)).to.equal('held');
        const {done, held, unreachable} = await states(run);
        expect(done).to.equal(4);
        expect(Number(held) + Number(unreachable)).to.equal(4);
        away = false;
        await retry(db(), run, {...WHY, vchs: []});
        expect(await until(run, worker)).to.equal('done');
      },
      {pauses: [0, 0, 0, 0]},
    );
    expect(await states(run)).to.deep.equal({done: 8});
  });

  it('pauses and resumes; and cancel reaches what runs', async () => {
    const run = await planned(db(), {vcenters: {a: 6}});
    await startRun(db(), run, WHY);
    const stopped: string[] = [];
    let first = true;
    let begun = 0;
    const perform = async (unit: Unit, signal: AbortSignal) => {
      if (first) {
        first = false;
        await pause(db(), run, WHY);
        return upgraded(unit, 'upgraded');
      }
      begun++;
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      stopped.push(unit.target.name);
      const {report} = upgraded(unit, 'resumable');
      return {exit: 143, report: {...report, interrupted: true}};
    };
    await withWorker({perform}, async (worker) => {
      const signal = new AbortController();
      const working = worker.work(signal.signal);
      while (
        (await db().query("SELECT 1 FROM vch_fleet.run WHERE id = $1 AND state = 'paused'", [run])).length ===
        0
      )
        await sleep(20);
      await resume(db(), run, WHY);
      while (begun < 2) await sleep(20);
      await cancel(db(), run, WHY);
      while (!(await isAtRest(db(), run))) await sleep(20);
      signal.abort();
      await working;
    });
    expect(stopped.length).to.equal(2);
    expect(await states(run)).to.deep.equal({done: 1, stopped: 2, cancelled: 3});
    // What is in the middle of an upgrade is so still when it is tried again.
    await retry(db(), run, {...WHY, vchs: []});
    await cancel(db(), run, WHY);
    expect(await states(run)).to.deep.equal({done: 1, stopped: 2, cancelled: 3});
  });

  it('begins no VCH of a paused run, also one that was queued before', async () => {
    const run = await planned(db(), {vcenters: {a: 1}});
    await startRun(db(), run, WHY);
    await pause(db(), run, WHY);
    const begin = (dispatch: number) =>
      beginTarget(
        db(),
        {run, vcenter: 'a', vch: 'vm-0', dispatch},
        {worker: 'w', vchRun: 'r', now: new Date()},
      );
    expect(await begin(0)).to.include({status: 'later'});
    await resume(db(), run, WHY);
    expect(await begin(0)).to.include({status: 'go'});
    await db().query('DELETE FROM vch_fleet.run WHERE id = $1', [run]);
  });

  it('brings what is unfinished to its end, although the run holds meanwhile', async () => {
    const run = await planned(db(), {vcenters: {a: 2, b: 2}, budget: '{failed: 1}'});
    await startRun(db(), run, WHY);
    let cut = '';
    const perform = async (unit: Unit) => {
      if (unit.target.vcenter === 'b') {
        while (cut === '') await sleep(20);
        return upgraded(unit, 'as-before', 1);
      }
      if (cut !== '') return upgraded(unit, 'upgraded');
      cut = unit.target.vch;
      while (
        !(await db().query('SELECT state FROM vch_fleet.run WHERE id = $1', [run])).some(
          ({state}) => state === 'held',
        )
      )
        await sleep(20);
      const {report} = upgraded(unit, 'resumable', 1);
      const error = {code: 'VCH_ERR_TRANSPORT', message: 'away'};
      return {exit: 1, report: {...report, ...(report.upgrade && {upgrade: {...report.upgrade, error}})}};
    };
    await withWorker({perform}, async (worker) => expect(await until(run, worker)).to.equal('held'), {
      pauses: [0],
    });
    const [row] = await db().query(
      'SELECT state, result FROM vch_fleet.target WHERE run = $1 AND vcenter = $2 AND vch = $3',
      [run, 'a', cut],
    );
    expect(row).to.deep.equal({state: 'done', result: 'upgraded'});
  });

  for (const table of ['report', 'event'])
    it(`records what was done although the database refuses that for a while, as ${table}s cannot be written`, async () => {
      const run = await planned(db(), {vcenters: {a: 1}});
      await startRun(db(), run, WHY);
      const perform = async (unit: Unit) => {
        await db().script(`ALTER TABLE vch_fleet.${table} RENAME TO away`);
        return upgraded(unit, 'upgraded');
      };
      let refused = 0;
      const log = {
        ...silent,
        warn: () => {
          refused += 1;
          if (refused === 1) void db().script(`ALTER TABLE vch_fleet.away RENAME TO ${table}`);
        },
      };
      expect(await withWorker({perform}, (worker) => until(run, worker), {log})).to.equal('done');
      expect(refused).to.be.at.least(1);
      expect(await states(run)).to.deep.equal({done: 1});
      expect(await eventsOf(run)).to.deep.equal(['began', 'done']);
      const kept = await db().query('SELECT count(*)::integer AS n FROM vch_fleet.report WHERE run = $1', [
        run,
      ]);
      expect(kept).to.deep.equal([{n: 1}]);
    });

  it('begins no VCH while the source of its login fails, and goes on when that answers again', async () => {
    const run = await planned(db(), {vcenters: {a: 1}});
    await startRun(db(), run, WHY);
    let asked = 0;
    const findLogin = async () => {
      asked += 1;
      if (asked === 2) throw new VchError('VCH_ERR_USAGE', 'the vault is sealed');
      return {user: 'u', password: 'p'};
    };
    expect(await withWorker({}, (worker) => until(run, worker), {findLogin})).to.equal('done');
    expect(await eventsOf(run)).to.deep.equal(['began', 'done']);
  });

  it('cancels what runs although the logins of another vCenter are looked for all the time', async () => {
    const run = await planned(db(), {vcenters: {slow: 1, a: 1}, more: ''});
    await startRun(db(), run, WHY);
    const asked: AbortSignal[] = [];
    const findLogin: WorkerOptions['findLogin'] = (name, signal) => {
      if (name === 'a') return Promise.resolve({user: 'u', password: 'p'});
      if (signal === undefined) throw new Error('no signal');
      asked.push(signal);
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null)));
    };
    const perform = async (unit: Unit, signal: AbortSignal) => {
      while (asked.length < 1) await sleep(20);
      await cancel(db(), run, WHY);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      return {exit: 143, report: {...upgraded(unit, 'resumable').report, interrupted: true}};
    };
    const end = await withWorker({perform}, (worker) => until(run, worker), {findLogin});
    expect(end).to.equal('cancelled');
    expect(await states(run)).to.deep.equal({stopped: 1, cancelled: 1});
    expect(asked.map(({aborted}) => aborted)).to.deep.equal(asked.map(() => true));
  });

  it('leaves upgrades to a release to the workers that have its ISO files, and says so where there is none', () =>
    withDirectory({}, async (folder) => {
      const release = releaseIn(folder);
      const run = await planned(db(), {vcenters: {a: 4}, release});
      const other = await planned(db(), {vcenters: {a: 2}, command: 'verify'});
      for (const id of [run, other]) await startRun(db(), id, WHY);
      const began: string[] = [];
      const hands = (who: string) => ({
        perform: async (unit: Unit) => {
          began.push(`${who} ${unit.command} ${unit.isos?.appliance ?? '-'}`);
          return upgraded(unit, 'upgraded');
        },
      });
      const [has, lacks] = [join(folder, 'has'), join(folder, 'lacks')];
      await withWorker(
        hands('lacks'),
        async (worker) => {
          await worker.work(
            new AbortController().signal,
            async () => (await isAtRest(db(), other)) && (await readStalled(db(), run)).all,
          );
          expect(began).to.deep.equal(Array(2).fill('lacks verify -'));
          const report = await readRun(db(), run, {tool: TOOL_OF_REPORT, line: (words) => `fleet ${words}`});
          const lack = `the ISO file ${join(lacks, 'appliance.iso')} of the plan (its SHA-256 is another): it takes no upgrade with it`;
          expect(report.workers.map((one) => one.lacks)).to.deep.include([lack]);
          expect(report.next).to.equal(
            `no worker can go on with the VCHs of a: ${worker.id} lacks ${lack}; start one that can: fleet worker`,
          );
          await withWorker(hands('has'), (able) => until(run, able), {isoFolder: has});
        },
        {isoFolder: lacks},
      );
      expect(began.slice(2)).to.deep.equal(Array(4).fill(`has upgrade ${join(has, 'appliance.iso')}`));
      expect((await eventsOf(run)).sort()).to.deep.equal([
        ...Array(4).fill('began'),
        ...Array(4).fill('done'),
      ]);
    }));

  it('takes upgrades to a release as soon as the ISO files are there, and none any more when they are gone', () =>
    withDirectory({}, async (folder) => {
      const release = releaseIn(folder);
      const isoFolder = join(folder, 'lacks');
      const has = readFileSync(join(folder, 'has', 'appliance.iso'));
      const run = await planned(db(), {vcenters: {a: 2}, concurrency: 1, release});
      await startRun(db(), run, WHY);
      const stalls = async () => (await readStalled(db(), run)).all;
      let begun = 0;
      const perform = async (unit: Unit) => {
        begun += 1;
        if (begun === 1) writeFileSync(join(isoFolder, 'appliance.iso'), 'cut off');
        return upgraded(unit, 'upgraded');
      };
      const idle = async (worker: FleetWorker) => worker.work(new AbortController().signal, stalls);
      await withWorker(
        {perform},
        async (worker) => {
          await idle(worker);
          expect(begun).to.equal(0);
          writeFileSync(join(isoFolder, 'appliance.iso'), has);
          let looked = 0;
          await worker.work(new AbortController().signal, async () => ++looked > 2 && (await stalls()));
          expect(begun).to.equal(1);
          writeFileSync(join(isoFolder, 'appliance.iso'), has);
          expect(await until(run, worker)).to.equal('done');
        },
        {isoFolder},
      );
      expect(await eventsOf(run)).to.deep.equal(['began', 'done', 'began', 'done']);
    }));

  it('lets no other VCH begin in the slot of one whose first worker turns out to be alive', async () => {
    // A vCenter of its own: a worker takes as many VCHs at a time as any run that has it allows, and with two it could take over from itself.
    const run = await planned(db(), {vcenters: {slot: 2}, concurrency: 1});
    await startRun(db(), run, WHY);
    const state = {first: '', vch: '', atWork: false, looks: 0, beside: 0};
    const done: string[] = [];
    const first = await workerWith(database(), {
      perform: async (unit) => {
        // Where the second one has lost its claim when the first ended, the first may have it again.
        if (state.first !== '') done.push(`${unit.target.vch} ${unit.command}`);
        if (state.first !== '') return upgraded(unit, 'unchanged');
        state.first = unit.vchRun;
        state.vch = unit.target.vch;
        state.atWork = true;
        while (state.looks < 4 && state.beside === 0) await sleep(20);
        state.atWork = false;
        return upgraded(unit, 'upgraded');
      },
    });
    const ending = new AbortController();
    const working = first.work(ending.signal);
    while (!state.atWork) await sleep(20);
    ending.abort();
    await working;
    // As when it has not been heard of for 30 s.
    const queue = await FleetQueue.open(database(), TOOL, silent);
    await queue.releaseAll();
    await queue.close();
    await withWorker(
      {
        lastUpgrade: async () => (state.atWork ? {run: state.first, state: 'unfinished'} : null),
        perform: async (unit) => {
          if (state.atWork && unit.target.vch !== state.vch) state.beside += 1;
          if (state.atWork) {
            state.looks += 1;
            throw new VchError('VCH_ERR_LOCKED', 'it is alive');
          }
          done.push(`${unit.target.vch} ${unit.command}`);
          return upgraded(unit, 'unchanged');
        },
      },
      async (worker) => expect(await until(run, worker)).to.equal('done'),
      {watch: 20},
    );
    await first.stop();
    expect(state.beside).to.equal(0);
    expect(done).to.deep.equal([`${state.vch} upgrade`, `${state.vch === 'vm-0' ? 'vm-1' : 'vm-0'} upgrade`]);
    expect((await eventsOf(run)).filter((type) => type !== 'taken-over')).to.deep.equal([
      'began',
      'done',
      'began',
      'done',
    ]);
  });

  // On PostgreSQL a job that is fetched by a worker that ends may wait 30 s for the next.
  const onEmbedded = kind === 'embedded' ? it : () => undefined;
  onEmbedded(
    'counts no worker as ended that leaves a VCH to the next, however often; whoever began keeps its place',
    async () => {
      const run = await planned(db(), {vcenters: {left: 2}, concurrency: 1});
      await startRun(db(), run, WHY);
      const state = {first: '', vch: '', atWork: true, looks: 0, beside: 0};
      const dead = new AbortController();
      const first = await workerWith(database(), {
        perform: async (unit) => {
          Object.assign(state, {first: unit.vchRun, vch: unit.target.vch});
          while (!dead.signal.aborted) await sleep(20);
          state.atWork = false;
          return upgraded(unit, 'upgraded');
        },
      });
      const ending = new AbortController();
      const working = first.work(ending.signal);
      while (state.first === '') await sleep(20);
      ending.abort();
      await working;
      const queue = await FleetQueue.open(database(), TOOL, silent);
      await queue.releaseAll();
      const hands: Partial<Hands> = {
        lastUpgrade: async () => (state.atWork ? {run: state.first, state: 'unfinished'} : null),
        perform: async (unit) => {
          if (state.atWork && unit.target.vch !== state.vch) state.beside += 1;
          state.looks += 1;
          if (state.atWork) throw new VchError('VCH_ERR_LOCKED', 'it is alive');
          return upgraded(unit, 'unchanged');
        },
      };
      for (let restarts = 0; restarts < 4; restarts += 1) {
        state.looks = 0;
        await withWorker(
          hands,
          async (worker) => {
            const stop = new AbortController();
            const at = worker.work(stop.signal);
            while (state.looks === 0 && state.beside === 0) await sleep(20);
            stop.abort();
            await at;
          },
          {watch: 20},
        );
      }
      expect(state.beside).to.equal(0);
      const [row] = await db().query(
        'SELECT state, deaths FROM vch_fleet.target WHERE run = $1 AND vch = $2',
        [run, state.vch],
      );
      expect(row).to.deep.equal({state: 'running', deaths: 0});
      dead.abort();
      await first.stop();
      expect(await withWorker(hands, (worker) => until(run, worker), {watch: 20})).to.equal('done');
      await queue.close();
      expect(await states(run)).to.deep.equal({done: 2});
    },
  );

  it('waits for itself where it takes over what it is still at work on', async () => {
    const run = await planned(db(), {vcenters: {self: 1}});
    await startRun(db(), run, WHY);
    const state = {first: '', atWork: false, looks: 0};
    const did: string[] = [];
    const hands: Partial<Hands> = {
      lastUpgrade: async () => (state.atWork ? {run: state.first, state: 'unfinished'} : null),
      perform: async (unit) => {
        if (state.atWork) {
          state.looks += 1;
          throw new VchError('VCH_ERR_LOCKED', 'it is alive');
        }
        if (state.first !== '') {
          did.push(`second ${unit.command}`);
          return upgraded(unit, 'unchanged');
        }
        state.first = unit.vchRun;
        state.atWork = true;
        const queue = await FleetQueue.open(database(), TOOL, silent);
        await queue.releaseAll();
        await queue.close();
        for (let rounds = 0; state.looks < 2 && rounds < 1_000; rounds += 1) await sleep(20);
        did.push(`first ${unit.command} after ${state.looks < 2 ? 'no' : 'two'} looks`);
        state.atWork = false;
        return upgraded(unit, 'upgraded');
      },
    };
    let id = '';
    const ended = await withWorker(
      hands,
      (worker) => {
        id = worker.id;
        return until(run, worker);
      },
      {watch: 20},
    );
    expect(ended).to.equal('done');
    expect(did).to.deep.equal(['first upgrade after two looks', 'second upgrade']);
    // Both are the same worker, so the first one's end counts, and the second one's is none.
    expect(await eventsOf(run)).to.deep.equal(['began', 'taken-over', 'done']);
    const [event] = await db().query(
      "SELECT message FROM vch_fleet.event WHERE run = $1 AND type = 'taken-over'",
      [run],
    );
    expect(event?.message).to.equal(`self-vch0 is taken over from ${id}`);
  });

  it('looks at a VCH in whose middle four workers ended, as soon as nobody is at work on it, and says what is known', async () => {
    const run = await planned(db(), {vcenters: {a: 1}});
    await startRun(db(), run, WHY);
    await begunBy(run, 'first', 'second', 'third', 'fourth');
    const did: string[] = [];
    await withWorker(
      {
        watch: async () => {
          did.push('watch');
          if (did.length < 3) throw new VchError('VCH_ERR_LOCKED', 'it is alive');
        },
        lastUpgrade: async () => ({run: 'third', state: 'unfinished'}),
        perform: async (unit) => {
          did.push(unit.command);
          return {exit: 0, report: upgraded(unit, 'unchanged').report};
        },
      },
      (worker) => until(run, worker),
      {watch: 20},
    );
    expect(did).to.deep.equal(['watch', 'watch', 'watch', 'status']);
    const [row] = await db().query(
      "SELECT state, result, outcome #>> '{error,message}' AS message FROM vch_fleet.target WHERE run = $1",
      [run],
    );
    expect(row).to.include({state: 'failed', result: 'resumable'});
    expect(row?.message).to.contain(
      '4 workers in a row ended in the middle of it; its upgrade is unfinished',
    );
  });

  it('verifies what a worker had finished before it ended, although the run is cancelled meanwhile', async () => {
    const run = await planned(db(), {vcenters: {a: 1}});
    await startRun(db(), run, WHY);
    await begunBy(run, 'dead');
    await cancel(db(), run, WHY);
    const commands: string[] = [];
    await withWorker(
      {
        lastUpgrade: async () => ({run: 'dead', state: 'done'}),
        perform: async (unit, signal) => {
          commands.push(unit.command);
          // Several looks at the runs: a cancelled one stops only what goes on.
          await sleep(200, undefined, {signal});
          return upgraded(unit, 'unchanged');
        },
      },
      async (worker) => expect(await until(run, worker)).to.equal('cancelled'),
    );
    expect(commands).to.deep.equal(['verify']);
    const [row] = await db().query('SELECT state, result FROM vch_fleet.target WHERE run = $1', [run]);
    expect(row).to.deep.equal({state: 'done', result: 'upgraded'});
  });

  it('begins nothing outside the window; what runs at its end is brought to its end, and the next waits', async () => {
    const window = 'window: {days: [sat], from: "22:00", to: "04:00", zone: UTC}';
    const run = await planned(db(), {vcenters: {a: 3}, concurrency: 1, more: window});
    await startRun(db(), run, WHY);
    let clock = new Date('2026-11-29T03:59:00Z');
    const opens = '2026-12-05T22:00:00.000Z';
    const perform = async (unit: Unit) => {
      clock = new Date('2026-11-29T04:10:00Z');
      return upgraded(unit, 'upgraded');
    };
    const isDeferred = async () => {
      const rows = await db().query(
        "SELECT not_before FROM vch_fleet.target WHERE run = $1 AND state = 'deferred' AND not_before = $2",
        [run, opens],
      );
      return rows.length === 2;
    };
    await withWorker({perform}, (worker) => worker.work(new AbortController().signal, isDeferred), {
      now: () => clock,
    });
    expect(await states(run)).to.deep.equal({done: 1, deferred: 2});
    expect(await eventsOf(run)).to.deep.equal(['began', 'done', 'deferred', 'deferred']);
  });

  it('holds the VCHs of a vCenter at perVcenter, and no others', async () => {
    const run = await planned(db(), {
      ...{vcenters: {a: 5, b: 3}, concurrency: 1, budget: '{failed: 100, perVcenter: 2}'},
    });
    await startRun(db(), run, WHY);
    const perform = async (unit: Unit) =>
      unit.target.vcenter === 'a' ? upgraded(unit, 'as-before', 1) : upgraded(unit, 'upgraded');
    await withWorker({perform}, async (worker) => expect(await until(run, worker)).to.equal('held'));
    expect(await states(run)).to.deep.equal({failed: 2, held: 3, done: 3});
  });

  it('does not say of what it has taken over that it never began', async () => {
    const run = await planned(db(), {vcenters: {a: 1}});
    await startRun(db(), run, WHY);
    const [row] = await db().query('SELECT dispatch FROM vch_fleet.target WHERE run = $1', [run]);
    const key = {run, vcenter: 'a', vch: 'vm-0', dispatch: Number(row?.dispatch)};
    for (const worker of ['dead', 'alive'])
      expect((await beginTarget(db(), key, {worker, vchRun: worker, now: new Date()})).status).to.equal('go');
    const again = {notBefore: new Date(), message: 'it waits', counts: false, unfinished: false};
    await requeueTarget(db(), key, 'alive', again);
    await cancel(db(), run, WHY);
    expect(await states(run)).to.deep.equal({stopped: 1});
  });

  for (const [state, command, does] of [
    ['unfinished', 'resume', 'resumes'],
    ['rolling-back', 'rollback', 'rolls back'],
    ['done', 'verify', 'only verifies, and never upgrades twice,'],
  ] as const)
    it(`${does} what a worker that ended has left ${state}`, async () => {
      const run = await planned(db(), {vcenters: {a: 1}});
      await startRun(db(), run, WHY);
      const runs: string[] = [];
      await withWorker(
        {
          perform: async (unit, signal) => {
            runs.push(unit.vchRun);
            await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
            return {exit: 143, report: {...upgraded(unit, 'resumable').report, interrupted: true}};
          },
        },
        async (worker) => {
          const signal = new AbortController();
          const working = worker.work(signal.signal);
          while (runs.length === 0) await sleep(20);
          signal.abort();
          await working;
        },
      );
      const commands: string[] = [];
      await withWorker(
        {
          lastUpgrade: async () => ({run: runs[0] ?? '', state}),
          perform: async (unit) => {
            commands.push(unit.command);
            return upgraded(unit, 'upgraded');
          },
        },
        async (worker) => expect(await until(run, worker)).to.equal('done'),
      );
      expect(commands).to.deep.equal([command]);
    });
}

const DATABASES = sampleOf('databases on which workers are tried', ['embedded', 'postgres'] as const, {
  sample: 1,
  ci: 2,
});
if (DATABASES.includes('embedded'))
  describe('fleet/worker on the embedded database', function () {
    this.timeout(120_000);
    let database: QueueDatabase | undefined;
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'vch-fleet-'));
      const embedded = await openEmbedded(stateDirectory(folder));
      await migrateSchema(embedded);
      database = {kind: 'embedded', database: embedded};
    });
    after(async () => {
      await database?.database.close();
      rmSync(folder, {recursive: true, force: true});
    });
    behaves('embedded', () => {
      if (database === undefined) throw new Error('the database is not there yet');
      return database;
    });
  });

if (DATABASES.includes('postgres'))
  describeWithPostgres('fleet/worker on PostgreSQL', (server) => {
    let database: QueueDatabase | undefined;
    before(async () => {
      const options = postgresOptions(server().url);
      const postgres = await openPostgres(options);
      await migrateSchema(postgres);
      database = {kind: 'postgres', database: postgres, options};
    });
    after(async () => {
      await database?.database.close();
    });
    behaves('postgres', () => {
      if (database === undefined) throw new Error('the database is not there yet');
      return database;
    });
  });
