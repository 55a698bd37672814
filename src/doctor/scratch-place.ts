import {toVchError, VchError} from '../errors.js';
import {DOCTOR_KEY, DOCTOR_PROBES, ID_KEY} from '../extraconfig/keys.js';
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
import {TaskWaiter} from '../vim25/tasks.js';
import type {Leftover} from './leftover.js';
import {type NamedVm, off, type ScratchPlace, ScratchVm} from './scratch-vm.js';

/** The place that the user has named, by names, ends of paths or morefs. */
export async function findPlace(
  session: Session,
  wanted: {readonly folder: string; readonly pool: string; readonly datastore: string | undefined},
): Promise<ScratchPlace> {
  const folder = await only(session, 'Folder', wanted.folder, '--scratch-folder');
  const pool = await only(session, 'ResourcePool', wanted.pool, '--scratch-pool');
  return {folder, pool, datastore: await datastoreFor(session, pool, wanted.datastore)};
}

/** A place that is there, as options: the first datacenter and a cluster in it. What cannot be seen is a word to replace. */
export async function placeWords(session: Session): Promise<readonly string[]> {
  const placesOf = async (type: 'Folder' | 'ResourcePool') => {
    const all = await objectsOf(session, type);
    const pathOf = await inventoryPaths(session, all);
    const places = all.map((ref) => {
      const {segments, datacenterPath} = pathOf(ref);
      return {ref, datacenterPath, path: segments.filter((part) => !IMPLIED.includes(part)).join('/')};
    });
    const fits = (wanted: string) => places.filter(({path}) => `/${path}`.endsWith(`/${wanted}`)).length;
    return places
      .toSorted((one, other) => one.path.length - other.path.length)
      .map((place) => ({
        ...place,
        word: place.path !== '' && fits(place.path) === 1 ? place.path : place.ref.value,
      }));
  };
  try {
    const [pool] = await placesOf('ResourcePool');
    const folders = await placesOf('Folder');
    const folder = folders.find(({datacenterPath}) => datacenterPath === pool?.datacenterPath);
    const names = pool === undefined ? [] : await datastoresOf(session, pool.ref);
    return [
      ...['--scratch-folder', folder?.word ?? 'FOLDER', '--scratch-pool', pool?.word ?? 'POOL'],
      ...(names.length > 1 ? ['--scratch-datastore', names[0] ?? 'NAME'] : []),
    ];
  } catch (error) {
    session.log.debug(`no place for scratch VMs could be found: ${toVchError(error).message}`);
    return ['--scratch-folder', 'FOLDER', '--scratch-pool', 'POOL'];
  }
}

/** Levels of vSphere's own in a path. */
const IMPLIED = ['', 'vm', 'host', 'Resources'];

/**
 * The VM that the user has named. Probes boot it, cut its power and revert it: it must be powered off, and have nothing
 * that this could harm. What an earlier doctor left there may still be there if `left` has it.
 */
export async function findScratchVm(
  session: Session,
  name: string,
  left: readonly Leftover[],
): Promise<NamedVm> {
  const ref = await only(session, 'VirtualMachine', name, '--scratch-vm');
  const own = left.find((leftover) => leftover.ref.value === ref.value && leftover.mark?.named === true);
  const ids = [ID_KEY.appliance, ID_KEY.container];
  const doctors = [DOCTOR_KEY, ...Object.values(DOCTOR_PROBES)];
  const paths = [
    'runtime.powerState',
    'config.template',
    'config.hardware.device',
    'config.changeVersion',
    'config.instanceUuid',
    ...extraConfigPaths([...ids, ...doctors]),
  ];
  const properties = await readObject(session, ref, paths, 'looking at it');
  const state = textValue(properties.get('runtime.powerState'));
  const changeVersion = textValue(properties.get('config.changeVersion'));
  const instanceUuid = textValue(properties.get('config.instanceUuid'));
  const devices = properties.get('config.hardware.device')?.children;
  const {all} = await readSnapshots(session, ref);
  const {snapshot: probe} = new ScratchVm(session, ref, {
    run: own?.mark?.run ?? '',
    isNamed: true,
    waiter: new TaskWaiter(session),
  });
  const snapshots = all
    .filter(({name: each, description}) => each !== probe.name || description !== probe.description)
    .map((snapshot) => snapshot.name);
  const keys = Object.keys(extraConfigOf(properties, doctors));
  if (own !== undefined && own.owner !== 'alive' && state !== 'poweredOff')
    throw usage(
      `--scratch-vm ${name} is ${state ?? 'in no known power state'}: an earlier doctor was cut off while it ran. Power it off with ${off(ref)}, and run the same command again; it cleans up first`,
    );
  const against = [
    own?.owner === 'alive' && `is in use by another doctor, process ${own.mark?.pid} on ${own.mark?.host}`,
    state !== 'poweredOff' && `is ${state ?? 'in no known power state'}`,
    booleanValue(properties.get('config.template')) && 'is a template',
    Object.keys(extraConfigOf(properties, ids)).length > 0 && "is one of VIC's",
    own === undefined && keys.length > 0 && `has keys of a doctor already (${keys.join(', ')})`,
    devices === undefined && 'does not show its devices',
    devices?.some(({type}) => type === 'VirtualDisk') && 'has a disk',
    snapshots.length > 0 && `has snapshots (${snapshots.join(', ')})`,
    (changeVersion ?? '') === '' && 'shows no changeVersion',
    (instanceUuid ?? '') === '' && 'shows no instanceUuid',
  ].filter((reason) => typeof reason === 'string');
  if (against.length === 0 && changeVersion !== null && instanceUuid !== null)
    return {ref, changeVersion, instanceUuid};
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
  const all = await objectsOf(session, type);
  const pathOf = await inventoryPaths(session, all);
  const wanted = `/${name
    .split('/')
    .filter((part) => !IMPLIED.includes(part))
    .join('/')}`;
  return all.filter((ref) => ref.value === name || `/${pathOf(ref).segments.join('/')}`.endsWith(wanted));
}

/** Everything of a type; of the folders those that may hold VMs. */
async function objectsOf(
  session: Session,
  type: 'Folder' | 'ResourcePool' | 'VirtualMachine',
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
  return seen.flatMap((ref) => ref ?? []);
}

async function datastoreFor(
  session: Session,
  pool: ManagedObjectReference,
  wanted: string | undefined,
): Promise<string> {
  const known = await datastoresOf(session, pool);
  const [first] = known;
  if (wanted === undefined && first !== undefined && known.length === 1) return first;
  if (wanted !== undefined && known.includes(wanted)) return wanted;
  throw usage(`--scratch-datastore must be one of ${known.join(', ') || 'none that can be reached'}`);
}

/** The names of the datastores that a pool's hosts reach. */
async function datastoresOf(session: Session, pool: ManagedObjectReference): Promise<readonly string[]> {
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
  return names.flatMap((name) => name ?? []);
}

function usage(problem: string): VchError {
  return new VchError('VCH_ERR_USAGE', `${problem}; see vch-migrate doctor --help`);
}
