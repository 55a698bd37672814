import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {machineTime, type ServerTime} from '../../src/simulator/model/clock.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {vchMigrate} from '../on-simulator.js';
import {withDirectory} from '../temporary-directory.js';
import {type Farm, judgeFarm, startFarm} from './fleet-farm.js';
import {describeWithPostgres} from './postgres-server.js';

const RELEASE = 'release: {applianceIso: appliance.iso, bootstrapIso: bootstrap.iso}\n';
const PHASES = [
  ...['upload', 'containers', 'snapshot', 'power-off', 'appliance', 'power-on', 'ready', 'verify'],
  'drop-previous-snapshot',
];

/** Nothing else of the simulator takes as long. */
const BOOT = 654_321;

/** The machine's time, in which guests boot only while they may. */
class HeldBoots implements ServerTime {
  readonly now = machineTime.now;
  readonly #waiting = new Set<() => void>();
  #isHeld = true;

  hold(): void {
    this.#isHeld = true;
  }

  letGo(): void {
    this.#isHeld = false;
    for (const goOn of this.#waiting) goOn();
    this.#waiting.clear();
  }

  async sleep(...[milliseconds, options]: Parameters<ServerTime['sleep']>): Promise<void> {
    if (milliseconds !== BOOT) return machineTime.sleep(milliseconds, options);
    if (this.#isHeld) await new Promise<void>((resolve) => this.#waiting.add(resolve));
    await machineTime.sleep(20, options);
  }
}

/** The VCHs whose lock says that phase. */
function inPhase({simulators}: Farm, phase: string): number {
  return simulators
    .flatMap(({inventory}) => inventory.vms())
    .filter((vm) => (vm.extraConfig()['vch-migrate/lock'] ?? '').includes(`"phase":"${phase}"`)).length;
}

describeWithPostgres('a fleet of real upgrades', (server) => {
  it('begins none after the budget is spent; cancel stops those that run at a safe point within 30 s; retry brings them to their end', function () {
    this.timeout(60_000);
    return withDirectory({}, async (folder) => {
      const boots = new HeldBoots();
      await using farm = await startFarm(folder, {
        ...{vcenters: 2, vchs: 3, bootTime: BOOT, time: boots, rest: 'budget: {failed: 1}\n'},
      });
      const variables = {...farm.variables, VCH_MIGRATE_DATABASE_URL: server().url};
      const fleet = async (...words: readonly string[]) => {
        const ended = await vchMigrate(['fleet', ...words], variables);
        expect(ended.code, ended.stderr).to.be.oneOf([0, 1]);
        return ended.stdout;
      };
      const report = async (): Promise<FleetReport> => JSON.parse(await fleet('report', '--format', 'json'));
      const until = async (reached: () => boolean | Promise<boolean>) => {
        while (!(await reached())) await sleep(50);
      };

      farm.simulators[0]?.addFault({
        ...{method: 'CreateSnapshot_Task', object: 'vm-200', nth: 1},
        do: {fault: 'InsufficientResourcesFault'},
      });
      await fleet('upgrade', '--inventory', farm.inventory, '--yes', '--detach');
      const first = fleet('worker', '--until-idle');
      await until(async () => inPhase(farm, 'ready') === 3 && (await report()).run.state === 'held');
      boots.letGo();
      await first;
      const held = await report();
      expect(held.run.state).to.equal('held');
      const began = held.events.filter(({type}) => type === 'began').map(({id}) => id);
      const heldAt = held.events.find(({type}) => type === 'held')?.id ?? 0;
      expect(began.length).to.equal(4);
      expect(Math.max(...began)).to.be.below(heldAt);

      boots.hold();
      await fleet('retry');
      const second = fleet('worker', '--until-idle');
      await until(() => inPhase(farm, 'ready') === 3);
      const cancelledAt = performance.now();
      await fleet('cancel', '--reason', 'change withdrawn');
      await second;
      const seconds = (performance.now() - cancelledAt) / 1000;
      expect(seconds).to.be.at.most(30);
      const cancelled = await report();
      expect(cancelled.vchs.map(({state, result}) => `${state} ${result}`).sort()).to.deep.equal([
        ...Array.from({length: 3}, () => 'done upgraded'),
        ...Array.from({length: 3}, () => 'stopped resumable'),
      ]);

      boots.letGo();
      await fleet('retry');
      await fleet('worker', '--until-idle');
      const done = await report();
      expect(done.run.state).to.equal('done');
      expect(judgeFarm(farm, done)).to.deep.include({upgraded: 6, lies: []});
    });
  });

  const phases = sampleOf('phases in which a run is cancelled', PHASES, {sample: 1, ci: 3});
  for (const phase of phases)
    it(`cancelled in the phase ${phase}, stops at a safe point within 30 s or is done, and is upgraded when tried again`, function () {
      this.timeout(60_000);
      return withDirectory({}, async (folder) => {
        for (const name of ['appliance', 'bootstrap'])
          await writeIso(join(folder, `${name}.iso`), {content: name});
        await using farm = await startFarm(folder, {vcenters: 1, vchs: 1, rest: RELEASE});
        const variables = {...farm.variables, VCH_MIGRATE_DATABASE_URL: server().url};
        const fleet = async (...words: readonly string[]) => {
          const ended = await vchMigrate(['fleet', ...words], variables);
          expect(ended.code, ended.stderr).to.be.oneOf([0, 1]);
          return ended.stdout;
        };
        const plan = ['--inventory', farm.inventory, '--yes', '--detach', '--format', 'json'];
        const {run}: FleetReport = JSON.parse(await fleet('upgrade', ...plan));
        const report = async (): Promise<FleetReport> =>
          JSON.parse(await fleet('report', run.id, '--format', 'json'));
        let cancelled: Promise<string> | undefined;
        let cancelledAt = 0;
        farm.simulators[0]?.addFault({
          method: '*',
          before: () => {
            if (cancelled !== undefined || inPhase(farm, phase) === 0) return;
            cancelledAt = performance.now();
            cancelled = fleet('cancel', run.id, '--reason', 'change withdrawn');
            // It takes so long that the cancel arrives in the middle of it.
            farm.simulators[0]?.addFault({method: '*', times: 1, do: {delay: 2_000}});
          },
        });
        await fleet('worker', '--until-idle');
        expect((performance.now() - cancelledAt) / 1000).to.be.at.most(30);
        expect(await cancelled).to.contain('is cancelled');
        farm.simulators[0]?.clearFaults();
        const [stopped] = (await report()).vchs;
        expect(`${stopped?.state} ${stopped?.result}`).to.be.oneOf([
          ...['stopped resumable', 'stopped not-started', 'stopped null', 'done upgraded'],
        ]);
        if (stopped?.state === 'stopped') {
          await fleet('retry', run.id, '--reason', 'on again');
          await fleet('worker', '--until-idle');
        }
        expect(judgeFarm(farm, await report())).to.deep.include({upgraded: 1, lies: []});
      });
    });
});
