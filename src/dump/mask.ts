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
import type {Fixture, FixtureVm} from '../simulator/simulator.js';
import {parseDatastorePath} from '../vim25/datastore-path.js';

/** Stands for a value that is not shown, and that no rule takes for a number or a flag. */
const MASKED = 'masked';

/** What a value may be to stay as it is. Of all other keys nothing stays. */
const KEPT: ReadonlyMap<string, RegExp> = new Map([
  [DATA_VERSION_KEY.appliance, /^[+-]?\d{1,20}$/],
  [DATA_VERSION_KEY.container, /^[+-]?\d{1,20}$/],
  [BUILD_KEY.appliance, /^\d{1,10}$/],
  [BUILD_KEY.container, /^\d{1,10}$/],
  [APPLIANCE_VERSION_KEY, /^v?\d{1,3}(\.\d{1,3}){1,3}$/],
  [CREATETIME_KEY, /^\d{1,20}$/],
  [RENAME_DISABLED_KEY, /^(true|false)$/],
  [UPDATE_IN_PROGRESS_KEY, /^(true|false)$/],
]);

const NAMES: ReadonlySet<string> = new Set([NAME_KEYS.appliance, NAME_KEYS.container].flatMap(Object.values));

/**
 * A dump without anybody's names, values or addresses, of which a plan decides the same. Only the keys that VIC's own
 * migrations read are left. Morefs, container ids and UUIDs stay: they say which VM is whose.
 */
export function masked(fixture: Fixture): Fixture {
  const names = new Pseudonyms(fixture);
  const {dump, about, roles, users, datacenters, vms = []} = fixture;
  const place = (kind: string, path: string | undefined) =>
    path
      ?.split('/')
      .map((name) => names.of(kind, name))
      .join('/');
  return {
    schema: fixture.schema,
    ...(dump && {dump: {at: dump.at, tool: dump.tool, masked: true}}),
    ...(about && {about: withoutIdentity(about)}),
    ...(roles && {roles}),
    ...(users && {users}),
    datacenters: datacenters.map(({name, folders = [], clusters = [], datastores = []}) => ({
      name: place('dc', name) ?? '',
      folders: folders.map((folder) => renamed(folder, 'folder', names)),
      clusters: clusters.map(({name, hosts = [], resourcePools = [], vApps = []}) => ({
        name: place('place', name) ?? '',
        hosts: hosts.map((host) =>
          typeof host === 'string'
            ? names.of('host', host)
            : {...host, name: names.of('host', host.name), managementServerIp: undefined},
        ),
        resourcePools: resourcePools.map((pool) => renamedPool(pool, names)),
        vApps: vApps.map((pool) => renamedPool(pool, names)),
      })),
      datastores: datastores.map((datastore) => ({
        ...datastore,
        name: names.of('datastore', datastore.name),
      })),
    })),
    vms: vms.map((vm) => ({
      ...vm,
      name: names.of('vm', vm.name),
      datacenter: place('dc', vm.datacenter),
      folder: place('folder', vm.folder),
      pool: place('place', vm.pool),
      vApp: place('place', vm.vApp),
      host: vm.host && names.of('host', vm.host),
      datastore: vm.datastore && names.of('datastore', vm.datastore),
      datastoreFolder: vm.datastoreFolder && names.of('files', vm.datastoreFolder),
      cdrom: maskedFile(vm.cdrom, names),
      extraConfig: vm.extraConfig && maskedConfig(vm, names),
    })),
  };
}

function withoutIdentity({instanceUuid: _own, ...about}: NonNullable<Fixture['about']>): Fixture['about'] {
  return about;
}

/** The same name is always given the same other one, and an empty one stays empty. */
class Pseudonyms {
  readonly #known = new Map<string, string>();
  readonly #counts = new Map<string, number>();

