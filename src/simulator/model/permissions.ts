import {VimFault} from '../soap/fault.js';
import {reference, string} from '../soap/value.js';

/** A role: its privileges, and the entities on which some of them are missing. */
export interface Role {
  readonly name: string;
  readonly id: number;
  /** `undefined` stands for all of them. */
  readonly privileges: ReadonlySet<string> | undefined;
  /** By the moref of the entity. */
  readonly missing: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Who may log in, and as what. */
export interface User {
  readonly name: string;
  readonly password: string;
  readonly role: Role;
}

/** Tells whether the role has a privilege on an object. */
export function hasPrivilege(role: Role, privilege: string, object: string): boolean {
  if (privilege === 'System.Anonymous') return true;
  if (role.missing.get(object)?.has(privilege) === true) return false;
  return role.privileges === undefined || role.privileges.has(privilege);
}

/** The fault for a privilege that is missing. */
export function noPermission(
  object: {readonly type: string; readonly id: string},
  privilege: string,
): VimFault {
  return new VimFault('NoPermission', 'Permission to perform this operation was denied.', [
    ['object', reference(object)],
    ['privilegeId', string(privilege)],
  ]);
}
