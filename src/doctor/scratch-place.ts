import {VchError} from '../errors.js';
import {ID_KEY} from '../extraconfig/keys.js';
import {inventoryPaths} from '../inventory/inventory-path.js';
import type {ManagedObjectReference} from '../vim25/managed-object.js';
import {
  extraConfigOf,
  extraConfigPaths,
  readObject,
  readObjects,
  retrieveOnce,
  withContainerView,
} from '../vim25/property-collector.js';
import {booleanValue, refValue, refValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {readSnapshots} from '../vim25/snapshot.js';
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

/**
 * The VM that the user has named. Probes boot it, cut its power and revert it: it must be powered off, and have nothing
 * that this could harm.
 */
export async function findScratchVm(session: Session, name: string): Promise<ManagedObjectReference> {
  const vm = await only(session, 'VirtualMachine', name, '--scratch-vm');
  const ids = [ID_KEY.appliance, ID_KEY.container];
  const paths = ['runtime.powerState', 'config.template', 'config.hardware.device', ...extraConfigPaths(ids)];
  const properties = await readObject(session, vm, paths, 'looking at it');
  const state = textValue(properties.get('runtime.powerState'));
  const devices = properties.get('config.hardware.device')?.children;
  const snapshots = (await readSnapshots(session, vm)).all.map((snapshot) => snapshot.name);
  const against = [
    state !== 'poweredOff' && `is ${state ?? 'in no known power state'}`,
    booleanValue(properties.get('config.template')) && 'is a template',
    Object.keys(extraConfigOf(properties, ids)).length > 0 && "is one of VIC's",
    devices === undefined && 'does not show its devices',
    devices?.some(({type}) => type === 'VirtualDisk') && 'has a disk',
    snapshots.length > 0 && `has snapshots (${snapshots.join(', ')})`,
  ].filter((reason) => typeof reason === 'string');
  if (against.length === 0) return vm;
  throw usage(
    `--scratch-vm ${name} ${against.join(', ')}: name a VM that is powered off, without disks and snapshots, and that nobody needs, or let doctor make its own`,
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
