import type {VchError} from '../errors.js';
import {faultError} from '../vim25/faults.js';
import {distinctRefs, type ManagedObjectReference, refString, unescapeName} from '../vim25/managed-object.js';
import {readObjects} from '../vim25/property-collector.js';
import {refValue, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';

/** Names from the datacenter down to an object, without vSphere's own `vm`, `host` and `Resources` levels. */
export interface InventoryPath {
  readonly segments: readonly string[];
  readonly datacenter: string | null;
  readonly datacenterRef: ManagedObjectReference | null;
  /** Names down to the datacenter, as vSphere sends them, folders of datacenters included: `/folder1/dc%2f1` for `dcPath`. */
  readonly datacenterPath: string | null;
  /** Why the path is not whole; `null` if it is. */
  readonly unread: VchError | null;
}

interface Entity {
  readonly unread: VchError | null;
  /** As vSphere sends it. */
  readonly name: string;
  readonly parent: ManagedObjectReference | null;
}

/** Finds the paths of several objects, and of all that is above them, with one request a level. */
export async function inventoryPaths(
  session: Session,
  refs: readonly ManagedObjectReference[],
): Promise<(ref: ManagedObjectReference) => InventoryPath> {
  const entities = new Map<string, Entity>();
  let level = distinctRefs(refs);
  while (level.length > 0) {
    const parents = await readObjects(session, level, ['name', 'parent'], ({obj, properties, missing}) => {
      const [first] = missing;
      const name = textValue(properties.get('name')) ?? '';
      const parent = refValue(properties.get('parent'));
      const unread = first ? faultError(first.fault, `reading ${first.path} of ${refString(obj)}`) : null;
      entities.set(obj.value, {name, parent, unread});
      return parent;
    });
    const above = distinctRefs(parents.flatMap((parent) => parent ?? []));
    level = above.filter(({value}) => !entities.has(value));
  }
  return (ref) => pathTo(ref, entities);
}

function pathTo(ref: ManagedObjectReference, entities: ReadonlyMap<string, Entity>): InventoryPath {
  const segments: string[] = [];
  let datacenter: string | null = null;
  let datacenterRef: ManagedObjectReference | null = null;
  let below = 0;
  let unread: VchError | null = null;
  for (let at: ManagedObjectReference | null = ref; at !== null; ) {
    const entity: Entity | undefined = entities.get(at.value);
    if (entity === undefined) break;
    if (at.type === 'Datacenter') {
      datacenter = entity.name;
      datacenterRef = at;
      below = segments.length;
    }
    unread ??= entity.unread;
    if (!isImplied(at, entity, entities)) segments.unshift(entity.name);
    at = entity.parent;
  }
  const datacenterPath =
    datacenter === null ? null : `/${segments.slice(0, segments.length - below).join('/')}`;
  return {
    segments: segments.map(unescapeName),
    datacenter: datacenter && unescapeName(datacenter),
    datacenterRef,
    datacenterPath,
    unread,
  };
}

/** The levels that vSphere creates by itself: a datacenter's own folders, a cluster's root pool, the root folder. */
function isImplied(
  at: ManagedObjectReference,
  entity: Entity,
  entities: ReadonlyMap<string, Entity>,
): boolean {
  if (entity.parent === null) return at.type === 'Folder';
  const parentType = entity.parent.type;
  if (at.type === 'Folder') return parentType === 'Datacenter';
  return (
    at.type === 'ResourcePool' && parentType.endsWith('ComputeResource') && entities.has(entity.parent.value)
  );
}

/** Whether an object at that path is in the datacenter that the user named: `dc1`, or with its folders, `/folder1/dc1`. */
export function isInDatacenter({datacenter, datacenterPath}: InventoryPath, wanted: string): boolean {
  const name = unescapeName(wanted);
  return datacenter === name || unescapeName(datacenterPath ?? '') === `/${name.replace(/^\/+/, '')}`;
}

/**
 * Whether an object at that path is inside what the user named: `cluster1`, `cluster1/pool`, `/DC0/host/cluster1`.
 * The implied levels may be written out, as govc does.
 */
export function isInside(path: InventoryPath, wanted: string): boolean {
  const names = wanted.split('/').filter((name) => name !== '');
  const explicit = names.filter((name) => name !== 'host' && name !== 'Resources');
  return containsRun(path.segments, names) || containsRun(path.segments, explicit);
}

/** Compared as texts: a name may have a `/` of its own, and `%2f` stands for it. */
function containsRun(segments: readonly string[], names: readonly string[]): boolean {
  return names.length > 0 && `/${segments.join('/')}/`.includes(`/${names.map(unescapeName).join('/')}/`);
}
