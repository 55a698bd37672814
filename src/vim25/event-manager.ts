import {VchError} from '../errors.js';
import type {ManagedObjectReference} from './managed-object.js';
import type {Session} from './session.js';
import {reference} from './transport.js';
import {xmlText} from './xml-text.js';

/** Writes a line of ours into the event log of a VM, where its owner sees it. */
export async function logUserEvent(
  session: Session,
  entity: ManagedObjectReference,
  msg: string,
): Promise<void> {
  const {eventManager} = session.content;
  if (eventManager === null) {
    throw new VchError('VCH_ERR_VIM_FAULT', `${session.url.host} keeps no events; nothing was written`, {
      fault: 'NotSupported',
    });
  }
  await session.call('LogUserEvent', eventManager, {entity: reference(entity), msg: xmlText(msg)});
}