  constructor({vms = []}: Fixture) {
    // A report lists VMs by name: numbered in that order, they stay in it.
    for (const name of vms.map((vm) => vm.name).sort()) this.of('vm', name);
  }

  of(kind: string, name: string): string {
    if (name === '') return name;
    const key = `${kind}:${name}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const made = `${kind}-${String(count).padStart(5, '0')}`;
    this.#known.set(key, made);
    return made;
  }
}

interface Named<Self> {
  readonly name: string;
  readonly folders?: readonly Self[] | undefined;
}

interface Folder extends Named<Folder> {}

function renamed({name, folders = []}: Folder, kind: string, names: Pseudonyms): Folder {
  return {name: names.of(kind, name), folders: folders.map((folder) => renamed(folder, kind, names))};
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
  return place === null
    ? undefined
    : `[${names.of('datastore', place.dsName)}] ${names.of('files', place.path)}.iso`;
}

function maskedConfig({id, extraConfig = {}}: FixtureVm, names: Pseudonyms): Record<string, string> {
  const texts = Object.entries(extraConfig).flatMap(([key, value]): readonly (readonly [string, string])[] =>
    value === null ? [] : [[key, typeof value === 'string' ? value : value.value]],
  );
  const mask = (key: string, raw: string) => maskedValue(key, raw, id ?? '', names);
  const config = Object.fromEntries(
    texts.flatMap(([key, raw]) => {
      const value = mask(key, raw);
      return value === null ? [] : [[key, value]];
    }),
  );
  const ledger = texts.find(([key]) => key === LEDGER_KEY)?.[1];
  if (ledger !== undefined)
    config[LEDGER_KEY] = maskedLedger(ledger, Object.fromEntries(texts), config, mask);
  return config;
}

/** `null` for a key that is left out. */
function maskedValue(key: string, raw: string, id: string, names: Pseudonyms): string | null {
  const text = decodeValue(raw);
  if (NAMES.has(key)) return text === '' ? raw : maskedName(text, names);
  if (key === ID_KEY.container) return isContainerId(raw) ? raw : MASKED;
  // Of a copied appliance it names another VM.
  if (key === ID_KEY.appliance)
    return isApplianceId(raw, id) || /^VirtualMachine:[a-z]*-?\d+$/.test(raw) ? raw : MASKED;
  const kept = KEPT.get(key);
  if (kept === undefined) return null;
  return text === '' || kept.test(text) ? raw : MASKED;
}

/** Names that docker does not allow stay such names. */
function maskedName(name: string, names: Pseudonyms): string {
  const other = names.of('name', name);
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name) ? other : `_${other}`;
}

type Config = Readonly<Record<string, string>>;

/** A valid ledger stays one, about the masked values; what cannot be read stays unreadable. */
function maskedLedger(
  raw: string,
  before: Config,
  after: Config,
  mask: (key: string, raw: string) => string | null,
): string {
  const state = parseLedger(raw, null);
  if (state.status !== 'valid') return state.status === 'none' ? raw : MASKED;
  const {ledger} = state;
  const sums = (digests: Ledger['applied'][number]['after']) =>
    Object.fromEntries(
      Object.entries(digests).map(([key, sum]) => {
        const unchanged = sum === digest(before[key] ?? null);
        return [key, sum === null ? null : unchanged ? digest(after[key] ?? null) : digest(MASKED)];
      }),
    );
  return encodeLedger({
    ...ledger,
    runs: Object.fromEntries(
      Object.entries(ledger.runs).map(([run, {time, tool}]) => [run, {time, tool, user: MASKED}]),
    ),
    applied: ledger.applied.map((entry) => ({
      ...entry,
      before: Object.fromEntries(
        Object.entries(entry.before).map(([key, value]) => {
          if (value === null) return [key, null];
          return [key, isWithheld(value) ? {sha256: digest(MASKED)} : mask(key, value)];
        }),
      ),
      after: sums(entry.after),
      seen: sums(entry.seen),
    })),
  });
}
