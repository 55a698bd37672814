import {join} from 'node:path';
import {expect} from 'chai';
import {toVchError} from '../../src/errors.js';
import {applyMigration, type VmOutcome} from '../../src/index.js';
import {type IsoInfo, readIsoInfo} from '../../src/iso/iso-info.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import type {UpgradeOutcome} from '../../src/vch-upgrade/outcome.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {OUTAGE_MODES, type Outage, type OutageProxy, startOutageProxy} from '../outage-proxy.js';
import {loginTo, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import type {VirtualClock} from '../virtual-clock.js';
import {
  APPLIANCE,
  DATA_VERSION,
  resume,
  rollback,
  type State,
  stateOf,
  UPGRADED,
  upgradable,
  upgrade,
  WITH_ALL_TO_CHANGE,
} from './small-upgrade.js';

const SECONDS = [10, 60, 300] as const;
const WHEN = ['before', 'lost', 'after'] as const;

/** The call in whose midst vCenter goes away, and what runs then. */
const PLACES: Readonly<Record<string, {readonly on: string; readonly run: Run}>> = {
  apply: {on: 'ReconfigVM_Task', run: applying},
  upload: {on: 'PUT /folder', run: upgrading},
  snapshot: {on: 'CreateSnapshot_Task', run: upgrading},
  'after power-off': {on: 'ShutdownGuest', run: upgrading},
  rollback: {on: 'RevertToSnapshot_Task', run: rollingBack},
};

const VMS = Array.from({length: 12}, (_, n) => ({name: `c${n}`}));
const FIXTURE = upgradable({
  vms: VMS,
  appliance: {...WITH_ALL_TO_CHANGE, cdrom: '[datastore1] vch1/old.iso'},
});

interface Case extends Outage {
  readonly place: string;
}

interface Trial {
  readonly simulator: Simulator;
  readonly session: Session;
  readonly before: State;
  readonly proxy: OutageProxy;
  readonly outage: Outage;
  readonly isos: {readonly applianceIso: IsoInfo; readonly bootstrapIso: IsoInfo};
  readonly clock: VirtualClock;
}

/** What it said, and what of that is not so. */
interface Verdict {
  readonly said: string;
  readonly lies: readonly string[];
}

type Run = (trial: Trial) => Promise<Verdict>;

const probeDocker = async () => ({status: 'running'}) as const;

describe('a vCenter that is away in the middle of a run', function () {
  this.timeout(1_800_000);

  it('leaves no VCH off, and nothing is told that is not so', async () => {
    const all = Object.entries(PLACES).flatMap(([place, {on}]) =>
      OUTAGE_MODES.flatMap((mode) =>
        SECONDS.flatMap((seconds) => WHEN.map((when): Case => ({place, on, mode, seconds, when}))),
      ),
    );
    const cases = sampleOf('outages of vCenter in the middle of a run', all, {sample: 3, ci: 45});
    const rows: string[] = [];
    const wrong: string[] = [];
    for (const one of cases) {
      const {said, lies} = await tried(one);
      const row = `${one.place} | ${one.mode} | ${one.seconds} s | ${one.when} | ${said}`;
      rows.push(row);
      if (lies.length > 0) wrong.push(`${row}: ${lies.join('; ')}`);
    }
    if (process.env.VCH_TEST_TABLE !== undefined) process.stdout.write(`${rows.join('\n')}\n`);
    expect(wrong).to.deep.equal([]);
  });
});

async function tried({place, ...outage}: Case): Promise<Verdict> {
  const run = PLACES[place]?.run;
  if (run === undefined) throw new Error(`there is no place ${place}`);
  let verdict: Verdict | undefined;
  await withDirectory({}, async (directory) => {
    const iso = await readIsoInfo(await writeIso(join(directory, 'new.iso')));
    await withSimulator({fixture: FIXTURE}, async (simulator, clock) => {
      await using proxy = await startOutageProxy(simulator, clock);
      const {url, thumbprint} = proxy.server;
      const session = await connect({...loginTo(simulator), url: new URL(url), tls: {thumbprint}, clock});
      try {
        const isos = {applianceIso: iso, bootstrapIso: iso};
        const {said, lies} = await run({
          simulator,
          session,
          before: stateOf(simulator),
          proxy,
          outage,
          isos,
          clock,
        });
        verdict = {said, lies: proxy.met ? lies : [...lies, 'the outage never came']};
      } finally {
        await session.close();
      }
    });
  });
  if (verdict === undefined) throw new Error('unreachable');
  return verdict;
}

async function applying({simulator, session, proxy, outage}: Trial): Promise<Verdict> {
  proxy.plan({...outage, nth: 5});
  const {vms} = await applyMigration(session, {vch: {name: 'vch1'}});
  const counts = [...new Set(vms.map(({status}) => status))].map(
    (status) => `${vms.filter((vm) => vm.status === status).length} ${status}`,
  );
  const lies = vms.flatMap((vm) => untrue(vm, simulator));
  const outlasted = outage.seconds > 120 || vms.every(({status}) => status === 'changed');
  return {said: counts.join(', '), lies: outlasted ? lies : [...lies, 'it did not wait two minutes']};
}

function untrue({id, status}: VmOutcome, simulator: Simulator): readonly string[] {
  const written = simulator.inventory.vm(id).extraConfig()['common/rename-disabled'] === 'true';
  const is = {changed: [true], unchanged: [true], unknown: [true, false], 'not-attempted': [false]};
  const may: readonly boolean[] = Object.entries(is).find(([name]) => name === status)?.[1] ?? [];
  return may.includes(written) ? [] : [`${id} is ${status}, and ${written ? '' : 'not '}written`];
}

async function upgrading(trial: Trial): Promise<Verdict> {
  const {session, proxy, outage, isos} = trial;
  proxy.plan(outage);
  const {upgrade: ended} = await upgrade(session, {...isos, probeDocker, timeout: 600_000});
  const said = resultOf(ended);
  const down = outage.on === 'ShutdownGuest';
  const waits = outage.seconds < 120 || down;
  const lies = waits && ended.result !== 'upgraded' ? ['it did not wait'] : [];
  if (ended.result === 'upgraded') return {said, lies: [...lies, ...notUpgraded(trial.simulator)]};
  if (ended.result !== 'resumable') return {said, lies: [...lies, 'it is neither upgraded nor resumable']};
  const off = powerOf(trial.simulator) === 'poweredOn' ? [] : ['the VCH is off'];
  return {said, lies: [...lies, ...off, ...(await resumed(trial))]};
}

/** Once vCenter is back, the same upgrade must come to its end. */
async function resumed({session, clock, isos, simulator}: Trial): Promise<readonly string[]> {
  await clock.sleep(400_000);
  const {upgrade: ended} = await resume(session, {...isos, probeDocker, timeout: 600_000});
  return ended.result === 'upgraded' ? notUpgraded(simulator) : [`resume said ${resultOf(ended)}`];
}

async function rollingBack(trial: Trial): Promise<Verdict> {
  const {simulator, session, proxy, outage, isos, before} = trial;
  await upgrade(session, {...isos, probeDocker});
  proxy.plan(outage);
  const {upgrade: ended} = await rollback(session, {probeDocker, timeout: 600_000});
  const said = resultOf(ended);
  if (ended.result !== 'rolled-back') return {said, lies: ['it did not wait']};
  const now = stateOf(simulator);
  const differs = Object.keys(before).filter(
    (id) => JSON.stringify(sorted(now, id)) !== JSON.stringify(sorted(before, id)),
  );
  return {said, lies: differs.map((id) => `${id} is not as before`)};
}

function sorted(state: State, id: string) {
  const {extraConfig = {}, powerState, snapshots} = state[id] ?? {};
  return [Object.entries(extraConfig).sort(([a], [b]) => (a < b ? -1 : 1)), powerState, snapshots];
}

function powerOf(simulator: Simulator): string {
  return simulator.inventory.vm(APPLIANCE).powerState;
}

function notUpgraded(simulator: Simulator): readonly string[] {
  const keys = simulator.inventory.vm(APPLIANCE).extraConfig();
  const wrong = Object.entries({...UPGRADED, [DATA_VERSION]: '10'})
    .filter(([key, value]) => (keys[key] ?? null) !== value)
    .map(([key]) => `${key} is ${keys[key] ?? 'absent'}`);
  return [...wrong, ...(powerOf(simulator) === 'poweredOn' ? [] : ['the VCH is off'])];
}

function resultOf({result, error}: UpgradeOutcome['upgrade']): string {
  return error === null ? result : `${result} (${toVchError(error).code})`;
}
