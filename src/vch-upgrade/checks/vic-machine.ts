import {GRANT_PERMISSIONS_KEY} from '../../extraconfig/keys.js';
import {textOf} from '../../extraconfig/value.js';
import {type Vch, vchLabel} from '../../inventory/vch.js';
import {readObject} from '../../vim25/property-collector.js';
import {refValue} from '../../vim25/property-value.js';
import type {Session} from '../../vim25/session.js';
import {type CheckedVch, ok, orThrow, type Verdict, warning} from './verdict.js';

/** Shows what `vic-machine upgrade` would also do to this VCH, and `vch-migrate upgrade` does not. */
export async function checkVicMachine({session, vch, appliance}: CheckedVch): Promise<Verdict> {
  const {config} = orThrow(appliance);
  const left: string[] = [];
  if (await isInRootFolder(session, vch))
    left.push(
      `${vchLabel(vch)} and its containerVMs stay in the datacenter's VM folder, where VIC works as before; vic-machine upgrade would move them into a folder of their own`,
    );
  if (textOf(config, GRANT_PERMISSIONS_KEY) === 'ADD')
    left.push(
      'the permissions of the ops user are not granted again; afterwards run vic-machine configure --ops-user USER --ops-grant-perms',
    );
  if (left.length === 0) return ok('nothing that applies here');
  return warning(`${left.join('. ')}. See docs/upgrade.md, "What stays vic-machine's"`);
}

/** A VCH in a vApp, or on a standalone ESXi host, has no other folder. */
async function isInRootFolder(session: Session, {folder}: Vch): Promise<boolean> {
  if (folder === null || !session.about.isVCenter) return false;
  const properties = await readObject(session, folder, ['parent'], 'reading the folder');
  return refValue(properties.get('parent'))?.type === 'Datacenter';
}
