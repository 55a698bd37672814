import {readFile} from 'node:fs/promises';
import {expect} from 'chai';
import {seededRandom} from '../../src/simulator/random.js';
import {type FaultAction, type Simulator, startSimulator} from '../../src/simulator/simulator.js';
import {sizeOf} from '../depth.js';
import {startProcess, variablesFor} from '../on-simulator.js';

const VMS = sizeOf('containerVMs of the soak', {sample: 600, ci: 4_000, exhaustive: 40_000});
const KILLS = sizeOf('kills of the soak', {sample: 3, ci: 5, exhaustive: 20});
/** The share of the calls that fail: of reads so much, of writes more. */
const RATE = 0.02;
/** The server ends every session after this many calls, or after that many milliseconds. */
const SESSION = {calls: 200, milliseconds: 30_000};
/** Runs in which faults may happen, after the kills. */
const MOST_RUNS = 20;

const WRITE = ['ReconfigVM_Task'];
// A Login whose answer is lost leaves a session that nobody knows, and so does a Logout that is not carried out.
const ALL = [
  ...WRITE,
  'RetrievePropertiesEx',
  'ContinueRetrievePropertiesEx',
  'CreateContainerView',
  'DestroyView',
];

/** Every class of failure that may be gone a moment later. */
const FAULTS: readonly (readonly [readonly string[], FaultAction])[] = [
  [ALL, 'drop-before'],
  [ALL, 'drop-after'],
  [ALL, 'http-500'],
  [ALL, 'http-503'],
  [ALL, {delay: 30}],
  [WRITE, {fault: 'TaskInProgress'}],
  [WRITE, {fault: 'HostCommunication', as: 'task'}],
  [WRITE, {fault: 'ConcurrentAccess', as: 'task'}],
  [WRITE, {fault: 'SystemError', as: 'task'}],
];

const FOR_ALL = FAULTS.filter(([methods]) => methods === ALL).length;

interface Soak {
  runs: number;
  kills: number;
  faults: number;
  expired: number;
  calls: number;
}

describe(`${VMS} containerVMs with ${100 * RATE} % of the calls failing, sessions that end and ${KILLS} kills`, function () {
  this.timeout(3_600_000);

  it('are all migrated in the end: no key is lost or written twice, and no session is left', async () => {
    const fixture = JSON.parse(await readFile('fixtures/large-legacy.json', 'utf8'));
    fixture.generate[0].count = VMS;
    const simulator = await startSimulator({
      fixture,
      templates: 'fixtures/vic-encoded.jsonl',
      taskDuration: [0, 2],
    });
    try {
      const before = configs(simulator);
      const soak = await migrate(simulator);
      const {code, stderr} = await startProcess(
        ['verify', '--name', 'vch1', '--quiet'],
        variablesFor(simulator),
      ).ended;
      expect(code, stderr).to.equal(0);
      console.log(`      ${JSON.stringify(soak)}`);

      expect(soak.kills).to.equal(KILLS);
      expect(soak.faults).to.be.above(VMS / 100);
      // A run of few takes hardly longer than a session lasts.
      expect(soak.expired).to.be.above(VMS < 1_000 ? 0 : 1);
      expect(simulator.sessions).to.equal(0);
      let migrated = 0;
      for (const vm of simulator.inventory.vms()) {
        const {
          'common/name': name,
          'common/rename-disabled': mark,
          'vch-migrate/ledger': ledger,
          ...others
        } = vm.extraConfig();
        const {'common/name': hidden, ...rest} = before.get(vm.id) ?? {};
        expect(others, vm.id).to.deep.equal(rest);
        if (vm.name === 'vch1') continue;
        migrated += 1;
        expect(name, vm.id).to.equal(hidden ?? rest['guestinfo.vice./common/name']);
        expect(mark, vm.id).to.equal('true');
        expect(JSON.parse(ledger ?? '{}').applied, vm.id).to.have.length(hidden === undefined ? 2 : 1);
        expect(vm.reconfigurations, vm.id).to.equal(1);
      }
      expect(migrated).to.equal(VMS);
    } finally {
      await simulator.close();
    }
  });
});

function configs(simulator: Simulator): ReadonlyMap<string, Readonly<Record<string, string>>> {
  return new Map([...simulator.inventory.vms()].map((vm) => [vm.id, vm.extraConfig()]));
}

/** Runs `apply` until it has nothing left to do. The first runs are killed, each at a call that the seed says. */
async function migrate(simulator: Simulator): Promise<Soak> {
  const soak: Soak = {runs: 0, kills: 0, faults: 0, expired: 0, calls: 0};
  const random = seededRandom(Number(process.env.VCH_TEST_SEED ?? 1));
  const counts = FAULTS.map(([methods, action], at) =>
    simulator.addFault({method: '*', methods, rate: RATE / FOR_ALL, seed: at + 1, do: action}),
  );
  let atCall = (): void => {};
  simulator.addFault({method: '*', before: () => atCall()});
  for (let code: number | null = null; code !== 0; ) {
    expect(soak.runs, 'runs').to.be.below(KILLS + MOST_RUNS);
    soak.runs += 1;
    const left =
      soak.kills < KILLS ? 20 + Math.floor((random() * 1.4 * VMS) / KILLS) : Number.POSITIVE_INFINITY;
    const {child, ended} = startProcess(
      ['apply', '--name', 'vch1', '--yes', '--quiet', '--parallelism', '16'],
      variablesFor(simulator),
    );
    let [calls, since] = [0, Date.now()];
    atCall = () => {
      calls += 1;
      soak.calls += 1;
      if (calls === left) child.kill('SIGKILL');
      if (calls % SESSION.calls !== 0 && Date.now() - since < SESSION.milliseconds) return;
      since = Date.now();
      soak.expired += 1;
      simulator.expireSessions();
    };
    const {code: exit, stderr} = await ended;
    code = exit;
    expect(stderr).not.to.include('Warning:');
    if (child.signalCode === 'SIGKILL') {
      soak.kills += 1;
      // What a dead client leaves behind ends by itself.
      simulator.expireSessions();
    } else expect(simulator.sessions, 'sessions that a run left behind').to.equal(0);
  }
  soak.faults = counts.reduce((sum, {fired}) => sum + fired, 0);
  simulator.clearFaults();
  return soak;
}
