import type {Copy} from './copy.js';

/** A failure that is tried on the copy. */
export interface Failure {
  readonly name: 'vcenter-away' | 'host-lost' | 'datastore-full' | 'killed';
  /** For people: what happens, and when. */
  readonly title: string;
  /** The step of the upgrade at whose beginning it happens. */
  readonly at: 'snapshot' | 'appliance' | 'power-on';
  /** The command that a person runs afterwards. */
  readonly next: 'upgrade' | 'resume' | 'rollback';
  /** Lets it happen; gives what repairs it before that command. */
  strike(copy: Copy, appliance: string): () => Promise<void>;
}

/** Longer than a run waits for vCenter while the appliance is down. */
const AWAY = 30 * 60_000;

/** The failures that cost most. */
export const FAILURES: readonly Failure[] = [
  {
    name: 'vcenter-away',
    title: 'vCenter is away for 30 minutes, from right after the power-off',
    at: 'appliance',
    next: 'resume',
    strike({simulator, clock}) {
      simulator.addFault({method: '*', do: 'http-503'});
      // Whether the run still waits for it or not. The copy may be gone by then, and its faults with it.
      const back = clock.sleep(AWAY, {ref: false}).then(() => simulator.clearFaults());
      const until = clock.now() + AWAY;
      return async () => {
        await clock.sleep(until - clock.now());
        await back;
      };
    },
  },
  {
    name: 'host-lost',
    title: "the appliance's host is lost when it is to be powered on again",
    at: 'power-on',
    next: 'rollback',
    strike({simulator}, appliance) {
      simulator.inventory.vm(appliance).setConnectionState('disconnected');
      return async () => simulator.inventory.vm(appliance).setConnectionState('connected');
    },
  },
  {
    name: 'datastore-full',
    title: 'the datastore is full when the snapshot is taken',
    at: 'snapshot',
    next: 'upgrade',
    strike({simulator}) {
      simulator.addFault({method: 'CreateSnapshot_Task', do: {fault: 'NoDiskSpace', as: 'task'}});
      return async () => simulator.clearFaults();
    },
  },
  {
    name: 'killed',
    title: 'the process is killed while the appliance is down',
    at: 'power-on',
    next: 'resume',
    // By whoever runs it: see `mortal`.
    strike: () => async () => undefined,
  },
];
