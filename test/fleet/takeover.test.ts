import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {sizeOf} from '../depth.js';
import {startProcess, vchMigrate} from '../on-simulator.js';
import {withDirectory} from '../temporary-directory.js';
import {judgeFarm, startFarm} from './fleet-farm.js';
import {describeWithPostgres} from './postgres-server.js';

const LOCK = 'vch-migrate/lock';

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
