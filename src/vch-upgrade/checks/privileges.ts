import type {Vch} from '../../inventory/vch.js';
import {type MissingPrivileges, missingPrivileges} from '../../vim25/authorization.js';
import type {ManagedObjectReference} from '../../vim25/managed-object.js';
import type {Session} from '../../vim25/session.js';
import {counted, failed, ok, type Verdict, warning} from './verdict.js';

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

/** What is to be written, and so what is needed. */
export interface PrivilegeTargets {
  readonly vch: Vch;
  readonly containers: readonly ManagedObjectReference[];
  /** Where ISO files go; `null` where none is uploaded. */
  readonly datastore: {readonly ref: ManagedObjectReference; readonly name: string} | null;
  readonly withIso: boolean;
}

/** Whether the user may do what an upgrade does. */
export async function judgePrivileges(session: Session, targets: PrivilegeTargets): Promise<Verdict> {
  const {vch, containers, datastore, withIso} = targets;
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
        `govc permissions.set -principal '${session.user}' -role vch-migrate -propagate=true, on what holds the VCH and its datastore`,
    );
  }
  if (appliance.length > 0) {
    const note = "without Global.LogEvent the upgrade leaves no lines among the appliance's events";
    return warning(`${session.user} may do everything that is needed; ${note}`);
  }
  return ok(`${session.user} may do everything that is needed`);
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
