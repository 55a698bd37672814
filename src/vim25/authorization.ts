import {isNotOffered} from './faults.js';
import type {ManagedObjectReference} from './managed-object.js';
import {refValue} from './property-value.js';
import type {Session} from './session.js';
import {reference} from './transport.js';
import {child, childrenNamed, childText, type XmlElement, xmlText} from './xml.js';

/** What the logged-in user lacks on one object. */
export interface MissingPrivileges {
  readonly entity: ManagedObjectReference;
  readonly privileges: readonly string[];
}

// vCenter checks every pair; it answers requests with some thousands of them at once.
const CHUNK = 250;

/**
 * Which of the privileges the user lacks, object by object; an object on which none is missing is not in the answer.
 * `null` if the server cannot be asked, as on ESXi.
 */
export async function missingPrivileges(
  session: Session,
  entities: readonly ManagedObjectReference[],
  privileges: readonly string[],
): Promise<readonly MissingPrivileges[] | null> {
  const manager = session.content.authorizationManager;
  const found: MissingPrivileges[] = [];
  for (let start = 0; start < entities.length; start += CHUNK) {
    if (manager === null || session.key === null) return null;
    try {
      const answer = await session.read('HasPrivilegeOnEntities', manager, {
        entity: entities.slice(start, start + CHUNK).map(reference),
        sessionId: xmlText(session.key),
        privId: privileges.map(xmlText),
      });
      found.push(...childrenNamed(answer, 'returnval').flatMap(missingOf));
    } catch (error) {
      if (isNotOffered(error)) return null;
      throw error;
    }
  }
  return found;
}

function missingOf(entry: XmlElement): readonly MissingPrivileges[] {
  const entity = refValue(child(entry, 'entity'));
  const privileges = childrenNamed(entry, 'privAvailability')
    .filter((privilege) => childText(privilege, 'isGranted') !== 'true')
    .flatMap((privilege) => childText(privilege, 'privId') ?? []);
  return entity === null || privileges.length === 0 ? [] : [{entity, privileges}];
}
