import {readFileSync} from 'node:fs';
import {expect} from 'chai';
import {
  BOOTSTRAP_KEY,
  ID_KEY,
  INSECURE_REGISTRIES_KEY,
  LEDGER_KEY,
  NAME_KEYS,
  RENAME_DISABLED_KEY,
  VICADMIN_ENV_KEY,
} from '../../src/extraconfig/keys.js';
import {joinEntries, listEntries} from '../../src/extraconfig/value.js';
import {migrateConfig} from '../../src/index.js';
import {type IsoInfo, readIsoInfo} from '../../src/iso/iso-info.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import type {UpgradeOptions} from '../../src/vch-upgrade/vch-target.js';
import {sampleOf} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {ROOT} from '../peers.js';
import {smallVch, withSession} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {APPLIANCE, applianceKeys, configs, rollback, upgrade} from './small-upgrade.js';

/** A VM's keys as the encoder of an old VIC wrote them, and what VIC's own upgrade to 1.5.6 changes. */
interface OldVm {
  readonly name: string;
  readonly release: string;
  readonly target: 'appliance' | 'container';
  readonly displayName: string;
  readonly folder: string;
  readonly vmFolder: 'datacenter' | 'vapp';
  readonly config: Readonly<Record<string, string>>;
  readonly changed: Readonly<Record<string, string>>;
}

const VMS = readFileSync(`${ROOT}fixtures/vic-old.jsonl`, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): OldVm => JSON.parse(line));
const APPLIANCES = VMS.filter(({target}) => target === 'appliance');
const CONTAINERS = VMS.filter(({target}) => target === 'container');
const RELEASES = ['v0.8.0', 'v0.9.0', 'v1.1.1'];

const REGISTRIES = `${INSECURE_REGISTRIES_KEY}~`;

/** Keys that are ours, and what differs from VIC on purpose or because the guest writes it. */
const LEFT_OUT =
  /^(vch-migrate\/.*|guestinfo\.vice\.\.init\.networks\|client\.assigned\.IP|guestinfo\.vice\.\.init\.sessions\|[^.]*\.started|guestinfo\.vice\.\/registry\/insecure_registries\|\d+\/(Host|Path))$/;

describe('VCHs of VIC 0.8, 0.9 and 1.1 as VIC itself encoded them', () => {
  for (const vm of sampleOf('appliances of old VICs', APPLIANCES, {sample: 4, ci: 15})) {
    it(`become what vic-machine makes of them, and what they were after a rollback: ${vm.name}`, async () => {
      await withIsos((isos) =>
        withSession({fixture: vchOf(vm)}, async (session, simulator) => {
          const before = configs(simulator);
          const {upgrade: ended} = await upgrade(session, {...isos, ...LIKE_DOCKER, vch});
          expect(ended).to.deep.include({result: 'upgraded', error: null});
          expect(differing(comparable(applianceKeys(simulator)), comparable(wantedOf(vm)))).to.deep.equal({});
          expect((await rollback(session, {vch})).upgrade.result).to.equal('rolled-back');
          expect(configs(simulator)).to.deep.equal(before);
        }),
      );
    });
  }

  for (const release of RELEASES) {
    it(`keep the containerVMs of ${release} but for their names, and give all of it back`, async () => {
      const [appliance] = APPLIANCES.filter((vm) => vm.release === release && vm.vmFolder === 'datacenter');
      const containers = CONTAINERS.filter((vm) => vm.release === release);
      if (appliance === undefined) throw new Error(`no appliance of ${release}`);
      await withIsos((isos) =>
        withSession({fixture: vchOf(appliance, containers)}, async (session, simulator) => {
          const before = configs(simulator);
          const outcome = await upgrade(session, {...isos, ...LIKE_DOCKER, vch});
          expect(outcome.upgrade).to.deep.include({result: 'upgraded', error: null});
          for (const {displayName, config, changed} of containers) {
            const {[LEDGER_KEY]: _, ...keys} = simulator.inventory.vm(displayName).extraConfig();
            const name = changed[NAME_KEYS.container.hidden];
            // VIC writes nothing back to a containerVM. From 1.1 on it needs nothing, either.
            const written =
              name === undefined ? {} : {[NAME_KEYS.container.hidden]: name, [RENAME_DISABLED_KEY]: 'true'};
            expect(keys).to.deep.equal({...config, ...written});
          }
          expect((await rollback(session, {vch})).upgrade.result).to.equal('rolled-back');
          expect(configs(simulator)).to.deep.equal(before);
        }),
      );
    });
  }

  for (const {name, config, changed} of CONTAINERS) {
    it(`hold in memory what VIC holds: ${name}`, async () => {
      const {config: migrated} = await migrateConfig('container', config);
      const {[RENAME_DISABLED_KEY]: _, ...keys} = migrated;
      expect(keys).to.deep.equal({...config, ...changed});
    });
  }
});

