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
  const vmProperties = await readObject(session, vm, ['datastore'], 'finding its datastores');
  const refs = refValues(vmProperties.get('datastore'));
  const paths = ['summary.name', 'summary.accessible', 'summary.freeSpace'];
  return readObjects(session, refs, paths, (content): Datastore => {
    assertNothingMissing(content, 'reading the datastore');
    const {obj, properties} = content;
    const freeSpace = textValue(properties.get('summary.freeSpace'));
    return {
      ref: obj,
      name: textValue(properties.get('summary.name')) ?? obj.value,
      accessible: booleanValue(properties.get('summary.accessible')),
      freeSpace: freeSpace === null ? null : Number(freeSpace),
    };
  });
}

/** Where a VM's files are. */
export interface VmFiles {
  /** The folder on its datastore: `[datastore1] web/web.vmx` is in `web`. Empty for the datastore's root. */
  readonly folder: string;
  /** `VMFS`, `NFS`, `vsan`, as vSphere writes it; `null` if the datastore cannot be seen. */
  readonly datastoreType: string | null;
}

/** The files of every VM in the VCH's pool and folder, by the VM's moref; a VM that shows none has no entry. */
export async function readVmFiles(session: Session, vch: Vch): Promise<ReadonlyMap<string, VmFiles>> {
  // Datastores are few, and every VM has its own copies of their references.
  const refs = new Map<string, ManagedObjectReference>();
  const vms = await retrieveProperties(
    session,
    await childrenOf(session, vch),
    [{type: 'VirtualMachine', pathSet: ['config.files.vmPathName', 'datastore']}],
    ({obj, properties}) => {
      const place = parseDatastorePath(textValue(properties.get('config.files.vmPathName')));
      const datastores = refValues(properties.get('datastore'));
      for (const ref of datastores) if (!refs.has(ref.value)) refs.set(ref.value, ref);
      return place === null
        ? null
        : {
            id: obj.value,
            folder: folderOf(place.path),
            dsName: place.dsName,
            datastores: datastores.map(({value}) => refs.get(value)),
          };
    },
  );
  const known = await readObjects(
    session,
    [...refs.values()],
    ['summary.name', 'summary.type'],
    ({obj, properties}) => ({
      id: obj.value,
      name: textValue(properties.get('summary.name')),
      type: textValue(properties.get('summary.type')),
    }),
  );
  return new Map(
    vms.flatMap((vm) => {
      if (vm === null) return [];
      // A path names a datastore by its name, and a VM may be on several.
      const datastore = known.find(
        ({id, name}) => name === vm.dsName && vm.datastores.some((ref) => ref?.value === id),
      );
      return [[vm.id, {folder: vm.folder, datastoreType: datastore?.type ?? null}] as const];
    }),
  );
}
