import {expect} from 'chai';
import {applyMigration, renameContainer, undoMigration, type VmOutcome} from '../../src/index.js';
import type {Simulator} from '../../src/simulator/simulator.js';
import {connect, type Session} from '../../src/vim25/session.js';
import {sampleOf} from '../depth.js';
import {FAULT_KINDS, type FaultyCall, faultyCalls} from '../fault-kinds.js';
import {loginTo, smallVch, withSimulator} from '../small-vch.js';
import {ALIASES, APPLIANCE, CLAIM, container, vch} from './containers.js';

const LEDGER = 'vch-migrate/ledger';

interface Command {
  readonly prepare?: (session: Session) => Promise<unknown>;
  readonly run: (session: Session) => Promise<{readonly vms: readonly VmOutcome[]}>;
}

const apply = (session: Session) => applyMigration(session, {vch});

const COMMANDS: Readonly<Record<string, Command>> = {
  apply: {run: apply},
  undo: {prepare: apply, run: (session) => undoMigration(session, {vch})},
  rename: {run: (session) => renameContainer(session, {vch, container: 'db', newName: 'store'})},
};

const OPTIONS = {
  fixture: smallVch([
    {name: 'web'},
    {name: 'mq', powerState: 'poweredOff'},
    container('db'),
    container('app', {extraConfig: {[ALIASES]: ':app|db:database'}}),
  ]),
  taskDuration: [0, 1],
} as const;

/** What counts of each VM: its names and keys; of a ledger that it is there, and what it says is another time's. */
type State = Readonly<Record<string, string>>;

describe('a run over containerVMs of which any one SOAP call goes wrong', function () {
  this.timeout(900_000);

  for (const [name, command] of Object.entries(COMMANDS)) {
    it(`${name} says truly what became of each`, async () => {
      const {after, calls} = await undisturbed(command);
      const cases = sampleOf(`calls of ${name} that go wrong`, calls, {sample: 8, ci: 120});
      const lies: string[] = [];
      let changed = 0;
      for (const call of cases) {
        const ended = await trial(command, call, after);
        lies.push(...ended.lies.map((lie) => `${call.kind} at ${call.method} ${call.n}: ${lie}`));
        changed += ended.changed;
      }
      expect(lies).to.deep.equal([]);
      expect(changed).to.be.above(0);
    });
  }
});

async function undisturbed({prepare, run}: Command) {
  return withSimulator(OPTIONS, async (simulator) =>
    withLogin(simulator, async (session) => {
      await prepare?.(session);
      simulator.requests.reset();
      await run(session);
      return {
        after: stateOf(simulator),
        calls: faultyCalls(simulator.requests.list.map(({method}) => method)),
      };
    }),
  );
}

function trial({prepare, run}: Command, {method, n, kind}: FaultyCall, after: State) {
  return withSimulator(OPTIONS, async (simulator) =>
    withLogin(simulator, async (session) => {
      await prepare?.(session);
      const before = stateOf(simulator);
      const action = FAULT_KINDS[kind];
      if (action === undefined) throw new Error(`there is no kind ${kind}`);
      simulator.addFault({method, nth: n, times: 1, do: action});
      const outcome = await run(session).catch((error: Error) => error.message);
      simulator.clearFaults();
      const now = stateOf(simulator);
      const vms = typeof outcome === 'string' ? [] : outcome.vms;
      const told = new Map(vms.map(({id, status}) => [id, status]));
      const lies = Object.keys(before).flatMap((id) => {
        const status = told.get(id) ?? 'unchanged';
        const is =
          now[id] === after[id] ? 'as wanted' : now[id] === before[id] ? 'as before' : 'something else';
        const may: Readonly<Record<string, readonly string[]>> = {
          changed: ['as wanted'],
          unknown: ['as wanted', 'as before'],
          // Where both are the same it is as wanted.
          unchanged: before[id] === after[id] ? ['as wanted'] : ['as before'],
        };
        return (may[status] ?? ['as before']).includes(is) || before[id] === after[id]
          ? []
          : [`${id} is ${status}, and ${is}${typeof outcome === 'string' ? ` (${outcome})` : ''}`];
      });
      return {lies, changed: vms.filter(({status}) => status === 'changed').length};
    }),
  );
}

async function withLogin<T>(simulator: Simulator, use: (session: Session) => Promise<T>): Promise<T> {
  const session = await connect(loginTo(simulator));
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

function stateOf(simulator: Simulator): State {
  return Object.fromEntries(
    simulator.inventory
      .vms()
      .filter(({id}) => id !== APPLIANCE)
      .map((vm) => {
        const keys = Object.entries(vm.extraConfig()).map(([key, value]) =>
          key === LEDGER ? key : `${key}=${value}`,
        );
        return [vm.id, [vm.name, ...keys.filter((key) => !key.startsWith(CLAIM)).sort()].join('\n')];
      }),
  );
}
