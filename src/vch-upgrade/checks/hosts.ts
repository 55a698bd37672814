import {type Host, type Hosts, readHosts} from '../../inventory/hosts.js';
import {type Vch, vchLabel} from '../../inventory/vch.js';
import {refString, vmRef} from '../../vim25/managed-object.js';
import {type CheckedVch, failed, ok, type Verdict, warning} from './verdict.js';

/** Checks the hosts of the VCH. */
export async function checkHosts({session, vch, containers}: CheckedVch): Promise<Verdict> {
  return judgeHosts(await readHosts(session, [vch.ref, ...containers.map(({id}) => vmRef(id))]), vch);
}

/** Judges whether the hosts are connected, whether the appliance can be powered on, and whether one may refuse writes. */
export function judgeHosts({hosts, unread}: Hosts, vch: Pick<Vch, 'ref' | 'summary'>): Verdict {
  if (hosts.length === 0)
    return warning(`its hosts cannot be read${unread === null ? '' : `: ${unread.message}`}`);
  const away = hosts.filter(({connectionState}) => connectionState !== 'connected');
  const shown = hosts.map(({name, version}) => `${name} (${version ?? 'version unknown'})`).join(', ');
  const note = hosts.some(mayRefuse)
    ? '. ESXi 7.0U3 and later may refuse a change to a running containerVM: that VM is then not changed, and is ' +
      'reported with VCH_ERR_NEEDS_POWER_OFF'
    : '';
  const resting = hosts.filter(({inMaintenanceMode}) => inMaintenanceMode);
  const own = resting.find(({vms}) => vms.includes(vch.ref.value));
  if (own !== undefined) {
    return failed(
      `${own.name} is in maintenance mode, and ${vchLabel(vch)} is on it: it could not be powered on again there. ` +
        `Take the host out of maintenance mode, or move the appliance to another host with govc vm.migrate -host HOST ${refString(vch.ref)}. All: ${shown}${note}`,
    );
  }
  if (resting.length > 0 && away.length === 0) {
    const names = resting.map(({name}) => name).join(', ');
    return warning(
      `in maintenance mode: ${names}; containerVMs that are off there cannot be started. All: ${shown}${note}`,
    );
  }
  if (away.length > 0) {
    const names = away.map(({name, connectionState}) => `${name} (${connectionState ?? 'unknown'})`);
    return warning(
      `not connected: ${names.join(', ')}; containerVMs there would not be changed. All: ${shown}${note}`,
    );
  }
  if (unread !== null)
    return warning(`${shown}; some properties could not be read: ${unread.message}${note}`);
  return ok(`${shown}${note}`);
}

/** From 7.0U3 on, which reports 7.0.3. */
function mayRefuse({version}: Host): boolean {
  const [major = 0, minor = 0, patch = 0] = (version ?? '').split('.').map(Number);
  return major > 7 || (major === 7 && (minor > 0 || patch >= 3));
}
