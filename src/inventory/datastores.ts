import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {assertNothingMissing, retrieveProperties} from '../vim25/property-collector.js';
import {booleanValue, refValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';

/** A datastore. */
export interface Datastore {
  readonly ref: ManagedObjectReference;
  readonly name: string;
  readonly accessible: boolean;
  /** Bytes; `null` where the server does not tell. */
  readonly freeSpace: number | null;
}

/** The datastores that a VM lies on. */
export async function readDatastores(
  session: Session,
  vm: ManagedObjectReference,
): Promise<readonly Datastore[]> {
  const [refs = []] = await retrieveProperties(
    session,
    [{obj: vm}],
    [{type: 'VirtualMachine', pathSet: ['datastore']}],
    (content) => {
      assertNothingMissing(content, 'finding its datastores');
      return refValues(content.properties.get('datastore'));
    },
  );
  if (refs.length === 0) return [];
  return retrieveProperties(
    session,
    refs.map((obj) => ({obj})),
    [{type: 'Datastore', pathSet: ['summary.name', 'summary.accessible', 'summary.freeSpace']}],
    (content): Datastore => {
      assertNothingMissing(content, 'reading the datastore');
      const text = (path: string) => textValue(content.properties.get(path));
      const freeSpace = Number(text('summary.freeSpace') ?? Number.NaN);
      return {
        ref: content.obj,
        name: text('summary.name') ?? content.obj.value,
        accessible: booleanValue(content.properties.get('summary.accessible')),
        freeSpace: Number.isFinite(freeSpace) ? freeSpace : null,
      };
    },
  );
}
