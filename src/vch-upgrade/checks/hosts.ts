import {type Host, type Hosts, readHosts} from '../../inventory/hosts.js';
import {vmRef} from '../../vim25/managed-object.js';
import {ok, type VchCheck, type Verdict, warning} from './verdict.js';

export const hostsCheck: VchCheck = {
  id: 'hosts',
  title: 'hosts',
  judge: async ({session, vch, containers}) =>
    judgeHosts(await readHosts(session, [vch.ref, ...containers.map(({id}) => vmRef(id))])),
};

/** Whether the hosts of a VCH are there, and what they are. */
export function judgeHosts({hosts, unread}: Hosts): Verdict {
  if (hosts.length === 0)
    return warning(`its hosts cannot be seen${unread === null ? '' : `: ${unread.message}`}`);
  const away = hosts.filter(({connectionState}) => connectionState !== 'connected');
  const shown = hosts.map(({name, version}) => `${name} (${version ?? 'version unknown'})`).join(', ');
  const note = hosts.some(mayRefuse)
    ? '. ESXi 7.0U3 and later may refuse a change to a containerVM that runs; one that is refused is left as it is and ' +
      'told as VCH_ERR_NEEDS_POWER_OFF'
    : '';
  if (away.length > 0) {
    const names = away.map(({name, connectionState}) => `${name} (${connectionState ?? 'unknown'})`);
    return warning(
      `not connected: ${names.join(', ')}; containerVMs there are left as they are. All: ${shown}${note}`,
    );
  }
  if (unread !== null) return warning(`${shown}; not everything could be seen: ${unread.message}${note}`);
  return ok(`${shown}${note}`);
}

/** From 7.0U3 on, which calls itself 7.0.3. */
function mayRefuse({version}: Host): boolean {
  const [major = 0, minor = 0, patch = 0] = (version ?? '').split('.').map(Number);
  return major > 7 || (major === 7 && (minor > 0 || patch >= 3));
}
