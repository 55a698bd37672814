import type {Datastore} from '../../inventory/datastores.js';
import {shellQuoted} from '../../shell-word.js';
import {type MissingPrivileges, missingPrivileges} from '../../vim25/authorization.js';
import {vmRef} from '../../vim25/managed-object.js';
import {datastoreOf} from './iso.js';
import {type CheckedVch, counted, failed, ok, type VchCheck, warning} from './verdict.js';

/** What an upgrade does to the appliance. */
const APPLIANCE = [
  'System.View',
  'System.Read',
  'VirtualMachine.Config.AdvancedConfig',
  'VirtualMachine.Interact.PowerOff',
  'VirtualMachine.Interact.PowerOn',
  'VirtualMachine.State.CreateSnapshot',
  'VirtualMachine.State.RemoveSnapshot',
  'VirtualMachine.State.RevertToSnapshot',
];
/** Its lines among the appliance's events; without them nothing else is lacking. */
const EVENTS = ['Global.LogEvent'];
/** Another ISO behind the appliance's CD-ROM, and the guest's name that goes with it. */
const SWITCH_ISO = [
  'VirtualMachine.Config.EditDevice',
  'VirtualMachine.Config.Settings',
  'VirtualMachine.Interact.DeviceConnection',
  'VirtualMachine.Interact.SetCDMedia',
];
const CONTAINER = ['System.View', 'System.Read', 'VirtualMachine.Config.AdvancedConfig'];
const DATASTORE = ['Datastore.Browse', 'Datastore.FileManagement'];

export const privilegesCheck: VchCheck = {
  id: 'privileges',
  title: 'privileges',
  async judge({session, vch, options, ...checked}) {
    const withIso = options.applianceIso !== undefined || options.bootstrapIso !== undefined;
    // ISO files go where the appliance's own files are.
    const datastore = withIso ? placeOf(checked) : null;
    const containers = checked.containers
      .filter(({status}) => status !== 'unreachable')
      .map(({id}) => vmRef(id));
    const wanted = [...APPLIANCE, ...(withIso ? SWITCH_ISO : [])];
    const answers = [
      await missingPrivileges(session, [vch.ref], [...wanted, ...EVENTS]),
      await missingPrivileges(session, containers, CONTAINER),
      datastore === null ? [] : await missingPrivileges(session, [datastore.ref], DATASTORE),
    ];
    const [appliance, vms, files] = answers.map((answer) => answer ?? []);
    if (answers.includes(null) || appliance === undefined || vms === undefined || files === undefined)
      return warning(`${session.url.host} cannot be asked what ${session.user} may do; ${role(wanted)}`);
    const lines = [
      ...appliance.map(({privileges}) => line(without(privileges), `${vch.summary.name} (${vch.ref.value})`)),
      ...lacking(vms),
      ...files.map(({privileges}) => line(privileges, `datastore ${datastore?.name}`)),
    ].filter((text) => text !== '');
    if (lines.length > 0) {
      return failed(
        `${session.user} lacks ${lines.join('; ')}. ${role(wanted)}, and give it with: ` +
          `govc permissions.set -principal ${shellQuoted(session.user)} -role vch-migrate -propagate=true / (or, instead of /, each of the folder, pool and datastore of the VCH)`,
      );
    }
    if (appliance.length > 0) {
      const note = "without Global.LogEvent the upgrade leaves no lines among the appliance's events";
      return warning(`${session.user} may do everything that is needed; ${note}`);
    }
    return ok(`${session.user} may do everything that is needed`);
  },
};

function placeOf({appliance, datastores}: Pick<CheckedVch, 'appliance' | 'datastores'>): Datastore | null {
  if ('error' in appliance || 'error' in datastores) return null;
  return datastoreOf(datastores.value, appliance.value.vmPathName);
}

function without(privileges: readonly string[]): readonly string[] {
  return privileges.filter((privilege) => !EVENTS.includes(privilege));
}

function line(privileges: readonly string[], where: string): string {
  return privileges.length === 0 ? '' : `${privileges.join(', ')} on ${where}`;
}

/** VMs that lack the same are told together. */
function lacking(missing: readonly MissingPrivileges[]): readonly string[] {
  const groups = new Map<string, string[]>();
  for (const {entity, privileges} of missing) {
    const key = privileges.join(', ');
    groups.set(key, [...(groups.get(key) ?? []), entity.value]);
  }
  return [...groups].map(([privileges, ids]) => {
    const shown = `${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', …' : ''}`;
    return `${privileges} on ${counted(ids.length, 'containerVM')} (${shown})`;
  });
}

/** The smallest role that does; vSphere puts `System.…` into every role by itself. */
function role(appliance: readonly string[]): string {
  const privileges = new Set([...EVENTS, ...appliance, ...CONTAINER, ...DATASTORE]);
  const listed = [...privileges].filter((privilege) => !privilege.startsWith('System.')).sort();
  return `the smallest role that does is made by: govc role.create vch-migrate ${listed.join(' ')}`;
}
