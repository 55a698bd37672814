import {ID_KEY, isApplianceId} from '../extraconfig/keys.js';
import {MASKED_VCENTER} from '../extraconfig/mask.js';
import {readContainerVms} from '../inventory/container-vms.js';
import {findVch} from '../inventory/find-vch.js';
import type {VchSelector} from '../inventory/vch.js';
import type {Fixture, FixtureHost} from '../simulator/simulator.js';
import {distinctRefs, type ManagedObjectReference} from '../vim25/managed-object.js';
import {
  extraConfigOf,
  extraConfigPaths,
  type ObjectContent,
  readEach,
  readObjects,
  retrieveOnce,
  withContainerView,
} from '../vim25/property-collector.js';
import {booleanValue, refValue, refValues, textValue} from '../vim25/property-value.js';
import type {Session} from '../vim25/session.js';
import {readCdroms} from '../vim25/virtual-machine.js';
import {child, childText, type XmlElement} from '../vim25/xml.js';
import {
  type CopiedConfig,
  type CopiedDatastore,
  type CopiedEntity,
  type CopiedVm,
  toFixture,
} from './copied-inventory.js';

const ID_KEYS = [ID_KEY.appliance, ID_KEY.container];
const PLACE = [
  'name',
  'parent',
  'resourcePool',
  'runtime.host',
  'runtime.powerState',
  'runtime.connectionState',
];
const CONFIG = ['config.uuid', 'config.instanceUuid', 'config.template', 'config.files.vmPathName'];

/** What is written into the dump about itself. */
interface About {
  readonly at: Date;
  readonly toolVersion: string;
}

/** A copy of an inventory. */
export interface Dumped {
  readonly fixture: Fixture;
  /** VMs that were removed while they were read, and are left out. */
  readonly gone: readonly NamedVm[];
  /** VMs of which not all could be read. In the copy they cannot be read, either. */
  readonly unread: readonly NamedVm[];
}

type NamedVm = Pick<CopiedVm, 'id' | 'name'>;

/**
 * Copies all of VIC's VMs that the user can see: a fixture of which `plan` makes the same plan as of the target. Of VMs that
 * do not belong to the selected VCH only what says whose they are is copied. Reads, and writes nothing.
 */
export async function dumpInventory(
  session: Session,
  selector: VchSelector,
  {at, toolVersion}: About,
): Promise<Dumped> {
  const seen = await readVicVms(session);
  const whole = await wholeOnes(session, selector, seen);
  const configs = await readEach(session, whole, ['config.extraConfig'], ({properties}) => {
    const config = properties.get('config.extraConfig');
    return config === undefined ? null : configOf(config);
  });
  const appliances = seen.filter(({isAppliance}) => isAppliance).map(({obj}) => obj);
  const cdroms = await readEach(session, appliances, ['config.hardware.device'], ({properties}) => {
    const [drive] = readCdroms(properties.get('config.hardware.device'));
    return {file: drive?.fileName ?? null};
  });
  const stores = await readEach(
    session,
    seen.map(({obj}) => obj),
    ['datastore'],
    ({properties}) => refValues(properties.get('datastore')),
  );
  const isGone = ({id}: SeenVm) => [configs, cdroms, stores].some((found) => found.get(id) === 'gone');
  const wanted = new Set(whole.map(({value}) => value));
  const vms = seen
    .filter((vm) => !isGone(vm))
    .map((vm): SeenVm => {
      const config = configs.get(vm.id);
      const cdrom = cdroms.get(vm.id);
      const known = config === 'gone' ? undefined : config;
      return {
        ...vm,
        refused: vm.refused || (wanted.has(vm.id) && known == null),
        config: vm.config === null ? null : (known ?? vm.config),
        cdrom: cdrom === 'gone' ? null : (cdrom?.file ?? null),
      };
    });
  const refs = vms.flatMap(({folder, pool, host}) => [folder, pool, host].flatMap((ref) => ref ?? []));
  const fixture = toFixture(
    {
      about: session.about,
      entities: await readAncestors(session, refs),
      hosts: await readHosts(
        session,
        refs.filter(({type}) => type === 'HostSystem'),
      ),
      datastores: await readDatastores(
        session,
        [...stores.values()].flatMap((found) => (found === 'gone' ? [] : found)),
      ),
      sharedFolders: new Set(),
      vms,
    },
    {
      at: at.toISOString(),
      tool: `vch-migrate ${toolVersion}`,
      masked: session.about.instanceUuid === MASKED_VCENTER,
      url: session.url.href,
    },
  );
  return {fixture, gone: seen.filter(isGone), unread: vms.filter(({refused}) => refused)};
}

/** For people, what a copy does not have. */
export function notCopied({gone, unread}: Dumped): readonly string[] {
  const said = (what: string, vms: readonly NamedVm[]) =>
    vms.length === 0 ? [] : [`${what}: ${vms.map(({name, id}) => `${name} (${id})`).join(', ')}`];
  return [
    ...said('removed while it was read, and left out', gone),
    ...said('could not be read, and cannot be read in the copy, either', unread),
  ];
}

interface SeenVm extends CopiedVm {
  readonly obj: ManagedObjectReference;
  readonly isAppliance: boolean;
}

