import {changesByItself, UPDATE_IN_PROGRESS_KEY} from '../extraconfig/keys.js';
import {silent} from '../log.js';
import {type Fixture, type Simulator, startSimulator} from '../simulator/simulator.js';
import {connect, type Session} from '../vim25/session.js';
import {VirtualClock} from './virtual-clock.js';

/** Milliseconds that things take on the copy. */
export interface CopyTimes {
  /** One task of vCenter. */
  readonly task: number;
  /** From power-on until the appliance's services have started. */
  readonly boot: number;
  /** Who says how long a task takes: the command line, a doctor's result, or nobody. */
  readonly taskFrom: 'given' | 'measured' | 'assumed';
}

/** A copy of a VCH on a simulator of its own, in a time of its own. */
export interface Copy {
  readonly session: Session;
  readonly simulator: Simulator;
  readonly clock: VirtualClock;
}

/** Milliseconds that a guest takes to shut down. */
const SHUTDOWN = 20_000;

/** Starts a copy for the time of a callback. */
export async function withCopy<T>(
  fixture: Fixture,
  {times: {task, boot}, retryFor}: {readonly times: CopyTimes; readonly retryFor?: number | undefined},
  use: (copy: Copy) => Promise<T>,
): Promise<T> {
  const clock = new VirtualClock();
  const times = {taskDuration: [task, task], bootTime: boot / 2, shutdownTime: SHUTDOWN} as const;
  const simulator = await startSimulator({fixture, time: clock, ...times});
  try {
    const {url, user, password, thumbprint} = simulator;
    const access = {url: new URL(url), user, password, tls: {thumbprint}, runId: 'rehearsal', log: silent};
    const session = await connect({...access, clock, retryFor});
    try {
      return await use({session, simulator, clock});
    } finally {
      simulator.clearFaults();
      await session.close();
    }
  } finally {
    await simulator.close();
  }
}

/** What of every VM must be as before, once everything was taken back; by moref. */
export type State = ReadonlyMap<string, string>;

/** The state of all VMs as the server has it, without what guests and vSphere change by themselves. */
export function stateOf({inventory}: Simulator): State {
  return new Map(
    inventory.vms().map((vm) => {
      const keys = Object.entries(vm.extraConfig())
        // Absent and false are the same to vic-machine, which leaves it as false.
        .filter(([key]) => !changesByItself(key) && key !== UPDATE_IN_PROGRESS_KEY)
        .sort();
      const {powerState, name, cdrom, snapshots, alternateGuestName} = vm;
      const drive = cdrom?.fileName;
      return [
        vm.id,
        JSON.stringify({keys, powerState, name, drive, snapshots: snapshots.length, alternateGuestName}),
      ];
    }),
  );
}

/** The VMs that differ. */
export function differing(before: State, after: State): readonly string[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].filter((id) => before.get(id) !== after.get(id));
}

/** The same session for a process that can be killed: from then on nothing that it asks for ever comes back. */
export function mortal(session: Session): {readonly session: Session; readonly kill: () => void} {
  let dead = false;
  const never = () => new Promise<never>(() => undefined);
  const handler: ProxyHandler<Session> = {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]) => (dead ? never() : Reflect.apply(value, target, args));
    },
  };
  const kill = () => {
    dead = true;
  };
  return {session: new Proxy(session, handler), kill};
}
