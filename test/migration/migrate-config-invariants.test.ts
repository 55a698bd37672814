import {expect} from 'chai';
import fc from 'fast-check';
import {decodeValue} from '../../src/extraconfig/value.js';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {planVm} from '../../src/migration/plan.js';
import type {Target} from '../../src/migration/plugin.js';
import {planUndo} from '../../src/migration/undo.js';
import {
  appliance,
  applianceConfig,
  applied,
  builtin,
  container,
  containerConfig,
  LEDGER,
  MARK,
  NAME,
  run,
  VERSION,
} from './samples.js';

const REGISTRIES = 'guestinfo.vice./registry/insecure_registries';

interface Kind {
  readonly target: Target;
  readonly configs: typeof containerConfig;
  readonly input: typeof container;
  readonly name: string;
  readonly version: string;
  /** Whether one of VIC's plugins may change that key. */
  readonly isOurs: (key: string) => boolean;
}

const KINDS: readonly Kind[] = [
  {
    target: 'container',
    configs: containerConfig,
    input: container,
    name: NAME,
    version: VERSION,
    isOurs: (key) => [NAME, MARK, VERSION, 'guestinfo.vice..createtime'].includes(key),
  },
  {
    target: 'appliance',
    configs: applianceConfig,
    input: appliance,
    name: 'init/common/name',
    version: 'guestinfo.vice./init/version/PluginVersion',
    isOurs: (key) =>
      key.startsWith(REGISTRIES) ||
      [
        'init/common/name',
        'guestinfo.vice./init/version/PluginVersion',
        'guestinfo.vice./init/sessions|vicadmin/cmd/Env~',
      ].includes(key),
  },
];

for (const {target, configs, input, name, version, isOurs} of KINDS) {
  const migrate = (config: Readonly<Record<string, string>>) => migrateConfigWith(builtin, target, config);

  /** Asserts it for many maps; a map that makes the property throw of itself ends it with that error. */
  const always = (holds: (config: Record<string, string>) => Promise<void>) =>
    fc.assert(fc.asyncProperty(configs, holds), {seed: Number(process.env.VCH_TEST_SEED ?? 1)});

  describe(`migrateConfig, whatever the map of the ${target} is`, () => {
    it('leaves its argument and every key that it does not know alone', () =>
      always(async (config) => {
        const argument = Object.freeze({...config});
        const {config: result} = await migrate(argument);
        expect(argument).to.deep.equal(config);
        const others = (map: Record<string, string>) =>
          Object.entries(map)
            .filter(([key]) => !isOurs(key))
            .sort();
        expect(others(result)).to.deep.equal(others(config));
      }));

    it('removes no key, and empties no value', () =>
      always(async (config) => {
        const {config: result} = await migrate(config);
        for (const [key, value] of Object.entries(config)) {
          expect(result, key).to.have.own.property(key);
          // The part of a URL that held host and path is split, and may be empty then.
          if (value !== '' && !key.endsWith('/Path')) expect(result[key], key).to.not.equal('');
        }
      }));

    it('never changes a hidden name that is there', () =>
      always(async (config) => {
        const there = decodeValue(config[name] ?? '');
        if (there !== '') expect((await migrate(config)).config[name]).to.equal(config[name]);
      }));

    it('never lowers the data version, and leads past the last change', () =>
      always(async (config) => {
        const {config: result, migrated} = await migrate(config);
        const [before, after] = [config, result].map((map) => Number(decodeValue(map[version] ?? '') || 0));
        expect(after).to.be.at.least(before ?? 0);
        if (migrated) expect(after).to.equal(10);
      }));

    it('changes nothing when run on its own result', () =>
      always(async (config) => {
        const once = await migrate(config);
        const twice = await migrate(once.config);
        expect(twice).to.deep.include({config: once.config, migrated: false, applied: []});
      }));

    it('does not depend on the order of the keys', () =>
      always(async (config) => {
        const reversed = Object.fromEntries(Object.entries(config).reverse());
        expect(await migrate(reversed)).to.deep.equal(await migrate(config));
      }));

    it('comes to the same after apply as before, and after undo to what was', () =>
      always(async (config) => {
        const vm = input(config);
        fc.pre((await planVm(builtin, vm, run)).status === 'pending');
        const after = await applied(builtin, vm);
        const withoutOurs = ({[LEDGER]: _ledger, [MARK]: _mark, ...rest}: Record<string, string>) => rest;
        // An upgrade stamps an appliance, and VIC migrates its containerVMs in memory for ever.
        const left =
          target === 'appliance' ? {...after.config, [version]: '10'} : (await migrate(after.config)).config;
        expect(withoutOurs(left)).to.deep.equal(withoutOurs((await migrate(config)).config));
        const undo = await planUndo(builtin, after);
        if (undo.status === 'refused') expect(undo.error.message).to.include('may be a secret');
        else expect(undo.status).to.equal('pending');
      }));
  });
}
