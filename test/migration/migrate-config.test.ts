import {expect} from 'chai';
import {builtinPlugins} from '../../plugins/index.js';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {planVm} from '../../src/migration/plan.js';
import {createRegistry} from '../../src/migration/registry.js';
import {
  applied,
  builtin,
  container,
  foreignPlugin,
  type GoldenCase,
  goldenCases,
  LEDGER,
  LEGACY_NAME,
  MARK,
  NAME,
  run,
  VERSION,
  vicEncoded,
} from './samples.js';

const cases = goldenCases();
const CREATETIME = 'guestinfo.vice..createtime';

async function outcome({target, config}: GoldenCase): Promise<Record<string, string> | string> {
  try {
    return (await migrateConfigWith(builtin, target, config)).config;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

/** What cannot be compared left out, as the README of the golden data has it. */
function normalised(config: Record<string, string>, input: Record<string, string>): Record<string, string> {
  const hasValue = (value: string | undefined) => value !== undefined && value !== '' && value !== '<nil>';
  const kept = Object.entries(config).filter(
    ([key, value]) => hasValue(value) && (!['0', 'false'].includes(value) || hasValue(input[key])),
  );
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key.endsWith('/sessions') ? value.split('|').sort().join('|') : value]),
  );
}

/** Keys where the result differs from what VIC's own code gave; the mark is ours alone. */
function deviatingKeys(golden: GoldenCase): string[] {
  const {expected, vic, config} = golden;
  if (expected === undefined || vic === undefined || typeof vic === 'string') return [];
  const [ours, theirs] = [normalised(expected, config), normalised(vic, config)];
  const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  keys.delete(MARK);
  return [...keys].filter((key) => ours[key] !== theirs[key]);
}

describe('migrateConfig', () => {
  it('has nothing to migrate where there is nothing at all', async () => {
    for (const target of ['appliance', 'container'] as const)
      expect(await migrateConfigWith(createRegistry(builtinPlugins), target, {})).to.deep.include({
        migrated: false,
        config: {},
        applied: [],
      });
  });

  it('has all of the golden cases', () => {
    expect(cases).to.have.length(84);
  });

  for (const golden of cases) {
    it(`gives what is wanted for ${golden.name}`, async () => {
      const result = await outcome(golden);
      if (golden.expected === undefined || typeof result === 'string') {
        expect(result).to.equal(golden.error);
      } else {
        expect(normalised(result, golden.config)).to.deep.equal(normalised(golden.expected, golden.config));
      }
    });
  }

  it('deviates from VIC nowhere but for the named reasons', () => {
    const reasons = new Map([
      ['name-kept', /common\/name$/],
      ['env-tail-kept', /\/cmd\/Env~$/],
      ['createtime-guard', /createtime$/],
      ['registry-plain', /insecure_registries~$/],
      ['registry-list-kept', /insecure_registries~$/],
    ]);
    for (const golden of cases) {
      const allowed = (golden.deviations ?? []).map((name) => reasons.get(name));
      const unexplained = deviatingKeys(golden).filter((key) => !allowed.some((reason) => reason?.test(key)));
      expect(unexplained, golden.name).to.deep.equal([]);
    }
  });

  it('takes a missing name for a finding and goes on', async () => {
    const result = await migrateConfigWith(builtin, 'container', {[LEGACY_NAME]: '<nil>', [CREATETIME]: '5'});
    expect(result.findings.map(({code}) => code)).to.deep.equal(['VCH_ERR_NAME_MISSING']);
    expect(result.applied).to.deep.equal(['0004-container-rename-disabled', '0009-container-createtime']);
    expect(result.config).to.deep.equal({
      [LEGACY_NAME]: '<nil>',
      [CREATETIME]: '5000000000',
      [MARK]: 'true',
      [VERSION]: '10',
    });
  });

  it('sets the data version where one of VIC’s own was due, and only there', async () => {
    const versionOf = async (target: 'container' | 'appliance', from: string) => {
      const key = target === 'container' ? VERSION : 'guestinfo.vice./init/version/PluginVersion';
      const {config, migrated} = await migrateConfigWith(builtin, target, {[key]: from});
      return [config[key], migrated];
    };
    expect(await versionOf('container', '8')).to.deep.equal(['10', true]);
    expect(await versionOf('container', '9')).to.deep.equal(['9', false]);
    expect(await versionOf('appliance', '7')).to.deep.equal(['10', true]);
    expect(await versionOf('appliance', '8')).to.deep.equal(['8', false]);
  });

  it('counts in bigint: nothing is rounded', async () => {
    const {config} = await migrateConfigWith(builtin, 'container', {[NAME]: 'n', [CREATETIME]: '9223372036'});
    expect(config[CREATETIME]).to.equal('9223372036000000000');
  });

  it('never writes a createtime that does not fit 64 bits', async () => {
    const {config, findings} = await migrateConfigWith(builtin, 'container', {
      [NAME]: 'n',
      [CREATETIME]: '9223372037',
    });
    expect(config[CREATETIME]).to.equal('9223372037');
    expect(findings.map(({code}) => code)).to.deep.equal(['createtime-out-of-range']);
  });

  it('applies plugins of others by the ledger alone, and in order', async () => {
    const registry = createRegistry([...builtinPlugins, foreignPlugin()]);
    const fresh = await migrateConfigWith(registry, 'container', {[NAME]: 'n', [VERSION]: '10'});
    expect(fresh.applied).to.deep.equal(['1000-sample']);
    expect(fresh.migrated).to.equal(true);
    const vm = await applied(registry, container({[NAME]: 'n', [VERSION]: '10'}));
    const again = await migrateConfigWith(registry, 'container', {...vm.config, 'sample/key': 'mine'});
    expect(again.applied).to.deep.equal([]);
    expect(again.config['sample/key']).to.equal('mine');
    const broken = await migrateConfigWith(registry, 'container', {
      [NAME]: 'n',
      [VERSION]: '10',
      [LEDGER]: '{',
    });
    expect(broken.applied).to.deep.equal([]);
    expect(broken.findings.map(({code}) => code)).to.deep.equal(['ledger-invalid']);
  });

  const withoutOurs = (config: Record<string, string>) => {
    const {[LEDGER]: _ledger, [MARK]: _mark, ...rest} = config;
    return rest;
  };

  it('comes to the same after apply as before for every golden containerVM that can be migrated', async () => {
    let compared = 0;
    for (const {name, target, config} of [...cases, ...vicEncoded()]) {
      if (target !== 'container') continue;
      const plan = await planVm(builtin, container(config), run);
      if (plan.status !== 'pending') continue;
      const before = await migrateConfigWith(builtin, 'container', config);
      const vm = await applied(builtin, container(config));
      const after = await migrateConfigWith(builtin, 'container', vm.config);
      expect(withoutOurs(after.config), name).to.deep.equal(withoutOurs(before.config));
      compared += 1;
    }
    expect(compared).to.be.greaterThan(20);
  });
});