const vch = {id: APPLIANCE};
const LIKE_DOCKER: Partial<UpgradeOptions> = {probeDocker: async () => ({status: 'running'})};
const OWN_ID = {[ID_KEY.appliance]: `VirtualMachine:${APPLIANCE}`};

function withIsos(
  use: (isos: {readonly applianceIso: IsoInfo; readonly bootstrapIso: IsoInfo}) => Promise<void>,
): Promise<void> {
  return withDirectory({}, async (directory) => {
    const publisher = 'VMware Inc. v1.5.6-21123-abcdef1';
    const path = await writeIso(`${directory}/vic.iso`, {publisher, created: '2020060100000000'});
    const iso = await readIsoInfo(path);
    await use({applianceIso: iso, bootstrapIso: iso});
  });
}

/** The VCH with its containerVMs where its release put them: in the datacenter's VM folder, or in a vApp. */
function vchOf(appliance: OldVm, containers: readonly OldVm[] = []): Fixture {
  const {displayName, folder, vmFolder, config} = appliance;
  const [, datastore = ''] = /^\[(.*?)\]/.exec(config[BOOTSTRAP_KEY] ?? '') ?? [];
  const fixture = smallVch([], {bootTime: 20, shutdownTime: 10});
  const place = vmFolder === 'vapp' ? {vApp: 'cluster1/vch'} : {pool: 'cluster1/vch'};
  const [own] = fixture.vms ?? [];
  if (own === undefined) throw new Error('the fixture has no VM');
  return {
    ...fixture,
    datacenters: [
      {
        name: 'dc1',
        clusters: [
          {
            name: 'cluster1',
            hosts: [{name: 'esx1'}],
            resourcePools: vmFolder === 'vapp' ? [] : [{name: 'vch'}],
            vApps: vmFolder === 'vapp' ? [{name: 'vch'}] : [],
          },
        ],
        datastores: [{name: datastore, type: datastore.startsWith('vsan') ? 'vsan' : 'VMFS'}],
      },
    ],
    vms: [
      {
        id: APPLIANCE,
        name: displayName,
        ...place,
        uuid: '42000000-0000-4000-8000-000000000001',
        datastoreFolder: folder,
        powerState: appliance.name.endsWith('never-booted') ? 'poweredOff' : 'poweredOn',
        extraConfig: {...config, ...OWN_ID},
      },
      ...containers.map((vm) => ({
        name: vm.displayName,
        ...place,
        vch: displayName,
        datastoreFolder: vm.folder,
        containerId: vm.config[ID_KEY.container] ?? '',
        powerState: 'poweredOn' as const,
        extraConfig: vm.config,
      })),
    ],
  };
}

/** What VIC makes of an appliance, but for what is different here on purpose. */
function wantedOf({config, changed}: OldVm): Record<string, string> {
  const wanted: Record<string, string> = {...config, ...changed, ...OWN_ID};
  const {[REGISTRIES]: registries} = changed;
  // VIC writes `//host` for a registry without a scheme.
  if (registries !== undefined)
    wanted[REGISTRIES] = joinEntries(listEntries(registries).map((entry) => entry.replace(/^\.?\/+/, '')));
  const {[VICADMIN_ENV_KEY]: env = ''} = config;
  // VIC cuts a proxy at its second `=`, and takes HTTP_PROXY anywhere in an entry for the variable.
  wanted[VICADMIN_ENV_KEY] = joinEntries(
    listEntries(env).map((entry) => entry.replace(/^(HTTPS?_PROXY)=/, 'VICADMIN_$1=')),
  );
  return wanted;
}

/** The keys whose values differ, with both: two maps of 160 keys would not be shown. */
function differing(ours: Readonly<Record<string, string>>, vics: Readonly<Record<string, string>>) {
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(vics)])];
  return Object.fromEntries(
    keys.filter((key) => ours[key] !== vics[key]).map((key) => [key, {ours: ours[key], vics: vics[key]}]),
  );
}

/** Without what is left out, and without zero values: VIC writes them for fields that were absent. */
function comparable(config: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(config).filter(
    ([key, value]) => !LEFT_OUT.test(key) && !['', '0', 'false', '<nil>'].includes(value),
  );
  const {[BOOTSTRAP_KEY]: bootstrap = '', ...others} = Object.fromEntries(kept);
  // Our names of ISO files tell their content, too.
  return {...others, [BOOTSTRAP_KEY]: bootstrap.replace(/-[0-9a-f]{8}(-bootstrap\.iso)$/, '$1')};
}
