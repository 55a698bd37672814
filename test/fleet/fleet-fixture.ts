import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {containerIdOf} from '../small-vch.js';

const SESSIONS = ['docker-personality', 'port-layer', 'vicadmin'];

/** A vCenter with so many small VCHs, each in a folder and pool of its own: `vm-100` is the appliance of the first, `vm-200` of the second. */
export function fleetFixture(
  count: number,
  {
    name = (at: number) => `vch${at + 1}`,
    containers = 1,
    password = 'correct horse',
    settings = {},
  }: {
    readonly name?: (at: number) => string;
    readonly containers?: number;
    readonly password?: string;
    readonly settings?: Readonly<Record<string, unknown>>;
  } = {},
): Fixture {
  const numbers = Array.from({length: count}, (_, at) => at);
  const places = numbers.map((at) => ({name: `place${at}`}));
  const fixture = {
    schema: 'vch-migrate/fixture/v1',
    users: [{user: 'administrator@vsphere.local', password, role: 'Admin'}],
    settings: {bootTime: 20, shutdownTime: 10, ...settings},
    datacenters: [
      {
        name: 'dc1',
        folders: places,
        clusters: [{name: 'cluster1', hosts: ['esx1'], resourcePools: places}],
        datastores: [{name: 'datastore1', type: 'VMFS'}],
      },
    ],
    vms: numbers.flatMap((at) => {
      const place = {
        folder: `place${at}`,
        pool: `cluster1/place${at}`,
        connectionState: 'connected',
        powerState: 'poweredOn',
      };
      const id = `vm-${(at + 1) * 100}`;
      return [
        {
          ...{...place, id, name: name(at)},
          uuid: `42000000-0000-4000-8000-${String(at + 1).padStart(12, '0')}`,

          extraConfig: {
            'guestinfo.vice./init/common/id': `VirtualMachine:${id}`,
            'guestinfo.vice./init/common/name': name(at),
            'guestinfo.vice./init/version/Version': 'v0.9.0',
            'guestinfo.vice./init/version/BuildNumber': '8000',
            'guestinfo.vice./init/version/PluginVersion': '0',
            'guestinfo.vice./init/sessions': SESSIONS.join('|'),
            ...Object.fromEntries(
              SESSIONS.map((session) => [`guestinfo.vice..init.sessions|${session}.started`, '<nil>']),
            ),
          },
        },
        ...Array.from({length: containers}, (_, number) => {
          const containerId = containerIdOf(`${at}/${number}`);
          return {
            ...{
              ...place,
              id: `vm-${(at + 1) * 100 + number + 1}`,
              name: `web${number}-${containerId.slice(0, 12)}`,
            },
            ...{containerId, containerName: `web${number}`, vch: name(at)},
            extraConfig: {
              'guestinfo.vice./common/id': containerId,
              'guestinfo.vice./common/name': `web${number}`,
            },
          };
        }),
      ];
    }),
  };
  // The simulator validates what it is given; the literal above is the document as a user would write it.
  return fixture as unknown as Fixture;
}