/** All of VIC's VMs, and those of which nobody can say whether they are. */
async function readVicVms(session: Session): Promise<readonly SeenVm[]> {
  const idPaths = extraConfigPaths(ID_KEYS);
  const pathSet = [...PLACE, ...CONFIG, ...idPaths];
  const seen = await withContainerView(session, session.content.rootFolder, 'VirtualMachine', (view) =>
    retrieveOnce(
      session,
      [{obj: view, traverse: [{type: 'ContainerView', path: 'view'}]}],
      [{type: 'VirtualMachine', pathSet}],
      (content): SeenVm | null => {
        const isVic = idPaths.some((path) => content.properties.has(path));
        const isReadable = content.properties.has('config.uuid') && content.missing.length === 0;
        return isVic || !isReadable ? seenVm(content) : null;
      },
    ),
  );
  return seen.flatMap((vm) => vm ?? []);
}

function seenVm({obj, properties, missing}: ObjectContent): SeenVm {
  const text = (path: string) => textValue(properties.get(path));
  const config = extraConfigOf(properties, ID_KEYS);
  return {
    obj,
    id: obj.value,
    name: text('name') ?? obj.value,
    folder: refValue(properties.get('parent')),
    pool: refValue(properties.get('resourcePool')),
    host: refValue(properties.get('runtime.host')),
    biosUuid: text('config.uuid'),
    instanceUuid: text('config.instanceUuid'),
    template: booleanValue(properties.get('config.template')),
    vmPathName: text('config.files.vmPathName'),
    powerState: text('runtime.powerState'),
    connectionState: text('runtime.connectionState'),
    cdrom: null,
    config: properties.has('config.uuid') ? config : null,
    refused: missing.length > 0,
    isAppliance: isApplianceId(config[ID_KEY.appliance], obj.value),
  };
}

/** The VMs that are copied with all their keys. */
async function wholeOnes(
  session: Session,
  selector: VchSelector,
  seen: readonly SeenVm[],
): Promise<readonly ManagedObjectReference[]> {
  const {name, id, computeResource, datacenter} = selector;
  const vic = seen.filter(({config}) => config !== null && Object.keys(config).length > 0);
  if ([name, id, computeResource, datacenter].every((word) => word === undefined))
    return vic.map(({obj}) => obj);
  const found = await findVch(session, selector);
  const vms = await readContainerVms(session, found, ID_KEYS);
  const own = new Set([found.vch.ref, ...vms.map(({ref}) => ref)].map(({value}) => value));
  return vic.filter((vm) => own.has(vm.id)).map(({obj}) => obj);
}

function configOf(value: XmlElement | undefined): CopiedConfig {
  const options = value?.children ?? [];
  return Object.fromEntries(
    options.flatMap((option) => {
      const key = childText(option, 'key');
      const content = child(option, 'value');
      if (key === undefined || content === undefined) return [];
      const {text, type} = content;
      return [[key, type === null || type === 'string' ? text : {type: `xsd:${type}`, value: text}]];
    }),
  );
}

/** Name and parent of these objects and of all that is above them. */
async function readAncestors(
  session: Session,
  refs: readonly ManagedObjectReference[],
): Promise<ReadonlyMap<string, CopiedEntity>> {
  const entities = new Map<string, CopiedEntity>();
  let level = distinctRefs(refs);
  while (level.length > 0) {
    await readObjects(session, level, ['name', 'parent'], ({obj, properties}) =>
      entities.set(obj.value, {
        name: textValue(properties.get('name')) ?? obj.value,
        parent: refValue(properties.get('parent')),
      }),
    );
    const parents = level.flatMap(({value}) => entities.get(value)?.parent ?? []);
    level = distinctRefs(parents).filter(({value}) => !entities.has(value));
  }
  return entities;
}

const HOST_STATES = ['connected', 'disconnected', 'notResponding'] as const;

async function readHosts(
  session: Session,
  refs: readonly ManagedObjectReference[],
): Promise<ReadonlyMap<string, FixtureHost>> {
  const product = 'summary.config.product';
  const paths = ['name', 'runtime.connectionState', 'runtime.inMaintenanceMode'];
  const hosts = await readObjects(
    session,
    distinctRefs(refs),
    [...paths, `${product}.version`, `${product}.build`],
    ({obj, properties}) => {
      const text = (path: string) => textValue(properties.get(path));
      const version = text(`${product}.version`);
      const build = text(`${product}.build`);
      const connectionState = HOST_STATES.find((state) => state === text('runtime.connectionState'));
      const host: FixtureHost = {
        name: text('name') ?? obj.value,
        ...(version !== null && {version}),
        ...(build !== null && {build}),
        ...(connectionState !== undefined && {connectionState}),
        maintenance: booleanValue(properties.get('runtime.inMaintenanceMode')),
      };
      return [obj.value, host] as const;
    },
  );
  return new Map(hosts);
}

async function readDatastores(
  session: Session,
  refs: readonly ManagedObjectReference[],
): Promise<ReadonlyMap<string, CopiedDatastore>> {
  const paths = ['summary.name', 'summary.type', 'summary.freeSpace'];
  const datastores = await readObjects(session, distinctRefs(refs), paths, ({obj, properties}) => {
    const text = (path: string) => textValue(properties.get(path));
    const freeSpace = Number(text('summary.freeSpace') ?? Number.NaN);
    return [
      text('summary.name') ?? obj.value,
      {type: text('summary.type'), freeSpace: Number.isSafeInteger(freeSpace) ? freeSpace : null},
    ] as const;
  });
  return new Map(datastores);
}
