import {VchError} from '../errors.js';
import {inventoryPaths} from '../inventory/inventory-path.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {readObject, readObjects, retrieveOnce, withContainerView} from '../vim25/property-collector.js';
import {booleanValue, refValue, refValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import type {ScratchPlace} from './scratch-vm.js';

/** The place that the user has named, by names, ends of paths or morefs. */
export async function findPlace(
  session: Session,
  wanted: {readonly folder: string; readonly pool: string; readonly datastore: string | undefined},
): Promise<ScratchPlace> {
  const folder = await only(session, 'Folder', wanted.folder, '--scratch-folder');
  const pool = await only(session, 'ResourcePool', wanted.pool, '--scratch-pool');
  return {folder, pool, datastore: await datastoreFor(session, pool, wanted.datastore)};
}

/** The VM that the user has named; it must be powered off. */
export async function findScratchVm(session: Session, name: string): Promise<ManagedObjectReference> {
  const vm = await only(session, 'VirtualMachine', name, '--scratch-vm');
  const state = textValue(
    (await readObject(session, vm, ['runtime.powerState'], 'looking at it')).get('runtime.powerState'),
  );
  if (state === 'poweredOff') return vm;
  throw usage(
    `--scratch-vm ${name} is ${state ?? 'in no known power state'}: name one that is powered off and that nobody needs`,
  );
}

async function only(
  session: Session,
  type: 'Folder' | 'ResourcePool' | 'VirtualMachine',
  name: string,
  option: string,
): Promise<ManagedObjectReference> {
  const found = await namedObjects(session, type, name);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const ids = found.map(({value}) => value).join(', ');
  throw usage(
    found.length === 0
      ? `${option}: there is no ${type} ${name} that this user can see`
      : `${option} ${name} fits ${found.length} of them: ${ids}; name more of the path, or one of these ids`,
  );
}

/** Everything of a type whose name, or the end of whose path, is that; vSphere's own levels may be written out. */
async function namedObjects(
  session: Session,
  type: 'Folder' | 'ResourcePool' | 'VirtualMachine',
  name: string,
): Promise<readonly ManagedObjectReference[]> {
  const seen = await withContainerView(session, session.content.rootFolder, type, (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type, pathSet: type === 'Folder' ? ['childType'] : ['name']}],
      ({obj, properties}) => {
        const types = properties.get('childType')?.children.map(({text}) => text);
        return types === undefined || types.includes('VirtualMachine') ? obj : null;
      },
    ),
  );
  const all = seen.flatMap((ref) => ref ?? []);
  const pathOf = await inventoryPaths(session, all);
  const implied = ['', 'vm', 'host', 'Resources'];
  const wanted = `/${name
    .split('/')
    .filter((part) => !implied.includes(part))
    .join('/')}`;
  return all.filter((ref) => ref.value === name || `/${pathOf(ref).segments.join('/')}`.endsWith(wanted));
}

async function datastoreFor(
  session: Session,
  pool: ManagedObjectReference,
  wanted: string | undefined,
): Promise<string> {
  const owner = refValue((await readObject(session, pool, ['owner'], 'finding its cluster')).get('owner'));
  const refs =
    owner === null
      ? []
      : refValues(
          (await readObject(session, owner, ['datastore'], 'finding its datastores')).get('datastore'),
        );
  const names = await readObjects(session, refs, ['summary.name', 'summary.accessible'], ({properties}) =>
    booleanValue(properties.get('summary.accessible')) ? textValue(properties.get('summary.name')) : null,
  );
  const known = names.flatMap((name) => name ?? []);
  const [first] = known;
  if (wanted === undefined && first !== undefined && known.length === 1) return first;
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  throw usage(`--scratch-datastore must be one of ${known.join(', ') || 'none that can be reached'}`);
}

function usage(problem: string): VchError {
  return new VchError('VCH_ERR_USAGE', `${problem}; see vch-migrate doctor --help`);
}
