import {mkdirSync, readFileSync, renameSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {startProcess, vchMigrate} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';
import {VirtualClock} from '../virtual-clock.js';
import {judgeFarm, startFarm} from './fleet-farm.js';

const VERSION: string = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')).version;
const LOCK = 'vch-migrate/lock';
const RELEASE = 'release: {applianceIso: appliance.iso, bootstrapIso: bootstrap.iso}\n';

describe('a fleet whose worker has died on another machine in the middle of an upgrade to a release', function () {
  this.timeout(120_000);

  for (const [phase, lease, what] of sampleOf(
    'steps taken over',
    [
      ['upload', 120, 'two minutes'],
      ['snapshot', 900, 'a quarter of an hour, as it takes no writes'],
    ] as const,
    {sample: 1, ci: 2},
  ))
    it(`resumes it from the step ${phase} when the lock has run out, after ${what}; a worker without the ISO files leaves it alone`, () =>
      withDirectory({}, async (folder) => {
        for (const name of ['appliance', 'bootstrap'])
          await writeIso(join(folder, `${name}.iso`), {content: name});
        await using farm = await startFarm(folder, {vcenters: 1, vchs: 1, rest: RELEASE});
        const [simulator] = farm.simulators;
        const vm = simulator?.inventory.vm('vm-100');
        if (simulator === undefined || vm === undefined) throw new Error('there is no VCH');
        const lockNow = () => JSON.parse(vm.extraConfig()[LOCK] || '{}');
        const state = ['--state-dir', `${folder}/state`];
        const line = ['fleet', 'upgrade', '--inventory', farm.inventory, '--yes', ...state];
        const first = startProcess(line, farm.variables, folder);
        simulator.addFault({
          method: '*',
          before: () => {
            if (lockNow().phase === phase) first.child.kill('SIGKILL');
          },
        });
        await first.ended;
        simulator.clearFaults();
        const lock = lockNow();
        expect(lock).to.include({phase, lease});
        vm.change({[LOCK]: JSON.stringify({...lock, host: 'elsewhere', boot: 'another'})});

        const again = ['fleet', 'worker', '--until-idle', ...state];
        mkdirSync(join(folder, 'iso'));
        for (const name of ['appliance.iso', 'bootstrap.iso'])
          renameSync(join(folder, name), join(folder, 'iso', name));
        if (phase === 'upload') await expectLeftAlone(again, farm.variables, folder);
        const clock = new VirtualClock();
        const withIsos = [...again, '--debug', '--iso-dir', join(folder, 'iso')];
        const second = await vchMigrate(withIsos, farm.variables, clock, {version: VERSION});
        expect(second.code, second.stderr).to.equal(0);
        expect(second.stderr).to.contain(`watching for a sign of life for up to ${lease} s`);
        expect(clock.elapsed / 1000).to.be.within(lease, lease + 60);
        const told = await vchMigrate(['fleet', 'report', '--format', 'json', ...state], farm.variables);
        const report: FleetReport = JSON.parse(told.stdout);
        expect(report.run.state).to.equal('done');
        expect(report.events.flatMap(({type, vch}) => (vch === null ? [] : [type]))).to.deep.equal([
          ...['began', 'taken-over', 'done'],
        ]);
        expect(judgeFarm(farm, report)).to.deep.equal({upgraded: 1, asBefore: 0, twice: [], lies: []});
        expect(vm.cdrom?.fileName).to.match(/appliance.*\.iso$/);
        // The one that it had, and the two of the release.
        const isos = simulator.files('datastore1').filter(({path}) => path.endsWith('.iso'));
        expect(isos.length).to.equal(3);
        expect(vm.extraConfig()['guestinfo.vice./init/version/Version']).to.equal('v1.5.6');
      }));
});

/** Workers that cannot go on with it end at once, and say why. */
async function expectLeftAlone(
  line: readonly string[],
  variables: Readonly<Record<string, string>>,
  folder: string,
): Promise<void> {
  // It ends at once: what another release has begun is not its own.
  const other = await vchMigrate(line, variables, undefined, {version: '9.8.0'});
  expect([other.code, other.stderr]).to.include(0);
  expect(other.stderr).to.contain('lacks the version of the run');

  const without = await vchMigrate(line, variables, undefined, {version: VERSION});
  expect(without.code, without.stderr).to.equal(1);
  expect(without.stderr)
    .to.contain(`lacks the ISO file ${folder}/appliance.iso of the plan (there is none)`)
    .and.contain('is not at its end: no worker can go on with the VCHs of vc0');
}
