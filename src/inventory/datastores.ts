import {folderOf, parseDatastorePath} from '../vim25/datastore-path.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {
  assertNothingMissing,
  readObject,
  readObjects,
  retrieveProperties,
} from '../vim25/property-collector.js';
import {booleanValue, refValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {childrenOf} from './container-vms.js';
import type {Vch} from './vch.js';

/** A datastore. */
export interface Datastore {
  readonly ref: ManagedObjectReference;
  readonly name: string;
  readonly accessible: boolean;
  /** Bytes; `null` if the server does not tell. */
  readonly freeSpace: number | null;
}

/** The datastores that a VM is on. */
export async function readDatastores(
  session: Session,
  vm: ManagedObjectReference,
): Promise<readonly Datastore[]> {
  const properties = await readObject(session, vm, ['datastore'], 'finding its datastores');
  return readObjects(
    session,
    refValues(properties.get('datastore')),
    ['summary.name', 'summary.accessible', 'summary.freeSpace'],
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

/** Where a VM's files are. */
export interface VmFiles {
  /** The folder on its datastore: `[datastore1] web/web.vmx` is in `web`. Empty for the datastore's root. */
  readonly folder: string;
  /** `VMFS`, `NFS`, `vsan`, as vSphere writes it; `null` if the datastore cannot be seen. */
  readonly datastoreType: string | null;
}

interface Found {
  readonly vm: string;
  readonly path: string | null;
  readonly datastores: readonly ManagedObjectReference[];
}

/** The files of every VM in the VCH's pool and folder, by the VM's moref; a VM that shows none has no entry. */
export async function readVmFiles(session: Session, vch: Vch): Promise<ReadonlyMap<string, VmFiles>> {
  const found = await retrieveProperties(
    session,
    await childrenOf(session, vch),
    [{type: 'VirtualMachine', pathSet: ['config.files.vmPathName', 'datastore']}],
    ({obj, properties}): Found => ({
      vm: obj.value,
      path: textValue(properties.get('config.files.vmPathName')),
      datastores: refValues(properties.get('datastore')),
    }),
  );
  const types = await datastoreTypes(
    session,
    found.flatMap(({datastores}) => datastores),
  );
  return new Map(
    found.flatMap(({vm, path, datastores}) => {
      const place = parseDatastorePath(path);
      if (place === null) return [];
      const type = datastores
        .map(({value}) => types.get(value))
        .find((known) => known?.name === place.dsName);
      return [[vm, {folder: folderOf(place.path), datastoreType: type?.type ?? null}] as const];
    }),
  );
}

/** Name and type of each datastore: a VM's path names one by its name, and a VM may be on several. */
async function datastoreTypes(
  session: Session,
  refs: readonly ManagedObjectReference[],
): Promise<ReadonlyMap<string, {readonly name: string; readonly type: string | null}>> {
  const distinct = [...new Map(refs.map((ref) => [ref.value, ref])).values()];
  const read = await readObjects(session, distinct, ['summary.name', 'summary.type'], ({obj, properties}) => {
    const name = textValue(properties.get('summary.name')) ?? '';
    return [obj.value, {name, type: textValue(properties.get('summary.type'))}] as const;
  });
  return new Map(read);
}
