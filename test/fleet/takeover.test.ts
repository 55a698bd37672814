import {readFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {sizeOf} from '../depth.js';
import {startProcess, vchMigrate} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';
import {VirtualClock} from '../virtual-clock.js';
import {judgeFarm, startFarm} from './fleet-farm.js';
import {describeWithPostgres} from './postgres-server.js';

const VERSION: string = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version;
const LOCK = 'vch-migrate/lock';

describe('a fleet whose worker has died on another machine in a step in which the appliance takes no writes', function () {
  this.timeout(120_000);

  it('resumes the upgrade when the lock has run out, a quarter of an hour later', () =>
    withDirectory({}, async (folder) => {
      await using farm = await startFarm(folder, {vcenters: 1, vchs: 1});
      const [simulator] = farm.simulators;
      const vm = simulator?.inventory.vm('vm-100');
      if (simulator === undefined || vm === undefined) throw new Error('there is no VCH');
      const state = ['--state-dir', `${folder}/state`];
      const line = ['fleet', 'upgrade', '--inventory', farm.inventory, '--yes', ...state];
      const first = startProcess(line, farm.variables, folder);
      simulator.addFault({method: 'CreateSnapshot_Task', before: () => void first.child.kill('SIGKILL')});
      await first.ended;
      simulator.clearFaults();
      const lock = JSON.parse(vm.extraConfig()[LOCK] ?? '{}');
      expect(lock).to.include({phase: 'snapshot', lease: 900});
      vm.change({[LOCK]: JSON.stringify({...lock, host: 'elsewhere', boot: 'another'})});

      const clock = new VirtualClock();
      const again = ['fleet', 'worker', '--until-idle', ...state];
      // It ends at once: what another release has begun is not its own.
      const other = await vchMigrate(again, farm.variables, clock, '9.8.0');
      expect([other.code, other.stderr]).to.include(0);
      expect(other.stderr).to.contain('lacks the version of the run');
      const second = await vchMigrate([...again, '--debug'], farm.variables, clock, VERSION);
      expect(second.code, second.stderr).to.equal(0);
      expect(second.stderr).to.contain('watching for a sign of life for up to 900 s');
      expect(clock.elapsed / 1000).to.be.within(900, 1000);
      const told = await vchMigrate(['fleet', 'report', '--format', 'json', ...state], farm.variables);
      const report: FleetReport = JSON.parse(told.stdout);
      expect(report.run.state).to.equal('done');
      expect(report.events.map(({type}) => type)).to.include('taken-over');
      expect(judgeFarm(farm, report)).to.deep.equal({upgraded: 1, asBefore: 0, twice: 0, lies: []});
    }));
});

describeWithPostgres('a fleet whose worker dies on another machine', (server) => {
  // It waits two minutes in real time, as the lock says.
  for (const _ of Array(sizeOf('takeovers from another machine', {sample: 0, ci: 0, exhaustive: 1})))
    it('lets the lock run out before the next worker resumes the upgrade', function () {
      this.timeout(600_000);
      return withDirectory({}, async (folder) => {
        await using farm = await startFarm(folder, {vcenters: 1, vchs: 1, bootTime: 4_000});
        const variables = {...farm.variables, VCH_MIGRATE_DATABASE_URL: server().url};
        const line = ['fleet', 'upgrade', '--inventory', farm.inventory, '--yes', '--detach'];
        const started = await startProcess(line, variables, folder).ended;
        expect(started.code, started.stderr).to.equal(0);
        const read = async (): Promise<FleetReport> =>
          JSON.parse((await vchMigrate(['fleet', 'report', '--format', 'json'], variables)).stdout);
        const vm = farm.simulators[0]?.inventory.vm('vm-100');
        if (vm === undefined) throw new Error('there is no VCH');
        const first = startProcess(['fleet', 'worker'], variables, folder);
        // In a step in which the appliance takes writes: elsewhere the lock would say a quarter of an hour.
        while (!(vm.extraConfig()[LOCK] ?? '').includes('"phase":"ready"')) await sleep(20);
        first.child.kill('SIGKILL');
        await first.ended;
        const killedAt = Date.now();
        const lock = JSON.parse(vm.extraConfig()[LOCK] ?? '{}');
        vm.change({[LOCK]: JSON.stringify({...lock, host: 'elsewhere', boot: 'another'})});
        const second = startProcess(['fleet', 'worker', '--until-idle'], variables, folder);
        const {code, stderr} = await second.ended;
        expect(code, stderr).to.equal(0);
        const report = await read();
        expect(report.run.state).to.equal('done');
        expect(judgeFarm(farm, report).lies).to.deep.equal([]);
        const seconds = Math.round((Date.now() - killedAt) / 1000);
        expect(seconds).to.be.at.least(Number(lock.lease));
        console.log(`      the lock says ${lock.lease} s; upgraded ${seconds} s after the worker was killed`);
      });
    });
});
