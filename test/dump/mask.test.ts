import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect} from 'chai';
import fc from 'fast-check';
import {builtinPlugins} from '../../plugins/index.js';
import {masked} from '../../src/dump/mask.js';
import {encodeLedger, type Ledger, parseLedger} from '../../src/migration/ledger.js';
import {planVm} from '../../src/migration/plan.js';
import {createRegistry} from '../../src/migration/registry.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {readFixture} from '../../src/simulator/fixture/read.js';
import {sizeOf} from '../depth.js';
import {onSimulator, vchMigrate} from '../on-simulator.js';
import {ROOT} from '../peers.js';
import {withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';

const LEDGER = 'vch-migrate/ledger';
const REGISTRY = createRegistry(builtinPlugins);
const RUN = {runId: 'r', time: '2026-01-01T00:00:00.000Z', user: 'u', toolVersion: '1.0.0'};

type Json = null | boolean | number | string | readonly Json[] | {readonly [name: string]: Json};

/** Members with the names of types, and the identities that stay: what says which VM is whose. */
const STAYS = new Set([
  'schema',
  'id',
  'uuid',
  'instanceUuid',
  'powerState',
  'connectionState',
  'type',
  'apiType',
  'entity',
]);

/** Everything that a masked dump may say, and nothing else. */
const SAYS = [
  /^_?(?:dc|place|folder|host|datastore|files|iso|vm|name|key|run)-\d{5}$/,
  /^(?:(?:dc|place|folder)-\d{5}|\/)+$/,
  /^1000-plugin-\d{5}$/,
  /^\[datastore-\d{5}\] (?:files-\d{5}\/)?iso-\d{5}\.iso$/,
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  /^(?:[0-9a-f]{64}|[0-9a-f]{12}|[0-9a-f]{16})$/,
  /^(?:VirtualMachine:)?vm-\d{1,6}$/,
  /^[+-]?\d{1,6}$/,
  /^1485907200(?:000000000)?$/,
  /^v?[01]\.\d{1,2}\.\d{1,2}$/,
  /^[4-9]\.\d(?:\.\d{1,2}(?:\.\d)?)?$/,
  /^\d{4,9}$/,
  /^VMware (?:vCenter Server|ESXi) [4-9][\d.]* build-\d{4,9}$/,
  /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z$/,
  /^(?:vch-migrate )?\d{1,3}\.\d{1,3}\.\d{1,3}$/,
  /^(?:vch-migrate\/fixture\/v1|VirtualCenter|HostAgent|VMFS|NFS|vsan|powered(?:On|Off)|suspended|connected|disconnected|inaccessible|orphaned|invalid|notResponding)$/,
  /^(?:masked|other|true|false||<nil>|CreatingVCH|Reader|System\.Read|administrator@vsphere\.local|simulator)$/,
  /^000[1-8]-(?:appliance|container)-[a-z-]+$/,
] as const;

/** The texts of a document, those inside of ledgers included, and the names of ExtraConfig and ledger keys. */
function* textsIn(value: Json, inKeys = false): Generator<string> {
  if (typeof value === 'string') {
    const ledger = value.startsWith('{') ? JSON.parse(value) : undefined;
    if (ledger === undefined) yield value;
    else yield* textsIn({...ledger, runs: Object.entries<Json>(ledger.runs).flat()});
  } else if (Array.isArray(value)) for (const item of value) yield* textsIn(item);
  else if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) {
      if (inKeys && !KEYS.test(name)) yield name;
      yield* textsIn(inner, ['extraConfig', 'before', 'after', 'seen'].includes(name));
    }
}

const KEYS =
  /^(?:guestinfo\.vice\.\/(?:init\/)?(?:common\/(?:id|name)|version\/(?:PluginVersion|BuildNumber|Version))|(?:init\/)?common\/name|common\/rename-disabled|guestinfo\.vice\.\.createtime|UpdateInProgress|vch-migrate\/ledger|key-\d{5})$/;

