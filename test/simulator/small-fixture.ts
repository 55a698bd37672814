import type {Fixture, FixtureVm} from '../../src/simulator/fixture/fixture.js';

/** A datacenter with a cluster, two folders, pools and a vApp, two users, and the VMs given. */
export function smallFixture(vms: readonly FixtureVm[] = [], more: Partial<Fixture> = {}): Fixture {
  return {
    schema: 'vch-migrate/fixture/v1',
    users: [
      {user: 'administrator@vsphere.local', password: 'secret', role: 'Admin'},
      {user: 'reader@vsphere.local', password: 'reader', role: 'ReadOnly'},
      {user: 'half-blind@vsphere.local', password: 'blind', role: 'HalfBlind'},
    ],
    roles: [
      {
        name: 'HalfBlind',
        privileges: ['System.Anonymous', 'System.View', 'System.Read'],
        except: [{entity: 'vm-11', privileges: ['System.Read']}],
      },
    ],
    datacenters: [
      {
        name: 'DC0',
        folders: [{name: 'vch1', folders: [{name: 'inner'}]}],
        clusters: [
          {
            name: 'C0',
            hosts: ['host-a', 'host-b'],
            resourcePools: [{name: 'vch1', resourcePools: [{name: 'sub'}]}],
            vApps: [{name: 'app'}],
          },
        ],
        datastores: [{name: 'datastore1', type: 'VMFS'}],
      },
    ],
    vms,
    ...more,
  };
}

/** VMs `vm-1` to `vm-<count>` with one key each. */
export function manyVms(count: number): FixtureVm[] {
  return Array.from({length: count}, (_, index) => ({
    id: `vm-${index + 1}`,
    name: `ctr-${index + 1}`,
    folder: 'vch1',
    pool: 'C0/vch1',
    extraConfig: {'guestinfo.vice./common/name': `name ${index + 1}`},
  }));
}
