import {isDeepStrictEqual} from 'node:util';
import {expect} from 'chai';
import {toVchError} from '../../src/errors.js';
import type {FaultAction, Simulator} from '../../src/simulator/simulator.js';
import type {UpgradeOutcome} from '../../src/vch-upgrade/outcome.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {sampleOf} from '../depth.js';
import {FAULT_KINDS, type FaultyCall, faultyCalls} from '../fault-kinds.js';
import {loginTo, withSimulator} from '../small-vch.js';
import {
  APPLIANCE,
  applianceKeys,
  DATA_VERSION,
  LEGACY,
  LOCK,
  resume,
  rollback,
  type State,
  stateOf,
  stoppedAt,
  unlock,
  upgradable,
  upgrade,
  WITH_ALL_TO_CHANGE,
} from './small-upgrade.js';

const OPTIONS = {
  fixture: upgradable({vms: LEGACY, appliance: WITH_ALL_TO_CHANGE}),
  taskDuration: [0, 1],
} as const;

/** Most of a trial is waiting. */
const SIDE_BY_SIDE = 6;

/** A command on a VCH that an upgrade has left in some state, and what must be so after what it says. */
interface Command {
  /** Brings the VCH into that state. */
  prepare(session: Session): Promise<unknown>;
  run(session: Session): Promise<UpgradeOutcome>;
  readonly goal: UpgradeOutcome['upgrade']['result'];
  /** What is untrue of the goal. */
  untrue(now: State, simulator: Simulator, original: State): readonly string[];
}

const COMMANDS: Readonly<Record<string, Command>> = {
  rollback: {
    prepare: (session) => upgrade(session),
    run: (session) => rollback(session, {timeout: 10_000}),
    goal: 'rolled-back',
    untrue: (now, _simulator, original) => differing(now, original),
  },
  resume: {
    prepare: (session) => stoppedAt(session, 'snapshot'),
    run: (session) => resume(session, {timeout: 10_000}),
    goal: 'upgraded',
    untrue: (now, simulator) => [
      ...(applianceKeys(simulator)[DATA_VERSION] === '10' ? [] : ['it has its old data version']),
      ...(LOCK in applianceKeys(simulator) ? ['the lock stands'] : []),
      ...(now[APPLIANCE]?.powerState === 'poweredOn' ? [] : ['it is off']),
      ...(now[APPLIANCE]?.snapshots.length === 1 ? [] : ['it has not one snapshot']),
    ],
  },
  unlock: {
    prepare: (session) => stoppedAt(session, 'snapshot'),
    run: (session) => unlock(session),
    goal: 'unlocked',
    untrue: (_now, simulator) => (LOCK in applianceKeys(simulator) ? ['the lock stands'] : []),
  },
};

for (const [name, command] of Object.entries(COMMANDS)) {
  describe(`a ${name} of which any one SOAP call goes wrong`, function () {
    this.timeout(1_800_000);

    it('says truly what it came to, and comes to its goal when it is run again', async () => {
      const all = await callsOf(command);
      const cases = sampleOf(`runs of ${name} of which one call goes wrong`, all, {sample: 3, ci: 80});
      const untrue: object[] = [];
      const left = [...cases];
      const takeUp = async () => {
        for (let one = left.shift(); one !== undefined; one = left.shift()) {
          const lies = await trial(command, one);
          if (lies.length > 0) untrue.push({...one, lies});
        }
      };
      await Promise.all(Array.from({length: SIDE_BY_SIDE}, takeUp));
      expect(untrue).to.deep.equal([]);
    });
  });
}

function callsOf(command: Command): Promise<readonly FaultyCall[]> {
  return withSimulator(OPTIONS, async (simulator) => {
    await elsewhere(simulator, command.prepare);
    simulator.requests.reset();
    expect((await said(simulator, command, 30_000)).result).to.equal(command.goal);
    return faultyCalls(simulator.requests.list.map(({method}) => method));
  });
}

function trial(command: Command, {method, n, kind}: FaultyCall): Promise<readonly string[]> {
  return withSimulator(OPTIONS, async (simulator) => {
    const original = stateOf(simulator);
    await elsewhere(simulator, command.prepare);
    killOwner(simulator);
    const prepared = stateOf(simulator);
    const action: FaultAction | undefined = FAULT_KINDS[kind];
    if (action !== undefined) simulator.addFault({method, nth: n, times: 1, do: action});
    const {result, told} = await said(simulator, command, action === 'hang' ? 400 : 30_000);
    simulator.clearFaults();
    const now = stateOf(simulator);
    const untold = (lies: readonly string[]) =>
      lies.filter((lie) => !told.some((what) => lie.startsWith(what)));
    if (result === command.goal) return untold(command.untrue(now, simulator, original));
    if (result.startsWith('rejected'))
      return isDeepStrictEqual(now, prepared)
        ? []
        : [result, 'something was written', ...differing(now, prepared)];
    // The containerVMs keep hidden keys, which harm no VCH.
    if (result.startsWith('as-before'))
      return untold(differing(now, original)).filter((lie) => lie.startsWith(APPLIANCE));
    const again = await said(simulator, command, 30_000);
    const wrong = command.untrue(stateOf(simulator), simulator, original);
    return again.result === command.goal ? wrong : [result, `then ${again.result}`];
  });
}

/** This process lives, so a lock that it has left is given a pid that does not. */
function killOwner(simulator: Simulator): void {
  const appliance = simulator.inventory.vm(APPLIANCE);
  const lock = JSON.parse(appliance.extraConfig()[LOCK] ?? 'null');
  if (lock !== null) appliance.change({[LOCK]: JSON.stringify({...lock, pid: 2 ** 22 + 1})});
}

/** As another process does it. */
async function elsewhere<T>(
  simulator: Simulator,
  act: (session: Session) => Promise<T>,
  requestTimeout = 30_000,
): Promise<T> {
  killOwner(simulator);
  const session = await connect({...loginTo(simulator), requestTimeout});
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}

/** What the tool says: the result, and of what it says that it is not so. */
async function said(
  simulator: Simulator,
  {run}: Command,
  requestTimeout: number,
): Promise<{readonly result: string; readonly told: readonly string[]}> {
  try {
    const {upgrade: ended, vms, findings} = await elsewhere(simulator, run, requestTimeout);
    const failed = vms.filter(({kind, status}) => kind === 'container' && status === 'failed');
    const left = findings.some(({code}) => code === 'snapshot-left');
    return {
      result: ended.error === null ? ended.result : `${ended.result} ${ended.error.code}`,
      told: [...failed.map(({id}) => id), ...(left ? [`${APPLIANCE} has snapshots`] : [])],
    };
  } catch (error) {
    return {result: `rejected ${toVchError(error).code}`, told: []};
  }
}

function differing(now: State, before: State): string[] {
  return Object.keys(before).flatMap((id) => {
    const [a, b] = [before[id], now[id]];
    if (a === undefined || b === undefined) return [`${id} is gone`];
    const keys = new Set([...Object.keys(a.extraConfig), ...Object.keys(b.extraConfig)]);
    return [
      ...[...keys].filter((key) => a.extraConfig[key] !== b.extraConfig[key]).map((key) => `${id} ${key}`),
      ...(a.powerState === b.powerState ? [] : [`${id} is ${b.powerState}`]),
      ...(isDeepStrictEqual(a.snapshots, b.snapshots) ? [] : [`${id} has snapshots ${b.snapshots.join()}`]),
    ];
  });
}