const host = fc
  .tuple(fc.stringMatching(/^[a-z]{6,10}$/), fc.constantFrom('acme.example', 'corp.internal'))
  .map((parts) => parts.join('.'));
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => `1${parts.join('.')}.77`);
/** What somebody would not send to others, in the forms in which it stands in keys, names and values. */
const SECRETS = fc.oneof(
  host,
  ipv4,
  fc.tuple(fc.constantFrom('4.', '6.7.', '8.0.1.'), ipv4).map(([release, ip]) => `${release}${ip}`),
  fc.stringMatching(/^fd[0-9a-f]{2}:[0-9a-f]{4}::[0-9a-f]{2,4}$/),
  fc.stringMatching(/^00:50:56(:[0-9a-f]{2}){3}$/),
  // Twelve digits are a container's id.
  fc.stringMatching(/^[1-9]\d{12,15}$/),
  fc.stringMatching(/^[A-Za-z0-9+/]{30,40}={0,2}$/),
  host.map((name) => `ann@${name}`),
  host.map((name) => `https://ops:hunter2@${name}/sdk`),
  host.map((name) => `[nfs-${name}] vch/${name}.vmx`),
  host.map((name) => `VirtualMachine:${name.replace('.', '-')}-12`),
  host.map((name) => `-----BEGIN CERTIFICATE-----\nMIID${name}\n-----END CERTIFICATE-----`),
  host.map((name) => `1000-container-${name}`),
  host.map((name) => `${name}|🐳 <&>"'${name}`),
);

/** A path to a text in a document; the last part may be the name of an ExtraConfig key itself. */
type Position = {readonly path: readonly string[]; readonly of: 'value' | 'name'};

function* positionsIn(value: Json, path: readonly string[] = []): Generator<Position> {
  const name = path.at(-1) ?? '';
  if (typeof value === 'string') {
    // In a masked VM's keys, an id is a value as any other.
    if (!STAYS.has(name)) yield {path, of: 'value'};
    if (path.at(-2) === 'extraConfig') yield {path, of: 'name'};
  } else if (typeof value === 'object' && value !== null)
    for (const [inner, item] of Object.entries(value)) yield* positionsIn(item, [...path, inner]);
}

function planted(value: Json, {path, of}: Position, secret: string): Json {
  const [name, ...rest] = path;
  if (name === undefined) return secret;
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.entries(value).map(([own, item]): [string, Json] =>
    own !== name
      ? [own, item]
      : rest.length === 0 && of === 'name'
        ? [secret, item]
        : [own, planted(item, {path: rest, of}, secret)],
  );
  return Array.isArray(value) ? inner.map(([, item]) => item) : Object.fromEntries(inner);
}

/** A ledger of other plugins and runs than ours, with a secret wherever a text is. */
function strangeLedger(raw: string, secret: string): string {
  const state = parseLedger(raw, null);
  if (state.status !== 'valid') throw new Error('the VM has no valid ledger');
  const {ledger} = state;
  const keyed = {[secret]: secret};
  const entry: Ledger['applied'][number] = {
    ...{
      id: `1000-container-${secret}`,
      version: 1000,
      revision: 1,
      run: secret,
      time: secret,
      dataVersion: 1,
    },
    ...{before: keyed, after: keyed, seen: {[`${secret}/seen`]: null}},
  };
  return encodeLedger({
    ...ledger,
    runs: {...ledger.runs, [secret]: {time: secret, user: secret, tool: secret, changeId: secret}},
    applied: [...ledger.applied, entry],
  });
}

/** What is decided on each containerVM, without names and values. */
async function decisions({vms = []}: Fixture) {
  const decided = vms.map(async ({id, instanceUuid = '', extraConfig = {}}) => {
    const config = Object.fromEntries(
      Object.entries(extraConfig).flatMap(([key, value]) =>
        typeof value === 'string' ? [[key, value]] : [],
      ),
    );
    const own = config['guestinfo.vice./common/id'];
    if (own === undefined || !/^[0-9a-f]{64}$/.test(own)) return [id];
    const decision = await planVm(REGISTRY, {target: 'container', id: own, instanceUuid, config}, RUN);
    const {status, findings} = decision;
    const keys = 'changes' in decision ? decision.changes.map(({key, before}) => [key, before === null]) : [];
    const code = 'error' in decision ? decision.error?.code : undefined;
    return [id, status, findings.map((found) => found.code), keys, code];
  });
  return Promise.all(decided);
}

