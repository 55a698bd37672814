import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {encodeValue, NIL} from '../../src/extraconfig/value.js';
import {ROOT} from '../peers.js';
import {APPLIANCE, applianceKeys, configs, LEDGER, rollback, upgrade, withVch} from './small-upgrade.js';

interface Golden {
  readonly name: string;
  readonly target: string;
  readonly config: Readonly<Record<string, string>>;
  readonly expected?: Readonly<Record<string, string>>;
}

const REGISTRIES = 'guestinfo.vice./registry/insecure_registries';
const OWN =
  /^(vch-migrate\/.*|UpdateInProgress|guestinfo\.vice\.\.init\.(networks\|client\.assigned\.IP|sessions\|.*\.started))$/;

/** Appliances of VIC's own encoding: before 5, between 5, 7 and 8, and after. */
const APPLIANCES = readFileSync(`${ROOT}fixtures/golden/migrations.jsonl`, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Golden => JSON.parse(line))
  .filter(
    ({name, target, config}) =>
      target === 'appliance' && /-pv(-1|5|7|8|10)$/.test(name) && REGISTRIES in config,
  );

// VIC's group 11-02, whose two cases VIC skips: plugins 5 and 8 from end to end. Left out: pulling an image from such a
// registry, for which nothing but docker and a registry is needed.
describe('insecure registries through an upgrade', () => {
  for (const {name, config, expected = {}} of APPLIANCES) {
    it(`become what they are to be, and what they were after a rollback: ${name}`, async () => {
      await withVch(
        {vms: [], appliance: {extends: undefined, extraConfig: raw(config)}},
        async (session, simulator) => {
          const before = configs(simulator);
          const {upgrade: ended} = await upgrade(session);
          expect(ended.result).to.equal(Number(config[PLUGIN_VERSION]) === 10 ? 'unchanged' : 'upgraded');
          const after = applianceKeys(simulator);
          expect(ofRegistries(after)).to.deep.equal(ofRegistries(raw(expected)));
          expect(others(after)).to.deep.equal(others({...raw(expected), ...OWN_ID, [PLUGIN_VERSION]: '10'}));
          if (ended.result === 'unchanged') return;
          expect(LEDGER in after).to.equal(Number(config[PLUGIN_VERSION] ?? 0) < 8);
          expect((await rollback(session)).upgrade.result).to.equal('rolled-back');
          expect(configs(simulator)).to.deep.equal(before);
        },
      );
    });
  }
});

const PLUGIN_VERSION = 'guestinfo.vice./init/version/PluginVersion';
const OWN_ID = {'guestinfo.vice./init/common/id': `VirtualMachine:${APPLIANCE}`};

/** As vSphere has it: an empty value would remove its key. */
function raw(config: Readonly<Record<string, string>>): Record<string, string> {
  const encoded = Object.entries(config).map(([key, value]) => [key, encodeValue(value)] as const);
  return {...Object.fromEntries(encoded), ...OWN_ID};
}

function ofRegistries(config: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(others(config)).filter(([key]) => key.startsWith(REGISTRIES)));
}

/** All but what is ours, and what the guest says of its start. To VIC, an empty value is as good as none. */
function others(config: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(config).filter(([key, value]) => !OWN.test(key) && value !== NIL && value !== ''),
  );
}
