import {counted} from '../../counted.js';
import type {Datastore} from '../../inventory/datastores.js';
import {vchLabel} from '../../inventory/vch.js';
import {shellQuoted} from '../../shell-word.js';
import {type MissingPrivileges, missingPrivileges} from '../../vim25/authorization.js';
import {vmRef} from '../../vim25/managed-object.js';
import {datastoreOf} from './iso.js';
import {type CheckedVch, failed, ok, type Verdict, warning} from './verdict.js';

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
/** Writes the upgrade's lines into the appliance's event log; it is the only privilege that the upgrade can do without. */
const LOG_EVENT = 'Global.LogEvent';
/** What switching the ISO of the appliance's CD-ROM needs. */
const SWITCH_ISO = [
  'VirtualMachine.Config.EditDevice',
  'VirtualMachine.Config.Settings',
  'VirtualMachine.Interact.DeviceConnection',
  'VirtualMachine.Interact.SetCDMedia',
];
const CONTAINER = ['System.View', 'System.Read', 'VirtualMachine.Config.AdvancedConfig'];
const DATASTORE = ['Datastore.Browse', 'Datastore.FileManagement'];

/** Checks that the user has every privilege that an upgrade needs. */
export async function checkPrivileges({session, vch, options, ...checked}: CheckedVch): Promise<Verdict> {
  const withIso = options.applianceIso !== undefined || options.bootstrapIso !== undefined;
  const datastore = withIso ? applianceDatastore(checked) : null;
  const readable = checked.containers.filter(({status}) => status !== 'unreachable');
  const wanted = [...APPLIANCE, ...(withIso ? SWITCH_ISO : [])];
  const onAppliance = await missingPrivileges(session, [vch.ref], [...wanted, LOG_EVENT]);
  const onVms = await missingPrivileges(
    session,
    readable.map(({id}) => vmRef(id)),
    CONTAINER,
  );
  const onFiles = datastore === null ? [] : await missingPrivileges(session, [datastore.ref], DATASTORE);
  if (onAppliance === null || onVms === null || onFiles === null)
    return warning(`${session.url.host} does not report the privileges of ${session.user}; ${role(wanted)}`);
  const lacking = (onAppliance[0]?.privileges ?? []).filter((privilege) => privilege !== LOG_EVENT);
  const lines = [
    ...(lacking.length > 0 ? [`${lacking.join(', ')} on ${vchLabel(vch)}`] : []),
    ...groupedByPrivileges(onVms),
    ...onFiles.map(({privileges}) => `${privileges.join(', ')} on datastore ${datastore?.name}`),
  ];
  if (lines.length > 0)
    return failed(
      `${session.user} lacks ${lines.join('; ')}. ${role(wanted)}, and grant it with: ` +
        `govc permissions.set -principal ${shellQuoted(session.user)} -role vch-migrate -propagate=true / (or, instead of /, each of the folder, pool and datastore of the VCH)`,
    );
  const enough = `${session.user} has every privilege that is needed`;
  if (onAppliance.length === 0) return ok(enough);
  return warning(`${enough}; without ${LOG_EVENT} the upgrade leaves no lines in the appliance's event log`);
}

/** The datastore that the ISO files are uploaded to. */
function applianceDatastore({
  appliance,
  datastores,
}: Pick<CheckedVch, 'appliance' | 'datastores'>): Datastore | null {
  if ('error' in appliance || 'error' in datastores) return null;
  return datastoreOf(datastores.value, appliance.value.vmPathName);
}

/** One line for all VMs that lack the same privileges. */
function groupedByPrivileges(missing: readonly MissingPrivileges[]): readonly string[] {
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

/** The smallest sufficient role; vSphere adds `System.…` to every role itself. */
function role(appliance: readonly string[]): string {
  const privileges = new Set([LOG_EVENT, ...appliance, ...CONTAINER, ...DATASTORE]);
  const listed = [...privileges].filter((privilege) => !privilege.startsWith('System.')).sort();
  return `create the smallest sufficient role with: govc role.create vch-migrate ${listed.join(' ')}`;
}
