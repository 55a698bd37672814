import {createHash} from 'node:crypto';
import {retrieveOnce, withContainerView} from '../vim25/property-collector.js';
import {textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {UNKNOWN_SERVER} from './result.js';

/**
 * Identifies a server in one build, by what nobody can guess: no address can be found out by trying. An ESXi host, which has
 * no instanceUuid, is known by its hardware.
 */
export async function serverDigest(session: Session): Promise<string> {
  const {instanceUuid, build, isVCenter} = session.about;
  const identity = instanceUuid ?? (isVCenter ? null : await hardwareUuid(session));
  if (identity === null) return UNKNOWN_SERVER;
  return createHash('sha256').update(`${identity}:${build}`).digest('hex').slice(0, 32);
}

async function hardwareUuid(session: Session): Promise<string | null> {
  const path = 'hardware.systemInfo.uuid';
  const uuids = await withContainerView(session, session.content.rootFolder, 'HostSystem', (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type: 'HostSystem', pathSet: [path]}],
      ({properties}) => textValue(properties.get(path)),
    ),
  );
  return uuids[0] || null;
}
