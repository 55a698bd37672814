import {createHash} from 'node:crypto';
import {silent} from '../src/log.js';
import type {Fixture} from '../src/simulator/fixture/fixture.js';
import {type Simulator, type SimulatorOptions, startSimulator} from '../src/simulator/simulator.js';
import {connect, type Session} from '../src/vim25/session.js';
import {VirtualClock} from './virtual-clock.js';

/** One containerVM of a small VCH; everything has a default. */
export interface SmallVm {
  readonly name: string;
  /** Absent: no version key, as before VIC 0.9. */
  readonly dataVersion?: string;
  readonly legacyName?: string | null;
  readonly hiddenName?: string;
  readonly powerState?: 'poweredOn' | 'poweredOff';
  readonly extraConfig?: Readonly<Record<string, string>>;
  readonly more?: Readonly<Record<string, unknown>>;
}

/** A container id made from a name, so that a test can say which. */
export function containerIdOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** A fixture with one VCH `vch1` in its own folder and pool, and the given containerVMs in it. */
export function smallVch(vms: readonly SmallVm[], settings: Readonly<Record<string, unknown>> = {}): Fixture {
  const place = {folder: 'vch1', pool: 'cluster1/vch1', connectionState: 'connected'};
  const fixture = {
    schema: 'vch-migrate/fixture/v1',
    users: [{user: 'administrator@vsphere.local', password: 'correct horse', role: 'Admin'}],
    settings,
    datacenters: [
      {
        name: 'dc1',
        folders: [{name: 'vch1'}],
        clusters: [{name: 'cluster1', hosts: ['esx1'], resourcePools: [{name: 'vch1'}]}],
        datastores: [{name: 'datastore1', type: 'VMFS'}],
      },
    ],
    vms: [
      {
        ...place,
        id: 'vm-100',
        name: 'vch1',
        powerState: 'poweredOn',
        uuid: '42000000-0000-4000-8000-000000000001',
        extraConfig: {
          'guestinfo.vice./init/common/id': 'VirtualMachine:vm-100',
          'init/common/name': 'vch1',
          'guestinfo.vice./init/version/PluginVersion': '0',
          'guestinfo.vice./init/version/BuildNumber': '8000',
        },
      },
      ...vms.map((vm, index) => ({
        ...place,
        id: `vm-${101 + index}`,
        name: vm.name,
        powerState: vm.powerState ?? 'poweredOn',
        vch: 'vch1',
        containerId: containerIdOf(vm.name),
        extraConfig: {
          'guestinfo.vice./common/id': containerIdOf(vm.name),
          ...(vm.legacyName === null ? {} : {'guestinfo.vice./common/name': vm.legacyName ?? vm.name}),
          ...(vm.hiddenName === undefined ? {} : {'common/name': vm.hiddenName}),
          ...(vm.dataVersion === undefined ? {} : {'guestinfo.vice./version/PluginVersion': vm.dataVersion}),
          ...vm.extraConfig,
        },
        ...vm.more,
      })),
    ],
  };
  // The simulator validates what it is given; the literal above is the document as a user would write it.
  return fixture as unknown as Fixture;
}

/** The virtual time of each simulator that has one, for the sessions with it. */
const clocks = new WeakMap<Simulator, VirtualClock>();

/**
 * A simulator for the time of a callback, and in a time of its own, which passes only while everybody in this process
 * waits. A test with a client in another process gives it the machine's time.
 */
export async function withSimulator<T>(
  options: SimulatorOptions,
  use: (simulator: Simulator, clock: VirtualClock) => Promise<T>,
): Promise<T> {
  const clock = new VirtualClock();
  const simulator = await startSimulator({time: clock, ...options});
  if (options.time === undefined) clocks.set(simulator, clock);
  try {
    return await use(simulator, clock);
  } finally {
    await simulator.close();
  }
}

/** The time that clients of a simulator go by; undefined where that is the machine's. */
export function clockOf(simulator: Simulator): VirtualClock | undefined {
  return clocks.get(simulator);
}

/** Settings to log in to a simulator as its administrator. */
export function loginTo(simulator: Simulator) {
  return {
    url: new URL(simulator.url),
    user: simulator.user,
    password: simulator.password,
    tls: {thumbprint: simulator.thumbprint},
    runId: 'test-run',
    log: silent,
    clock: clockOf(simulator),
  };
}

/** A simulator and a session with it. */
export function withSession<T>(
  options: SimulatorOptions,
  use: (session: Session, simulator: Simulator, clock: VirtualClock) => Promise<T>,
): Promise<T> {
  return withSimulator(options, async (simulator, clock) => {
    const session = await connect(loginTo(simulator));
    try {
      return await use(session, simulator, clock);
    } finally {
      await session.close();
    }
  });
}
