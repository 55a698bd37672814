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

// vCenter compares every pair; some thousands of them a request are answered at once.
const CHUNK = 250;

/**
 * Which of the privileges the user lacks, object by object; an object with all of them is not in the answer. `null`
 * where the server cannot be asked, as on ESXi.
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
    const chunk = entities.slice(start, start + CHUNK);
    const answer = await ask(session, manager, session.key, chunk, privileges);
    if (answer === null) return null;
    found.push(...childrenNamed(answer, 'returnval').flatMap(missingOf));
  }
  return found;
}

async function ask(
  session: Session,
  manager: ManagedObjectReference,
  sessionId: string,
  entities: readonly ManagedObjectReference[],
  privileges: readonly string[],
): Promise<XmlElement | null> {
  try {
    return await session.read('HasPrivilegeOnEntities', manager, {
      entity: entities.map(reference),
      sessionId: xmlText(sessionId),
      privId: privileges.map(xmlText),
    });
  } catch (error) {
    if (isNotOffered(error)) return null;
    throw error;
  }
}

function missingOf(entry: XmlElement): readonly MissingPrivileges[] {
  const entity = refValue(child(entry, 'entity'));
  const privileges = childrenNamed(entry, 'privAvailability')
    .filter((privilege) => childText(privilege, 'isGranted') !== 'true')
    .flatMap((privilege) => childText(privilege, 'privId') ?? []);
  return entity === null || privileges.length === 0 ? [] : [{entity, privileges}];
}
