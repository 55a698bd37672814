import {VchError} from '../errors.js';
import {buildInventory, entitiesNamed} from './fixture/build.js';
import type {Fixture, FixtureRole} from './fixture/fixture.js';
import type {LoadedFixture} from './fixture/load.js';
import type {Clock} from './model/clock.js';
import {EventLog} from './model/event.js';
import type {GuestTiming} from './model/guest.js';
import type {Inventory} from './model/inventory.js';
import type {Role, User} from './model/permissions.js';
import {SessionStore} from './model/session.js';
import {TaskManager} from './model/task.js';
import type {About, Settings, VCenter} from './model/vcenter.js';
import {Collector} from './properties/collector.js';

const ABOUT: About = {
  name: 'VMware vCenter Server',
  fullName: 'VMware vCenter Server 6.7.0 build-14367737',
  vendor: 'VMware, Inc.',
  version: '6.7.0',
  build: '14367737',
  osType: 'linux-x64',
  productLineId: 'vpx',
  apiType: 'VirtualCenter',
  apiVersion: '6.7.3',
  instanceUuid: '1c2a5b0e-58f8-4e2c-9d23-3a0d6a7a2b11',
};

/** Whose clients must take nothing for a vCenter's own: names and values of a masked dump are replaced. */
const MASKED_INSTANCE = '6d61736b-6564-4d00-8000-000000000000';

const SETTINGS: Settings = {
  pageLimit: 1000,
  idleTimeout: 1800,
  concurrentTasks: 'queue',
  breaks: [],
  bootTime: 1500,
  shutdownTime: 200,
};

/** The roles that every server has. */
const SYSTEM_ROLES: readonly FixtureRole[] = [
  {name: 'Admin'},
  {name: 'ReadOnly', privileges: ['System.Anonymous', 'System.View', 'System.Read']},
  {name: 'NoAccess', privileges: ['System.Anonymous']},
];

/** Who may log in where the fixture names nobody. */
const DEFAULT_USERS = [{user: 'administrator@vsphere.local', password: 'simulator', role: 'Admin'}];

/** Makes the whole server state of a fixture; `timing` beats the fixture's settings. */
export function makeVCenter(
  loaded: LoadedFixture,
  clock: Clock,
  timing: Partial<GuestTiming>,
  taskDuration: () => number,
): VCenter {
  const {fixture} = loaded;
  const settings = {...SETTINGS, ...fixture.settings, ...timing};
  const masked = fixture.dump?.masked === true && {instanceUuid: MASKED_INSTANCE};
  const about = {...ABOUT, ...fixture.about, ...masked};
  const inventory = buildInventory(loaded, clock, settings, about);
  const roles = makeRoles(fixture, inventory);
  const vcenter: VCenter = {
    about,
    settings,
    inventory,
    events: new EventLog(),
    tasks: new TaskManager(clock, inventory.changes),
    sessions: new SessionStore(
      clock,
      settings.idleTimeout * 1000,
      (id, session) => new Collector(id, {vcenter, session}),
    ),
    users: makeUsers(fixture, roles),
    roles,
    taskDuration,
  };
  return vcenter;
}

function makeRoles(fixture: Fixture, inventory: Inventory): Role[] {
  const own = fixture.roles ?? [];
  const system = SYSTEM_ROLES.filter(({name}) => !own.some((role) => role.name === name));
  return [...system, ...own].map((role, index) => ({
    name: role.name,
    id: index < system.length ? -1 - index : index,
    privileges: role.privileges === undefined ? undefined : new Set(role.privileges),
    missing: new Map(
      role.except?.flatMap(({entity, privileges}) =>
        entitiesNamed(inventory, entity).map((id) => [id, new Set(privileges)] as const),
      ),
    ),
  }));
}

function makeUsers(fixture: Fixture, roles: readonly Role[]): User[] {
  return (fixture.users ?? DEFAULT_USERS).map(({user, password, role: roleName}, index) => {
    const role = roles.find(({name}) => name === roleName);
    if (role !== undefined) return {name: user, password, role};
    throw new VchError(
      'VCH_ERR_USAGE',
      `the fixture's users[${index}].role names "${roleName}", which is none of ${roles.map(({name}) => name).join(', ')}`,
    );
  });
}
