import {once} from 'node:events';
import {existsSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {createInterface} from 'node:readline';
import {Readable} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {sampleOf, sizeOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {type Started, startProcess, vchMigrate} from '../on-simulator.js';
import {withDirectory} from '../temporary-directory.js';
import {
  DATABASE_SECRET,
  ENVIRONMENT_SECRET,
  expectNoSecret,
  type Farm,
  judgeFarm,
  mostAtATime,
  PROGRAM_SECRET,
  progressOf,
  SECRET,
  startFarm,
} from './fleet-farm.js';
import {describeWithPostgres} from './postgres-server.js';

const REST =
  'release: {applianceIso: appliance.iso, bootstrapIso: bootstrap.iso}\nbudget: {failed: 1000, unreachable: 1000}\n';

/** How large the chaos is: as the issue asks for, or a sample of it. */
const vcenters = sizeOf('vCenters of the fleet in chaos', {sample: 2, ci: 3, exhaustive: 10});
const vchs = vcenters === 10 ? 20 : vcenters === 2 ? 3 : 4;
const workers = vcenters === 10 ? 4 : 2;
const awayFor = vcenters === 10 ? 60_000 : 4_000;

async function reportOf(
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
): Promise<FleetReport> {
  const {stdout, stderr} = await vchMigrate(['fleet', 'report', ...args, '--format', 'json'], variables);
  const report: FleetReport = JSON.parse(stdout);
  if (report.schema !== 'vch-migrate/fleet-report/v1') throw new Error(stderr);
  return report;
}

/** How many times in a row the report may be out of reach: PostgreSQL starts again meanwhile, or a run is not there yet. */
const MOST_FAILURES = 120;

async function writeIsos(folder: string): Promise<void> {
  for (const name of ['appliance', 'bootstrap']) await writeIso(join(folder, `${name}.iso`), {content: name});
}

/** What `fleet serve` sends to everybody, the begin of its stream among it, and the token that it prints for approvers. */
async function served(variables: Readonly<Record<string, string>>, folder: string) {
  const {child, ended} = startProcess(['fleet', 'serve', '--debug'], variables, folder);
  const [url] = await once(createInterface({input: child.stdout ?? Readable.from([])}), 'line');
  let pages = '';
  for (const path of ['', 'main', 'report.json']) pages += await (await fetch(`${url}${path}`)).text();
  const stream = await fetch(`${url}events`);
  pages += String((await stream.body?.getReader().read())?.value);
  child.kill('SIGTERM');
  const {stderr} = await ended;
  const [, token = ''] = /#token=(\S+)/.exec(stderr) ?? [];
  expect(token).to.have.length.above(20);
  return {pages, token};
}

/** Waits until the report of the latest run is as wanted, or the run is over. */
async function until(
  read: () => Promise<FleetReport>,
  reached: (report: FleetReport) => boolean,
  /** Who plans takes as long as it needs: there is no run yet. */
  isPlanning: () => boolean = () => false,
): Promise<FleetReport> {
  for (let failures = 0; ; await sleep(250)) {
    try {
      const report = await read();
      if (reached(report) || report.run.state !== 'running') return report;
      failures = 0;
    } catch (error) {
      failures += isPlanning() ? 0 : 1;
      if (failures > MOST_FAILURES) throw error;
    }
  }
}

/** Kills one of the processes while it is in the middle of an upgrade, and another VCH is done already. */
async function killOneThatUpgrades(farm: Farm, processes: readonly Started[]): Promise<number> {
  for (; ; await sleep(20)) {
    const {anyDone, upgrading} = progressOf(farm);
    const victim = processes.find(({child}) => child.pid !== undefined && upgrading.includes(child.pid));
    // Nothing comes between the look and the signal: the lock is held when the process ends.
    if (anyDone && victim?.child.kill('SIGKILL')) return victim.child.pid ?? 0;
    if (processes.every(({child}) => child.exitCode !== null)) throw new Error('no process is left');
  }
}

function seconds(from: string | number, to: string | number): number {
  return Math.round((new Date(to).getTime() - new Date(from).getTime()) / 100) / 10;
}

function expectAllRight(farm: Farm, report: FleetReport) {
  const judged = judgeFarm(farm, report);
  expect(judged.lies).to.deep.equal([]);
  expect(judged.upgraded + judged.asBefore).to.equal(vcenters * vchs);
  expect(judged.twice, 'writes that were done twice').to.deep.equal([]);
  expect(mostAtATime(report)).to.be.at.most(2);
  return judged;
}

const DATABASES = sampleOf('databases under chaos', ['embedded', 'postgres'] as const, {sample: 1, ci: 2});

if (DATABASES.includes('postgres'))
  describeWithPostgres(
    'a fleet on PostgreSQL in which a worker is killed, the database restarted, and a vCenter away',
    (server) => {
      it('ends with every VCH upgraded or as before, none lost, none written twice, and never more than two of a vCenter at a time', function () {
        this.timeout(1_800_000);
        return withDirectory({}, async (folder) => {
          await writeIsos(folder);
          await using farm = await startFarm(folder, {vcenters, vchs, rest: REST, bootTime: 2_000});
          const url = new URL(server().url);
          url.password = DATABASE_SECRET;
          const program = join(folder, 'ask');
          const login = JSON.stringify({user: farm.variables.VCH_MIGRATE_CRED_LAB_USER, password: SECRET});
          writeFileSync(program, `#!/bin/sh\necho '${PROGRAM_SECRET}' >&2\necho '${login}'\n`, {mode: 0o700});
          const variables = {VCH_MIGRATE_DATABASE_URL: url.href, SOME_TOKEN: ENVIRONMENT_SECRET};
          const ask = ['--credentials-program', program];
          const line = ['fleet', 'upgrade', '--inventory', farm.inventory, '--yes', '--detach', ...ask];
          const worker = ['fleet', 'worker', '--debug', ...ask];
          const started = await startProcess(line, variables, folder).ended;
          expect(started.code, started.stderr).to.equal(0);
          const begun = Date.now();
          const at: Started[] = Array.from({length: workers}, () => startProcess(worker, variables, folder));
          const read = () => reportOf([], variables);

          const killed = await killOneThatUpgrades(farm, at);
          const killedAt = Date.now();
          at.push(startProcess(worker, variables, folder));
          await sleep(1_000);
          await server().restart('immediate');
          const [first] = farm.forwarders;
          if (first !== undefined) first.away = true;
          await sleep(awayFor);
          if (first !== undefined) first.away = false;

          const report = await until(read, ({run}) => run.state !== 'running');
          const ended = Date.now();
          for (const {child} of at) child.kill('SIGTERM');
          const outputs = await Promise.all(at.map(({ended}) => ended));

          expect(report.run.state, JSON.stringify(report.summary)).to.equal('done');
          const judged = expectAllRight(farm, report);
          const takeovers = report.events.filter(
            ({type, message}) => type === 'taken-over' && message.includes(`/${killed}/`),
          );
          const slowest = Math.max(0, ...takeovers.map((event) => seconds(killedAt, event.at)));
          expect(takeovers.length).to.be.at.least(1);
          expect(slowest).to.be.at.most(60);
          const requeued = report.events.filter(({type}) => type === 'requeued').length;
          const {pages, token} = await served(variables, folder);
          const forms = await Promise.all(
            ['text', 'html', 'ndjson', 'junit'].map((form) =>
              vchMigrate(['fleet', 'report', '--format', form, '--debug'], variables),
            ),
          );
          const told = [...outputs, ...forms, started].map(({stdout, stderr}) => stdout + stderr);
          for (const text of [server().dump(), JSON.stringify(report), pages, ...told])
            expectNoSecret(text, [token]);
          console.log(
            `      ${vcenters * vchs} VCHs on ${vcenters} vCenters, ${workers} workers: ${judged.upgraded} upgraded, ${judged.asBefore} as before, ` +
              `${judged.twice.length} written twice; ${takeovers.length} taken over within ${slowest} s, ${requeued} tried again; at most ${mostAtATime(report)} of a vCenter at a time; ${seconds(begun, ended)} s`,
          );
        });
      });
    },
  );

if (DATABASES.includes('embedded'))
  describe('a fleet on the embedded database whose process is killed', () => {
    it('goes on where it was, with every VCH upgraded or as before', function () {
      this.timeout(1_800_000);
      return withDirectory({}, async (folder) => {
        await writeIsos(folder);
        await using farm = await startFarm(folder, {vcenters, vchs, rest: REST, bootTime: 2_000});
        const state = ['--state-dir', `${folder}/state`];
        const begun = Date.now();
        const first = startProcess(
          ['fleet', 'upgrade', '--inventory', farm.inventory, '--yes', ...state],
          farm.variables,
          folder,
        );
        const read = () => reportOf(state, farm.variables);
        while (!existsSync(`${folder}/state/fleet.sock`)) await sleep(100);
        const second = await vchMigrate(['fleet', 'worker', ...state], farm.variables);
        expect(second.code, second.stderr).to.equal(4);
        // Through the socket of the process that has the database open.
        await until(read, ({vchs: all}) => all.length === vcenters * vchs);
        await killOneThatUpgrades(farm, [first]);
        await first.ended;
        const killedAt = Date.now();
        const again = await startProcess(
          ['fleet', 'worker', '--until-idle', ...state],
          farm.variables,
          folder,
        ).ended;
        expect(again.code, again.stderr).to.equal(0);
        const report = await read();
        expect(report.run.state, JSON.stringify(report.summary)).to.equal('done');
        const judged = expectAllRight(farm, report);
        const takeovers = report.events.filter(({type}) => type === 'taken-over');
        expect(takeovers.length).to.be.at.least(1);
        console.log(
          `      ${vcenters * vchs} VCHs, one process, killed: ${judged.upgraded} upgraded, ${judged.asBefore} as before, ${judged.twice.length} written twice; ` +
            `${takeovers.length} taken over within ${Math.max(...takeovers.map(({at}) => seconds(killedAt, at)))} s; ${seconds(begun, Date.now())} s`,
        );
      });
    });
  });
