import {expect} from 'chai';
import fc from 'fast-check';
import createtime from '../../plugins/0009-container-createtime.js';
import {builtinPlugins} from '../../plugins/index.js';
import {isHidden, keyMatcher} from '../../src/extraconfig/keys.js';
import {migrateConfigWith} from '../../src/migration/migrate-config.js';
import {createRegistry} from '../../src/migration/registry.js';

const CREATETIME = 'guestinfo.vice..createtime';
const registry = createRegistry([createtime]);

async function converted(value: string) {
  const {config, findings} = await migrateConfigWith(registry, 'container', {[CREATETIME]: value});
  return {value: config[CREATETIME], findings: findings.map(({code}) => code)};
}

describe('0009-container-createtime', () => {
  it('is never written to a VM', () => {
    expect(createtime.persist).to.equal(false);
    expect(registry.persisted('container')).to.deep.equal([]);
  });

  it('turns seconds into nanoseconds', async () => {
    expect(await converted('1485907200')).to.deep.equal({value: '1485907200000000000', findings: []});
    expect((await converted('-5')).value).to.equal('-5000000000');
    expect((await converted('+5')).value).to.equal('5000000000');
    expect((await converted('007')).value).to.equal('7000000000');
    expect((await converted('0')).value).to.equal('0');
  });

  it('leaves alone what is nanoseconds already, from 10^15 on', async () => {
    for (const value of ['1000000000000000', '-1000000000000000', '1485907200000000000', '9'.repeat(30)]) {
      expect(await converted(value)).to.deep.equal({value, findings: []});
    }
    expect((await converted('999999999999999')).findings).to.deep.equal(['createtime-out-of-range']);
  });

  it('leaves alone what is empty', async () => {
    for (const value of ['', '<nil>']) expect(await converted(value)).to.deep.equal({value, findings: []});
  });

  it('never loses a digit, and never leaves 64 bits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}), async (seconds) => {
        const {value} = await converted(String(seconds));
        expect([String(seconds), String(seconds * 10n ** 9n)]).to.include(value);
        expect(BigInt.asIntN(64, BigInt(value ?? ''))).to.equal(BigInt(value ?? ''));
      }),
    );
  });
});

describe('VIC’s own plugins', () => {
  it('write to containerVMs common/name and common/rename-disabled only', () => {
    const keys = createRegistry(builtinPlugins)
      .persisted('container')
      .flatMap((plugin) => plugin.keys);
    expect(keys).to.deep.equal(['common/name', 'common/rename-disabled']);
    expect(keys.every(isHidden)).to.equal(true);
  });

  it('never declare what may never be written', () => {
    const declared = keyMatcher(builtinPlugins.flatMap((plugin) => plugin.keys));
    for (const key of [
      'guestinfo.vice./common/name',
      'guestinfo.vice./init/common/name',
      'guestinfo.vice./version/PluginVersion',
      'guestinfo.ovfEnv',
      'guestinfo.vice./connect/token@secret',
    ]) {
      expect(declared(key), key).to.equal(false);
    }
  });
});
