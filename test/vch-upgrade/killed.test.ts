import {join} from 'node:path';
import {expect} from 'chai';
import {readIsoInfo} from '../../src/iso/iso-info.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {StepName} from '../../src/vch-upgrade/steps.js';
import type {UpgradeOptions} from '../../src/vch-upgrade/vch-target.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {startProcess, variablesFor} from '../on-simulator.js';
import {loginTo, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {
  APPLIANCE,
  applianceKeys,
  LEGACY,
  LOCK,
  resume,
  rollback,
  stateOf,
  UPGRADED,
  upgradable,
  upgrade,
  WITH_ALL_TO_CHANGE,
} from './small-upgrade.js';

const READING = /^(Retrieve|Continue|Cancel|Create.*View|DestroyView|CurrentTime|Login|Logout)/;
const FIXTURE = upgradable({vms: LEGACY, appliance: WITH_ALL_TO_CHANGE});
/** When in a phase: at its first call, or at its first writing one, which is carried out. */
type Moment = 'at its begin' | 'while it writes';

const ISO = 'v1.5.6-20000-0a1b2c3';

const UPGRADE: readonly (readonly [StepName, Moment])[] = [
  ['upload', 'at its begin'],
  ['containers', 'at its begin'],
  ['containers', 'while it writes'],
  ['snapshot', 'at its begin'],
  ['snapshot', 'while it writes'],
  ['power-off', 'while it writes'],
  ['appliance', 'at its begin'],
  ['appliance', 'while it writes'],
  ['power-on', 'while it writes'],
  ['ready', 'at its begin'],
  ['verify', 'at its begin'],
  ['drop-previous-snapshot', 'at its begin'],
];

const ROLLBACK: readonly (readonly [StepName, Moment])[] = [
  ['rollback', 'at its begin'],
  ['rollback', 'while it writes'],
  ['rollback-containers', 'while it writes'],
  ['rollback-cleanup', 'at its begin'],
  ['rollback-cleanup', 'while it writes'],
];

describe('a process that is killed in the middle', function () {
  this.timeout(120_000);

  const killed = UPGRADE.flatMap((at) => [[...at, 'resumed'] as const, [...at, 'rolled back'] as const]);
  for (const [phase, moment, end] of sampleOf('upgrades that are killed', killed, {sample: 3, ci: 16})) {
    if (end === 'resumed') {
      it(`is resumed to upgraded from the phase ${phase}, killed ${moment}`, () =>
        withKilled(phase, moment, async (simulator, session, isos) => {
          const {upgrade: ended} = await resume(session, isos);
          expect(ended.result, ended.error?.message).to.equal('upgraded');
          expectUpgraded(simulator);
        }));
    } else {
      it(`is rolled back to as before from the phase ${phase}, killed ${moment}`, () =>
        withKilled(phase, moment, async (simulator, session, _isos, before) => {
          const {upgrade: ended} = await rollback(session);
          expect(ended.result, ended.error?.message).to.equal('rolled-back');
          expectAsBefore(simulator, before);
        }));
    }
  }

  for (const [phase, moment] of sampleOf('rollbacks that are killed', ROLLBACK, {sample: 1, ci: 4})) {
    it(`is rolled back all the same when a rollback is killed in the phase ${phase} ${moment}`, () =>
      withSimulator({fixture: FIXTURE, taskDuration: [0, 1]}, async (simulator) => {
        const before = pictureOf(simulator);
        const session = await connect(loginTo(simulator));
        try {
          expect((await upgrade(session)).upgrade.result).to.equal('upgraded');
          await killIn(simulator, {phase, moment}, ['rollback']);
          const {upgrade: ended} = await rollback(session);
          expect(ended.result, ended.error?.message).to.equal('rolled-back');
          expectAsBefore(simulator, before);
        } finally {
          await session.close();
        }
      }));
  }
});

/** Runs a command over the VCH in a process of its own, and kills it when the lock on the appliance says that phase. */
async function killIn(
  simulator: Simulator,
  {phase, moment}: {readonly phase: StepName; readonly moment: Moment},
  args: readonly string[],
): Promise<void> {
  const {child, ended} = startProcess(
    [...args, '--id', APPLIANCE, '--yes', '--quiet'],
    variablesFor(simulator),
  );
  simulator.addFault({
    method: '*',
    before: ({method}) => {
      if (moment === 'while it writes' && READING.test(method)) return;
      if (phaseOf(simulator) === phase) child.kill('SIGKILL');
    },
  });
  const {code} = await ended;
  simulator.clearFaults();
  if (child.signalCode !== 'SIGKILL')
    throw new Error(`it ended with ${code ?? child.signalCode} before the phase ${phase}`);
}

/** The phase that the lock on the appliance says. */
function phaseOf(simulator: Simulator): string | null {
  const lock = applianceKeys(simulator)[LOCK];
  return lock === undefined ? null : JSON.parse(lock).phase;
}

type Isos = Pick<UpgradeOptions, 'applianceIso' | 'bootstrapIso'>;

/** An upgrade, with its own ISO files, that was killed; nothing is left of its process but what is on the server. */
function withKilled(
  phase: StepName,
  moment: Moment,
  use: (simulator: Simulator, session: Session, isos: Isos, before: Picture) => Promise<void>,
): Promise<void> {
  return withDirectory({}, (directory) =>
    withSimulator({fixture: FIXTURE, taskDuration: [0, 1]}, async (simulator) => {
      const [appliance, bootstrap] = [join(directory, 'appliance.iso'), join(directory, 'bootstrap.iso')];
      await Promise.all([writeIso(appliance, {content: 'one'}), writeIso(bootstrap, {content: 'two'})]);
      const before = pictureOf(simulator);
      const isoOptions = ['--appliance-iso', appliance, '--bootstrap-iso', bootstrap];
      await killIn(simulator, {phase, moment}, ['upgrade', ...isoOptions, '--timeout', '30s']);
      const session = await connect(loginTo(simulator));
      try {
        const isos = {applianceIso: await readIsoInfo(appliance), bootstrapIso: await readIsoInfo(bootstrap)};
        await use(simulator, session, isos, before);
      } finally {
        await session.close();
      }
    }),
  );
}

function pictureOf(simulator: Simulator) {
  return {
    vms: stateOf(simulator),
    cdrom: simulator.inventory.vm(APPLIANCE).cdrom,
    files: simulator.files('datastore1').map(({path}) => path),
  };
}

type Picture = ReturnType<typeof pictureOf>;

function expectAsBefore(simulator: Simulator, before: Picture): void {
  expect(pictureOf(simulator)).to.deep.equal(before);
}

function expectUpgraded(simulator: Simulator): void {
  const {vms, cdrom, files} = pictureOf(simulator);
  const appliance = vms[APPLIANCE];
  const {[APPLIANCE]: _, ...containers} = vms;
  for (const [key, value] of Object.entries(UPGRADED))
    expect(appliance?.extraConfig[key] ?? null, key).to.equal(value);
  expect(appliance?.extraConfig).to.include({'guestinfo.vice./init/version/BuildNumber': '20000'});
  expect(appliance?.powerState).to.equal('poweredOn');
  expect(appliance?.snapshots).to.deep.equal(['upgrade for 20000']);
  expect(cdrom?.fileName).to.match(new RegExp(`^\\[datastore1\\] vch1/${ISO}-[0-9a-f]{8}-appliance\\.iso$`));
  expect(files.filter((path) => path.includes(ISO))).to.have.length(2);
  for (const [id, {extraConfig}] of Object.entries(containers)) {
    expect(extraConfig['common/name'], id).to.equal(extraConfig['guestinfo.vice./common/name']);
    expect(extraConfig['common/rename-disabled'], id).to.equal('true');
  }
}