function mask(document: Json): {readonly whole: Fixture; readonly other: Fixture; readonly text: string} {
  const whole = readFixture(document);
  const other = masked(whole, REGISTRY);
  return {whole, other, text: JSON.stringify(other)};
}

describe('a masked dump', () => {
  let base: Json;
  let positions: readonly Position[];
  before(async () => {
    await withDirectory({}, (folder) =>
      withSimulator({fixture: `${ROOT}fixtures/odd.json`}, async (simulator) => {
        await onSimulator(simulator, 'apply', '--id', 'vm-101', '--change-id', 'CHG-4711', '--yes');
        const file = join(folder, 'dump.json');
        const {code, stderr} = await onSimulator(simulator, 'dump', file);
        expect(code, stderr).to.equal(0);
        base = JSON.parse(readFileSync(file, 'utf8'));
        positions = [...positionsIn(base)];
      }),
    );
  });

  const saysNothingElse = (other: Fixture) => {
    const said = [...textsIn(JSON.parse(JSON.stringify(other)))];
    expect(said.filter((text) => !SAYS.some((pattern) => pattern.test(text)))).to.deep.equal([]);
  };

  it('says nothing but what is on a list, and is planned alike', async () => {
    const {whole, other} = mask(base);
    saysNothingElse(other);
    expect(await decisions(other)).to.deep.equal(await decisions(whole));
    expect(positions.length).to.be.greaterThan(1000);
  });

  it('has no secret that stands in any one place of it', async () => {
    const runs = sizeOf('dumps with planted secrets', {sample: 40, ci: 200, exhaustive: 2000});
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), SECRETS), {minLength: 20, maxLength: 40}),
        async (plants) => {
          const taken = plants.flatMap(([index, secret]) => {
            const position = positions[index % positions.length];
            return position === undefined ? [] : [{position, secret}];
          });
          const document = taken.reduce((doc, {position, secret}) => {
            // A drive without the path of an ISO file is no fixture.
            const word = secret.replaceAll(/[^a-z0-9.]/g, '-');
            const isDrive = position.path.at(-1) === 'cdrom';
            return planted(doc, position, isDrive ? `[${word}] ${word}/${word}.iso` : secret);
          }, base);
          const {whole, other, text} = mask(document);
          for (const {secret} of taken) expect(text).not.to.include(JSON.stringify(secret).slice(1, -1));
          saysNothingElse(other);
          expect(await decisions(other)).to.deep.equal(await decisions(whole));
        },
      ),
      {numRuns: runs},
    );
  });

  it('has none of a ledger that other plugins wrote: ids, runs, keys, values', async () => {
    await fc.assert(
      fc.asyncProperty(SECRETS, async (secret) => {
        const document = JSON.parse(JSON.stringify(base));
        const vm = document.vms.find(
          ({extraConfig = {}}: {extraConfig?: Record<string, string>}) =>
            parseLedger(extraConfig[LEDGER], null).status === 'valid',
        );
        vm.extraConfig[LEDGER] = strangeLedger(vm.extraConfig[LEDGER], secret);
        const {whole, other, text} = mask(document);
        expect(text).not.to.include(JSON.stringify(secret).slice(1, -1));
        saysNothingElse(other);
        expect(await decisions(other)).to.deep.equal(await decisions(whole));
      }),
      {numRuns: 30},
    );
  });

  it('stays masked where it is dumped again', () =>
    withDirectory({}, async (folder) => {
      const [first, again] = [join(folder, 'first.json'), join(folder, 'again.json')];
      await vchMigrate(['dump', first, '--mask', '--target', `sim:${ROOT}fixtures/legacy.json`]);
      await vchMigrate(['dump', again, '--target', `sim:${first}`]);
      expect(JSON.parse(readFileSync(again, 'utf8')).dump.masked).to.equal(true);
      const {code, stderr} = await vchMigrate([
        'plan',
        '--from-dump',
        again,
        '--out',
        join(folder, 'p.json'),
      ]);
      expect(code).to.equal(5);
      expect(stderr).to.include('masked dump');
    }));
});
