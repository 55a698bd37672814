import fc from 'fast-check';
import {planVm} from '../../src/migration/plan.js';
import {definePlugin} from '../../src/migration/plugin.js';
import {pluginFaults} from '../../src/migration/plugin-rules.js';
import {createRegistry} from '../../src/migration/registry.js';
import {container, LEGACY_NAME, run} from '../migration/samples.js';
import {fuzz} from './fuzz.js';
import {oddText} from './mutants.js';

/** What a careless plugin does when it runs. */
const UPS: readonly ((draft: Record<string, (...args: unknown[]) => unknown>) => unknown)[] = [
  (draft) => draft.set?.('sample/key', 'done'),
  (draft) => draft.set?.('sample/key', 7),
  (draft) => draft.get?.(Symbol('key')),
  (draft) => draft.set?.('sample/key', '\ud800'),
  (draft) => draft.finding?.(7, null),
  (draft) => draft.refuse?.('VCH_ERR_NAME_MISSING', {}),
  (draft) => draft.refuse?.(Symbol('code'), 'no'),
  () => 7,
  // biome-ignore lint/suspicious/noThenProperty: a plugin may return one
  () => ({then: (_done: unknown, fail: (error: unknown) => void) => fail(undefined)}),
  () => {
    throw undefined;
  },
  () => {
    throw Object.create(null);
  },
  async () => {
    throw Symbol('late');
  },
];

const anything = fc.oneof(
  oddText,
  fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
  }),
  fc.constantFrom(Symbol('odd'), () => {}, class {}),
);
const keys = fc.oneof(
  fc.array(fc.oneof(fc.constantFrom('sample/key', 'a*b/*', '*'.repeat(30), 'guestinfo.x'), oddText), {
    maxLength: 3,
  }),
  anything,
);

const definition = fc.record(
  {
    version: fc.oneof(fc.constantFrom(1000, 2), anything),
    target: fc.oneof(fc.constantFrom('container', 'appliance'), anything),
    name: fc.oneof(fc.constantFrom('sample', `${'a-'.repeat(30_000)}!`), anything),
    summary: fc.oneof(fc.constantFrom('a sample', `${' '.repeat(100_000)}\n`), anything),
    keys: fc.oneof(fc.constant(['sample/key']), keys),
    reads: fc.oneof(fc.constant(undefined), keys),
    revision: fc.oneof(fc.constant(1), anything),
    persist: fc.oneof(fc.constant(true), anything),
    up: fc.oneof({weight: 5, arbitrary: fc.constantFrom(...UPS)}, anything),
  },
  {requiredKeys: ['version', 'target', 'name', 'summary', 'keys', 'revision', 'persist', 'up']},
);
/** Half of them sound but for one member. */
const SOUND = {
  version: 1000,
  target: 'container',
  name: 'sample',
  summary: 'a sample',
  keys: ['sample/key'],
  revision: 1,
  persist: true,
  up: UPS[0],
};
const nearly = fc
  .tuple(definition, fc.constantFrom(...Object.keys(SOUND)))
  .map(([odd, member]) => ({...SOUND, [member]: Reflect.get(odd, member)}));
/** Made anew for each input: nothing could print them. */
const HOSTILE = new Map<unknown, () => unknown>([
  ['a proxy', () => proxy({})],
  [
    'a getter',
    () => ({
      get keys() {
        throw new Error('no keys');
      },
    }),
  ],
  ['a list that is a proxy', () => ({...SOUND, keys: proxy([])})],
]);

function proxy(of: object): unknown {
  return new Proxy(of, {
    get() {
      throw new Error('no get');
    },
  });
}

describe('fuzz: plugins', () => {
  fuzz(
    'the shape of a plugin',
    fc.oneof(definition, nearly, nearly, fc.constantFrom(...HOSTILE.keys()), anything),
    async (given) => {
      const value = HOSTILE.has(given) ? HOSTILE.get(given)?.() : given;
      if (!isDefinition(value)) return null;
      const registry = createRegistry([definePlugin(value)]);
      return planVm(registry, container({[LEGACY_NAME]: 'web', 'sample/key': 'x'}), run, {timeLimit: 20});
    },
  );
});

function isDefinition(value: unknown): value is Parameters<typeof definePlugin>[0] {
  return pluginFaults(value).length === 0;
}
