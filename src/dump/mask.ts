import {
  APPLIANCE_VERSION_KEY,
  BUILD_KEY,
  CREATETIME_KEY,
  DATA_VERSION_KEY,
  ID_KEY,
  isApplianceId,
  isContainerId,
  LEDGER_KEY,
  NAME_KEYS,
  RENAME_DISABLED_KEY,
  UPDATE_IN_PROGRESS_KEY,
} from '../extraconfig/keys.js';
import {decodeValue} from '../extraconfig/value.js';
import {digest, encodeLedger, isWithheld, type Ledger, parseLedger} from '../migration/ledger.js';
import type {PluginRegistry} from '../migration/registry.js';
import type {Fixture, FixtureHost, FixtureVm} from '../simulator/simulator.js';
import {datastorePath, folderOf, parseDatastorePath} from '../vim25/datastore-path.js';
import {Pseudonyms} from './pseudonyms.js';

/** Stands for a value that is not shown, and that no rule takes for a number or a flag. */
const MASKED = 'masked';

/** What a value is shown as; `null` if it is hidden. Too short for a secret, or one of a few words. */
type Shown = (text: string) => string | null;

const matching =
  (pattern: RegExp): Shown =>
  (text) =>
    pattern.test(text) ? text : null;
const flag = matching(/^(?:true|false|[01tfTF])$/);
/** Seconds or nanoseconds: which of the two is all that is decided by. */
const createtime: Shown = (text) =>
  /^\d{1,10}$/.test(text) ? '1485907200' : /^\d{19}$/.test(text) ? '1485907200000000000' : null;

/** The keys that stay, and what of their values is shown. No other key stays. */
const SHOWN: ReadonlyMap<string, Shown> = new Map([
  [DATA_VERSION_KEY.appliance, maskedNumber],
  [DATA_VERSION_KEY.container, maskedNumber],
  [BUILD_KEY.appliance, matching(/^\d{1,6}$/)],
  [BUILD_KEY.container, matching(/^\d{1,6}$/)],
  [APPLIANCE_VERSION_KEY, matching(/^v?[01]\.\d{1,2}\.\d{1,2}(?:-rc\d{1,2}|-dev)?$/)],
  [CREATETIME_KEY, createtime],
  [RENAME_DISABLED_KEY, flag],
  [UPDATE_IN_PROGRESS_KEY, flag],
]);

const NAMES: ReadonlySet<string> = new Set([NAME_KEYS.appliance, NAME_KEYS.container].flatMap(Object.values));

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** Releases of vSphere, none of which is an IPv4 address of anybody's. */
const RELEASE = /^[4-9]\.\d(?:\.\d{1,2}(?:\.\d)?)?$/;
const PRODUCT_BUILD = /^\d{4,9}$/;

/**
 * A dump without anybody's names, values or addresses, of which a plan with VIC's own plugins decides the same. What stays
 * is listed here, by member and by key; all else is left out. Morefs, container ids and UUIDs stay: they say which VM is whose.
 */
export function masked(fixture: Fixture, registry: PluginRegistry): Fixture {
  const {dump, about, roles, users, datacenters, vms = []} = fixture;
  // A report lists VMs by name: numbered in that order, they stay in it.
  const names = new Pseudonyms(vms.map(({name}) => name).sort());
  const place = (kind: string, path: string | undefined) => path && names.path(kind, path);
  const ids = new Set(vms.flatMap(({id}) => id ?? []));
  return {
    schema: fixture.schema,
    ...(dump && {
      dump: {
        at: timeOf(dump.at),
        tool: /^vch-migrate \d+\.\d+\.\d+$/.test(dump.tool) ? dump.tool : 'other',
        masked: true,
      },
    }),
    ...(about && {about: maskedAbout(about)}),
    // They say which VMs could not be read.
    ...(roles && {
      roles: roles.map(({except = []}) => ({
        name: 'Reader',
        except: except
          .filter(({entity}) => ids.has(entity))
          .map(({entity}) => ({entity, privileges: ['System.Read']})),
      })),
    }),
    ...(users && {
      users: users.map(() => ({user: 'administrator@vsphere.local', password: 'simulator', role: 'Reader'})),
    }),
    datacenters: datacenters.map(({name, folders = [], clusters = [], datastores = []}) => ({
      name: names.path('dc', name),
      folders: folders.map((folder) => renamed(folder, names)),
      clusters: clusters.map((cluster) => ({
        ...renamedPool(cluster, names),
        name: names.path('place', cluster.name),
        hosts: (cluster.hosts ?? []).map((host) => maskedHost(host, names)),
      })),
      datastores: datastores.map(({name, type, freeSpace}) => ({
        name: names.of('datastore', name),
        type,
        ...(freeSpace !== undefined && {freeSpace: freeSpace - (freeSpace % FREE_SPACE)}),
      })),
    })),
    vms: vms.map((vm) => ({
      id: vm.id,
      name: names.of('vm', vm.name),
      datacenter: place('dc', vm.datacenter),
      folder: place('folder', vm.folder),
      pool: place('place', vm.pool),
      vApp: place('place', vm.vApp),
      host: vm.host && names.of('host', vm.host),
      datastore: vm.datastore && names.of('datastore', vm.datastore),
      datastoreFolder: vm.datastoreFolder && names.of('files', vm.datastoreFolder),
      powerState: vm.powerState,
      connectionState: vm.connectionState,
      withoutConfig: vm.withoutConfig,
      template: vm.template,
      uuid: vm.uuid,
      instanceUuid: vm.instanceUuid,
      cdrom: maskedFile(vm.cdrom, names),
      extraConfig: vm.extraConfig && maskedConfig(vm, {names, ids, registry}),
    })),
  };
}

