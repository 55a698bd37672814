import {readFileSync} from 'node:fs';
import fc from 'fast-check';
import {builtinPlugins} from '../../plugins/index.js';
import {applyChanges, type ExtraConfig} from '../../src/extraconfig/extra-config.js';
import {writtenKeys} from '../../src/migration/decision.js';
import {planVm, type RunInfo, type VmInput} from '../../src/migration/plan.js';
import {definePlugin, type Plugin, type PluginDefinition, type Target} from '../../src/migration/plugin.js';
import {createRegistry, type PluginRegistry} from '../../src/migration/registry.js';

export const LEGACY_NAME = 'guestinfo.vice./common/name';
export const NAME = 'common/name';
export const MARK = 'common/rename-disabled';
export const VERSION = 'guestinfo.vice./version/PluginVersion';
export const LEDGER = 'vch-migrate/ledger';

export const builtin = createRegistry(builtinPlugins);

export const run: RunInfo = {
  runId: 'run-1',
  time: '2026-01-02T03:04:05Z',
  user: 'administrator@vsphere.local',
  changeId: 'CHG-1',
  toolVersion: '0.1.0',
};

/** A containerVM with this ExtraConfig. */
export function container(config: ExtraConfig): VmInput {
  return {target: 'container', id: 'a'.repeat(64), instanceUuid: '5012-34', config};
}

/** An appliance with this ExtraConfig. */
export function appliance(config: ExtraConfig): VmInput {
  return {target: 'appliance', id: 'VirtualMachine:vm-12', instanceUuid: '5012-00', config};
}

/** A plugin of someone else, sound but for what is given. */
export function foreignPlugin(definition: Partial<PluginDefinition> = {}): Plugin {
  return definePlugin({
    version: 1000,
    target: 'container',
    name: 'sample',
    summary: 'a sample',
    keys: ['sample/key'],
    revision: 1,
    persist: true,
    up: (draft) => draft.set('sample/key', 'done'),
    ...definition,
  });
}

/** The VM after `apply`, its ledger included. */
export async function applied(registry: PluginRegistry, input: VmInput, as: RunInfo = run): Promise<VmInput> {
  const plan = await planVm(registry, input, as);
  if (plan.status !== 'pending') throw new Error(`nothing to apply: ${plan.status}`);
  return {...input, config: applyChanges(input.config, writtenKeys(plan))};
}

/** The same VM with some keys set, or removed with `null`. */
export function tampered(input: VmInput, values: Readonly<Record<string, string | null>>): VmInput {
  const changes = Object.entries(values).map(([key, after]) => ({key, before: null, after}));
  return {...input, config: applyChanges(input.config, changes)};
}

/** One line of `migrations.jsonl`. */
export interface GoldenCase {
  readonly name: string;
  readonly target: Target;
  readonly config: Record<string, string>;
  readonly expected?: Record<string, string>;
  readonly error?: string;
  readonly vic?: Record<string, string> | string;
  readonly deviations?: readonly string[];
}

/** The cases that specify migrateConfig. */
export function goldenCases(): GoldenCase[] {
  return jsonLines('golden/migrations.jsonl');
}

/** Whole ExtraConfigs as VIC's own encoder writes them. */
export function vicEncoded(): Pick<GoldenCase, 'name' | 'target' | 'config'>[] {
  return jsonLines('vic-encoded.jsonl');
}

function jsonLines<T>(file: string): T[] {
  const text = readFileSync(new URL(`../../../fixtures/${file}`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const odd = fc.constantFrom(
  '',
  '<nil>',
  'web',
  ' lead',
  'tab\tname',
  'a|b',
  '名前',
  'emoji😀',
  '007',
  'true',
  '<![CDATA[x]]>',
);
const value = fc.oneof(odd, fc.string());
const version = fc.constantFrom('', '<nil>', '0', '1', '2', '3', '4', '8', '9', '10');

/** With any of these keys, and some that we know nothing of. */
function configs(known: Record<string, fc.Arbitrary<string>>): fc.Arbitrary<Record<string, string>> {
  return fc
    .tuple(
      fc.dictionary(fc.string({minLength: 1}), value, {noNullPrototype: true, maxKeys: 5}),
      fc.record(known, {requiredKeys: [], noNullPrototype: true}),
    )
    .map(([unknown, known]) =>
      Object.fromEntries(
        [...Object.entries(unknown), ...Object.entries(known)].flatMap(([key, value]) =>
          value === undefined ? [] : [[key, value]],
        ),
      ),
    );
}

/** ExtraConfigs of containerVMs: any data version that is migrated, names or none, and keys we know nothing of. */
export const containerConfig = configs({
  [LEGACY_NAME]: value,
  [NAME]: value,
  [VERSION]: version,
  [MARK]: fc.constantFrom('true', 'false', '<nil>'),
  'guestinfo.vice..createtime': fc.oneof(
    fc.constantFrom('1485907200', 'abc', '', '-5'),
    fc.bigInt().map(String),
  ),
});

const REGISTRIES = 'guestinfo.vice./registry/insecure_registries';
const host = fc.constantFrom('reg:5000', '', '<nil>', 'a|b', '/x', 'reg:5000/x', '//', '名前');
const variable = fc.oneof(fc.constantFrom('HTTP_PROXY', 'HTTPS_PROXY=', 'HTTP_PROXY=http://u:p=w@x'), value);

/** ExtraConfigs of appliances: registries as URLs, as a list or not at all, proxies, names or none. */
export const applianceConfig = configs({
  'guestinfo.vice./init/common/name': value,
  'init/common/name': value,
  'guestinfo.vice./init/version/PluginVersion': version,
  'guestinfo.vice./init/sessions|vicadmin/cmd/Env~': fc.array(variable).map((list) => list.join('|')),
  [REGISTRIES]: fc.constantFrom('0', '1', '2', '-1', 'x', '<nil>', '99999'),
  [`${REGISTRIES}~`]: fc.constantFrom('', '<nil>', 'reg:5000|b'),
  ...Object.fromEntries(
    [0, 1].flatMap((at) =>
      ['Scheme', 'Opaque', 'Host', 'Path'].map((part) => [`${REGISTRIES}|${at}/${part}`, host]),
    ),
  ),
});
