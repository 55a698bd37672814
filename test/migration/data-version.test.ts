import {expect} from 'chai';
import fc from 'fast-check';
import {parseDataVersion} from '../../src/extraconfig/value.js';
import {acceptDataVersion, LATEST_CHANGE} from '../../src/migration/data-version.js';
import {builtin, VERSION} from './samples.js';

describe('the data version', () => {
  it('is 0 where it is absent, empty or <nil>', () => {
    for (const raw of [undefined, '', '<nil>', '0', '-0', '+00']) {
      expect(parseDataVersion(raw)).to.equal(0);
    }
  });

  it('is what Go takes for a non-negative integer, and nothing else', () => {
    fc.assert(
      fc.property(fc.nat(), (version) => {
        expect(parseDataVersion(String(version))).to.equal(version);
        for (const raw of [`0${version}`, `+${version}`, `+00${version}`])
          expect(parseDataVersion(raw)).to.equal(version);
        for (const raw of [
          `-${version + 1}`,
          `++${version}`,
          `${version}_0`,
          ` ${version}`,
          `${version}\n`,
          `${version}.0`,
        ]) {
          expect(parseDataVersion(raw)).to.equal(null);
        }
      }),
    );
  });

  it('is accepted up to 10, and the refusal names the VM and what is there', () => {
    const accept = (raw: string) =>
      acceptDataVersion({[VERSION]: raw}, 'container', {
        label: 'containerVM abc',
        vm: 'VirtualMachine:vm-13',
      });
    expect(accept('10')).to.equal(10);
    expect(String(accept('11'))).to.match(/containerVM abc: its data version 11 .*vch-migrate/);
    expect(String(accept('zz'))).to.match(/containerVM abc: its data version "zz"/);
  });

  it('is due for whatever a plugin of VIC changes', () => {
    for (const target of ['appliance', 'container'] as const) {
      const versions = builtin.forTarget(target).map(({version}) => version);
      expect(LATEST_CHANGE[target], target).to.equal(Math.max(...versions));
    }
  });
});
