import {hasPrivilege, noPermission} from '../model/permissions.js';
import type {Session} from '../model/session.js';
import type {ManagedObject, VCenter} from '../model/vcenter.js';
import {VimFault} from '../soap/fault.js';
import {reference, string, type Value} from '../soap/value.js';
import type {XmlElement} from '../soap/xml.js';

/** One call of a method on an object, on its way through the server. */
export interface Call {
  readonly vcenter: VCenter;
  readonly method: string;
  readonly object: ManagedObject;
  readonly args: XmlElement;
  readonly session: Session | undefined;
  readonly userAgent: string;
  /** Aborted when the client's connection ends. */
  readonly signal: AbortSignal;
  /** A scripted fault for the task that this call starts. */
  readonly taskFault: VimFault | undefined;
  /** The scripted fault comes although everything is carried out. */
  readonly carriedOut: boolean;
  /** By a scripted fault: the task succeeds, and changes nothing. */
  readonly ignored: boolean;
}

/** A call by somebody who is logged in. */
export interface SessionCall extends Call {
  readonly session: Session;
}

/** What a call gives back. */
export interface Outcome {
  readonly result?: Value | undefined;
  /** The method is declared to return anyType. */
  readonly typed?: boolean;
  /** Settles when the task that was started has ended. */
  readonly settled?: Promise<void>;
  /** The client's cookie from now on; an empty one removes it. */
  readonly cookie?: string;
}

/** Carries out a call, or throws the VimFault that answers it. */
export type Method = (call: Call) => Outcome | Promise<Outcome>;

/** A method that needs a session and, on its object, a privilege. */
export function withPrivilege(
  privilege: string | undefined,
  run: (call: SessionCall) => Outcome | Promise<Outcome>,
): Method {
  return (call) => {
    const {session, object} = call;
    if (session === undefined) {
      throw new VimFault('NotAuthenticated', 'The session is not authenticated.', [
        ['object', reference(object)],
        ['privilegeId', string(privilege ?? 'System.View')],
      ]);
    }
    if (privilege !== undefined && !hasPrivilege(session.user.role, privilege, object.id)) {
      throw noPermission(object, privilege);
    }
    return run({...call, session});
  };
}

/** The fault for an argument that is not what the method takes. */
export function invalidArgument(name: string): VimFault {
  return new VimFault('InvalidArgument', `A specified parameter was not correct: ${name}`, [
    ['invalidProperty', string(name)],
  ]);
}

/** The text of an argument that has to be there. */
export function required(args: XmlElement, name: string): string {
  const text = args.textOf(name);
  if (text === undefined) throw invalidArgument(name);
  return text;
}
