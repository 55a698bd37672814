import {join} from 'node:path';
import {expect} from 'chai';
import type {Report} from '../../src/report/report.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {onSimulator} from '../on-simulator.js';
import {withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {APPLIANCE, TEMPLATES, upgradable} from '../vch-upgrade/small-upgrade.js';
import type {VirtualClock} from '../virtual-clock.js';

const TIMES = {bootTime: 60_000, shutdownTime: 20_000};
const WHOLE = {...TIMES, taskDuration: [500, 500], templates: TEMPLATES} as const;

/** A VCH whose maps VIC's own encoders of that release wrote. */
function vchOf(release: string): Fixture {
  const fixture = upgradable({
    vms: [{name: 'web'}, {name: 'db', powerState: 'poweredOff'}],
    settings: TIMES,
  });
  const extend: Readonly<Record<string, string>> = {
    [APPLIANCE]: `${release}-appliance-esx`,
    'vm-101': `${release}-container-no-network`,
  };
  return {
    ...fixture,
    vms: (fixture.vms ?? []).map(({extraConfig, ...vm}) => {
      const map = extend[vm.id ?? ''];
      return map === undefined ? {...vm, extraConfig} : {...vm, extends: map};
    }),
  };
}

/** What the failures of a rehearsal are on a server that is no copy, and what mends each. */
const REAL: Readonly<Record<string, (simulator: Simulator, clock: VirtualClock) => () => Promise<void>>> = {
  'vcenter-away'(simulator, clock) {
    let until = 0;
    simulator.addFault({
      method: 'ReconfigVM_Task',
      object: APPLIANCE,
      before() {
        if (until > 0 || simulator.inventory.vm(APPLIANCE).powerState === 'poweredOn') return;
        until = clock.now() + 30 * 60_000;
        simulator.addFault({method: '*', do: 'http-503'});
      },
    });
    return async () => {
      await clock.sleep(until - clock.now());
      simulator.clearFaults();
    };
  },
  'host-lost'(simulator) {
    const host = (state: 'connected' | 'disconnected') =>
      simulator.inventory.vm(APPLIANCE).setConnectionState(state);
    simulator.addFault({method: 'PowerOnVM_Task', times: 1, before: () => host('disconnected')});
    return async () => {
      simulator.clearFaults();
      host('connected');
    };
  },
  'datastore-full'(simulator) {
    simulator.addFault({method: 'CreateSnapshot_Task', do: {fault: 'NoDiskSpace', as: 'task'}});
    return async () => simulator.clearFaults();
  },
};

/** Every VM, without what runs write of themselves. */
function stateOf({inventory}: Simulator) {
  return inventory.vms().map((vm) => {
    const keys = Object.entries(vm.extraConfig())
      .filter(([key]) => !/^(?:vch-migrate\/|guestinfo\.vice\.\.|UpdateInProgress$)/.test(key))
      .sort();
    return {id: vm.id, keys, power: vm.powerState, drive: vm.cdrom?.fileName, snapshots: vm.snapshots.length};
  });
}

describe('where a failure ends', function () {
  this.timeout(120_000);

  const releases = sampleOf(
    'releases whose failures are compared with a rehearsal',
    ['v0.8.0', 'v0.9.0', 'v1.1.1'],
    {
      // The rehearsal itself is compared with an upgrade in each run.
      sample: 0,
      ci: 2,
    },
  );
  for (const release of releases) {
    it(`is as the rehearsal says, VM by VM: a VCH of ${release}`, () =>
      withDirectory({}, async (folder) => {
        const isos = await Promise.all(
          ['appliance', 'bootstrap'].map(async (kind) => [
            `--${kind}-iso`,
            await writeIso(join(folder, `${kind}.iso`), {content: kind}),
          ]),
        );
        const vch = ['--id', APPLIANCE, '--format', 'json'];
        const options = {fixture: vchOf(release), ...WHOLE};
        const rehearsed = await withSimulator(options, (simulator) =>
          onSimulator(simulator, 'rehearse', ...vch, ...isos.flat()),
        );
        expect(rehearsed.code, rehearsed.stderr).to.equal(0);
        const {rehearsal}: Report = JSON.parse(rehearsed.stdout);
        const upgraded = await withSimulator(options, async (simulator) => {
          expect((await onSimulator(simulator, 'upgrade', ...vch, ...isos.flat(), '--yes')).code).to.equal(0);
          return stateOf(simulator);
        });
        for (const [name, strike] of Object.entries(REAL)) {
          await withSimulator(options, async (simulator, clock) => {
            const before = stateOf(simulator);
            const mend = strike(simulator, clock);
            const run = async (...args: string[]) => {
              const {upgrade}: Report = JSON.parse(
                (await onSimulator(simulator, ...args, ...vch, '--yes')).stdout,
              );
              return [upgrade?.result, upgrade?.error?.code];
            };
            const failed = await run('upgrade', ...isos.flat());
            await mend();
            const played = rehearsal?.failures.find((failure) => failure.name === name);
            expect(failed, name).to.deep.equal([played?.upgrade.result, played?.upgrade.error?.code]);
            const isBack = played?.next === 'rollback';
            const repaired = await run(played?.next ?? '', ...(isBack ? ['--discard-changes'] : isos.flat()));
            expect(repaired, name).to.deep.equal([played?.repair?.result, undefined]);
            expect(stateOf(simulator), name).to.deep.equal(isBack ? before : upgraded);
          });
        }
      }));
  }
});
