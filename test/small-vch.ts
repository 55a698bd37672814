import {createHash} from 'node:crypto';
import {silent} from '../src/log.js';
import type {Fixture} from '../src/simulator/fixture/fixture.js';
import {type Simulator, type SimulatorOptions, startSimulator} from '../src/simulator/simulator.js';
import type {ConnectOptions} from '../src/vim25/http-client.js';
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

/** A simulator for the time of a callback. */
export async function withSimulator<T>(
  options: SimulatorOptions,
  use: (simulator: Simulator) => Promise<T>,
): Promise<T> {
  const simulator = await startSimulator(options);
  try {
    return await use(simulator);
  } finally {
    await simulator.close();
  }
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
    // Minutes are for tests in virtual time.
    retryFor: 3_000,
  };
}

/** A simulator and a session with it. */
export function withSession<T>(
  options: SimulatorOptions,
  use: (session: Session, simulator: Simulator) => Promise<T>,
): Promise<T> {
  return withSimulator(options, async (simulator) => {
    const session = await connect(loginTo(simulator));
    try {
      return await use(session, simulator);
    } finally {
      await session.close();
    }
  });
}

/** The same in a time of its own, in which hours pass at once, with the patience that users have. */
export function inVirtualTime<T>(
  options: SimulatorOptions,
  use: (session: Session, simulator: Simulator, clock: VirtualClock) => Promise<T>,
  login: Partial<ConnectOptions> = {},
): Promise<T> {
  const clock = new VirtualClock();
  return withSimulator({...options, time: clock}, async (simulator) => {
    const session = await connect({...loginTo(simulator), clock, retryFor: undefined, ...login});
    try {
      return await use(session, simulator, clock);
    } finally {
      await session.close();
    }
  });
}