/** Bytes. To a byte, free space tells one datastore from all others. */
const FREE_SPACE = 2 ** 28;

function maskedAbout({version = '', build = '', apiVersion = '', apiType}: NonNullable<Fixture['about']>) {
  const product = apiType === 'HostAgent' ? 'VMware ESXi' : 'VMware vCenter Server';
  const shown = RELEASE.test(version) && PRODUCT_BUILD.test(build);
  return {
    ...(shown && {version, build, fullName: `${product} ${version} build-${build}`}),
    ...(RELEASE.test(apiVersion) && {apiVersion}),
    ...(apiType !== undefined && {apiType: apiType === 'HostAgent' ? apiType : 'VirtualCenter'}),
  };
}

function maskedHost(host: string | FixtureHost, names: Pseudonyms): FixtureHost {
  const {
    name,
    version = '',
    build = '',
    connectionState,
    maintenance,
  } = typeof host === 'string' ? {name: host} : host;
  return {
    name: names.of('host', name),
    ...(RELEASE.test(version) && {version}),
    ...(PRODUCT_BUILD.test(build) && {build}),
    ...(connectionState !== undefined && {connectionState}),
    ...(maintenance !== undefined && {maintenance}),
  };
}

interface Folder {
  readonly name: string;
  readonly folders?: readonly Folder[] | undefined;
}

function renamed({name, folders = []}: Folder, names: Pseudonyms): Folder {
  return {name: names.of('folder', name), folders: folders.map((folder) => renamed(folder, names))};
}

interface Pool {
  readonly name: string;
  readonly resourcePools?: readonly Pool[] | undefined;
  readonly vApps?: readonly Pool[] | undefined;
}

function renamedPool({name, resourcePools = [], vApps = []}: Pool, names: Pseudonyms): Pool {
  return {
    name: names.of('place', name),
    resourcePools: resourcePools.map((pool) => renamedPool(pool, names)),
    vApps: vApps.map((pool) => renamedPool(pool, names)),
  };
}

function maskedFile(file: string | undefined, names: Pseudonyms): string | undefined {
  const place = parseDatastorePath(file ?? null);
  if (place === null) return undefined;
  const folder = folderOf(place.path);
  const path = [
    ...(folder === '' ? [] : [names.of('files', folder)]),
    `${names.of('iso', place.path)}.iso`,
  ].join('/');
  return datastorePath({dsName: names.of('datastore', place.dsName), path});
}

interface Masking {
  readonly names: Pseudonyms;
  /** Morefs of the dump's VMs. */
  readonly ids: ReadonlySet<string>;
  readonly registry: PluginRegistry;
}

function maskedConfig({id, extraConfig = {}}: FixtureVm, masking: Masking): Record<string, string> {
  const texts = Object.entries(extraConfig).flatMap(([key, value]): readonly (readonly [string, string])[] =>
    value === null ? [] : [[key, typeof value === 'string' ? value : value.value]],
  );
  const mask = (key: string, raw: string) => maskedValue(key, raw, id ?? '', masking);
  const config = Object.fromEntries(
    texts.flatMap(([key, raw]) => {
      const value = mask(key, raw);
      return value === null ? [] : [[key, value]];
    }),
  );
  const ledger = texts.find(([key]) => key === LEDGER_KEY)?.[1];
  if (ledger !== undefined)
    config[LEDGER_KEY] = maskedLedger(ledger, {
      id,
      before: Object.fromEntries(texts),
      after: config,
      mask,
      ...masking,
    });
  return config;
}

