import {toVchError} from '../errors.js';
import {logUserEvent} from '../vim25/event-manager.js';
import type {VchContext} from './context.js';

const NOT_OFFERED = new Set(['NotSupported', 'NotImplemented', 'MethodNotFound']);

/** Leaves a line in the appliance's event log. Nothing depends on it: a user may lack Global.LogEvent. */
export async function tellEvent(context: VchContext, what: string): Promise<void> {
  const {session, vch, options, record} = context;
  const change = record.changeId === null ? '' : `, change ${record.changeId}`;
  const message = `vch-migrate: ${what}; run ${record.run}${change}, by ${options.user}`;
  context.note({effect: 'LogUserEvent', object: vch.ref.value, detail: message});
  try {
    await logUserEvent(session, vch.ref, message);
  } catch (error) {
    const failure = toVchError(error);
    const text = `"${what}" is not in the events of ${context.label}: ${failure.message}`;
    // A server that keeps no events of users, as vcsim does, is nobody's trouble.
    if (failure.fault !== undefined && NOT_OFFERED.has(failure.fault)) options.log.debug(text);
    else context.find('event-not-logged', text);
  }
}