/** `null` for a key that is left out. */
function maskedValue(key: string, raw: string, id: string, {names, ids}: Masking): string | null {
  const text = decodeValue(raw);
  if (NAMES.has(key)) return text === '' ? raw : maskedName(text, names);
  if (key === ID_KEY.container) return isContainerId(raw) ? raw : MASKED;
  if (key === ID_KEY.appliance) return isApplianceId(raw, id) ? raw : otherAppliance(raw, ids);
  const shown = SHOWN.get(key);
  if (shown === undefined) return null;
  return text === '' ? raw : (shown(text) ?? MASKED);
}

/** Of a copied appliance it names another VM. */
function otherAppliance(raw: string, ids: ReadonlySet<string>): string {
  const [prefix, id = ''] = raw.split(/(?<=^VirtualMachine:)/);
  if (prefix !== 'VirtualMachine:') return MASKED;
  return ids.has(id) ? raw : 'VirtualMachine:vm-0';
}

/** Names that docker does not allow stay such names. */
function maskedName(name: string, names: Pseudonyms): string {
  const other = names.of('name', name);
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) ? other : `_${other}`;
}

type Config = Readonly<Record<string, string>>;

interface LedgerMasking extends Masking {
  readonly id: string | undefined;
  /** The VM's keys, before and after they were masked. */
  readonly before: Config;
  readonly after: Config;
  readonly mask: (key: string, raw: string) => string | null;
}

/** A valid ledger stays one, about the masked values; what cannot be read stays unreadable. */
function maskedLedger(raw: string, {id, before, after, mask, names, ids, registry}: LedgerMasking): string {
  const state = parseLedger(raw, null);
  if (state.status !== 'valid') return state.status === 'none' ? raw : MASKED;
  const {ledger} = state;
  const known = new Set(
    registry.plugins.flatMap(({keys, reads = []}) => [...keys, ...reads]).filter((key) => !key.includes('*')),
  );
  const keyOf = (key: string) => (known.has(key) ? key : names.of('key', key));
  const runOf = (run: string) => (UUID.test(run) ? run : names.of('run', run));
  // Of the masked values: a digest of a short one would give it away.
  const sums = (digests: Ledger['applied'][number]['after']) =>
    Object.fromEntries(
      Object.entries(digests).map(([key, sum]) => {
        const unchanged = sum === digest(before[key] ?? null);
        return [keyOf(key), sum === null ? null : unchanged ? digest(after[key] ?? null) : digest(MASKED)];
      }),
    );
  const valueBefore = (key: string, value: Ledger['applied'][number]['before'][string]) => {
    if (value === null) return null;
    return isWithheld(value) ? {sha256: digest(MASKED)} : (mask(key, value) ?? MASKED);
  };
  return encodeLedger({
    id:
      isContainerId(ledger.id) || isApplianceId(ledger.id, id ?? '')
        ? ledger.id
        : otherAppliance(ledger.id, ids),
    instanceUuid: UUID.test(ledger.instanceUuid) ? ledger.instanceUuid : MASKED,
    runs: Object.fromEntries(
      Object.entries(ledger.runs).map(([run, {time, tool}]) => [
        runOf(run),
        {time: timeOf(time), tool: /^\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(tool) ? tool : '0.0.0', user: MASKED},
      ]),
    ),
    applied: ledger.applied.map(({id, version, revision, dataVersion, ...entry}) => ({
      id: registry.get(id) === undefined ? `1000-${names.of('plugin', id)}` : id,
      version: atMost(version),
      revision: atMost(revision),
      dataVersion: atMost(dataVersion),
      run: runOf(entry.run),
      time: timeOf(entry.time),
      before: Object.fromEntries(
        Object.entries(entry.before).map(([key, value]) => [keyOf(key), valueBefore(key, value)]),
      ),
      after: sums(entry.after),
      seen: sums(entry.seen),
    })),
  });
}

function atMost(number: number): number {
  return Math.min(number, 9999);
}

function timeOf(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/.test(text) ? text : '1970-01-01T00:00:00.000Z';
}

/** A number of at most four digits as it is; a longer one, which may be anything, as one that is too large, too. */
function maskedNumber(text: string): string | null {
  const [, sign = '', digits] = /^([+-]?)(\d+)$/.exec(text) ?? [];
  if (digits === undefined) return null;
  return digits.length <= 4 ? text : `${sign}${/[1-9]/.test(digits) ? '9999' : '0'}`;
}
