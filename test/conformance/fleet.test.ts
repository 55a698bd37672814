import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {startSimulator} from '../../src/simulator/simulator.js';
import {sampleOf} from '../depth.js';
import {vchMigrate} from '../on-simulator.js';
import {type DumpedVm, dumpOf, startVcsim} from '../peers/vcsim.js';
import {describeWithPeers, ROOT} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';

const LEGACY_NAME = 'guestinfo.vice./common/name';

const COMMANDS = sampleOf('commands over a fleet with a vcsim', ['apply', 'upgrade'] as const, {
  sample: 1,
  ci: 2,
});

if (COMMANDS.includes('apply'))
  describeWithPeers('a fleet of a vcsim and a simulator', ['vcsim', 'govc', 'python'], (peers) => {
    it('is planned, migrated and verified on both alike, by the word of pyVmomi', () =>
      withDirectory({}, async (folder) => {
        const vcsim = await startVcsim(peers, 'two-vchs.json');
        const simulator = await startSimulator({fixture: `${ROOT}fixtures/two-vchs.json`});
        try {
          const vcenters = {vcsim, simulator};
          const inventory = join(folder, 'fleet.yaml');
          const lines = Object.entries(vcenters).map(
            ([name, {url, thumbprint}]) =>
              `  - {name: ${name}, url: "${url}", thumbprint: "${thumbprint}"}\n`,
          );
          await writeFile(inventory, `version: 1\nvcenters:\n${lines.join('')}`);
          const variables = Object.fromEntries(
            Object.entries(vcenters).flatMap(([name, {user, password}]) => [
              [`VCH_MIGRATE_CRED_${name.toUpperCase()}_USER`, user],
              [`VCH_MIGRATE_CRED_${name.toUpperCase()}_PASSWORD`, password],
            ]),
          );
          const fleet = async (command: string): Promise<FleetReport> => {
            const args = ['fleet', command, '--inventory', inventory, '--state-dir', join(folder, 'state')];
            const {stdout, stderr, code} = await vchMigrate(
              [...args, ...(command === 'plan' ? [] : ['--yes']), '--format', 'json'],
              variables,
            );
            expect(code, stderr).to.equal(0);
            return JSON.parse(stdout);
          };
          const dumps = async () => [await vcsim.dump(), await dumpOf(peers, simulator)];
          const before = await dumps();

          expect((await fleet('plan')).vchs.map(({vcenter}) => vcenter).sort()).to.deep.equal([
            'simulator',
            'simulator',
            'vcsim',
            'vcsim',
          ]);
          for (const command of ['apply', 'verify']) {
            const {vchs} = await fleet(command);
            expect(
              vchs.map(({state}) => state),
              command,
            ).to.deep.equal(['done', 'done', 'done', 'done']);
            for (const dump of await dumps()) expect(unnamed(Object.values(dump)), command).to.deep.equal([]);
          }
          for (const dump of before) expect(unnamed(Object.values(dump))).to.have.length.above(0);
        } finally {
          await simulator.close();
          await vcsim.close();
        }
      }));
  });

if (COMMANDS.includes('upgrade'))
  describeWithPeers('a fleet upgrade on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
    it('upgrades the VCH that the inventory selects, as pyVmomi sees it', () =>
      withDirectory({}, async (folder) => {
        const vcsim = await startVcsim(peers, 'legacy.json');
        try {
          const before = await vcsim.dump();
          const [id = ''] = Object.entries(before).find(([, {name}]) => name === 'vch1') ?? [];
          const collect = (path: string) => vcsim.govc('collect', '-json', `VirtualMachine:${id}`, path);
          // vcsim has no guests: what VIC's would write when it is up, the test writes as soon as it is waited for.
          const guest = [
            `guestinfo.vice..init.networks|client.assigned.IP=${Buffer.from([192, 0, 2, 10]).toString('base64')}`,
            ...['docker-personality', 'port-layer', 'vicadmin'].map(
              (name) => `guestinfo.vice..init.sessions|${name}.started=true`,
            ),
          ].flatMap((pair) => ['-e', pair]);
          const guestStarts = () => vcsim.govc('vm.change', '-vm', `VirtualMachine:${id}`, ...guest);
          const inventory = join(folder, 'fleet.yaml');
          await writeFile(
            inventory,
            `version: 1\nvcenters:\n  - {name: vcsim, url: "${vcsim.url}", thumbprint: "${vcsim.thumbprint}", vchs: [{select: {id: ${id}}}]}\n`,
          );
          const variables = {
            VCH_MIGRATE_CRED_VCSIM_USER: vcsim.user,
            VCH_MIGRATE_CRED_VCSIM_PASSWORD: vcsim.password,
          };
          const fleet = async (command: string, exit: number): Promise<FleetReport> => {
            const args = ['fleet', command, '--inventory', inventory, '--state-dir', join(folder, 'state')];
            let hasEnded = false;
            const ending = vchMigrate(
              [...args, '--yes', '--timeout', '1m', '--format', 'json'],
              variables,
            ).finally(() => {
              hasEnded = true;
            });
            while (!hasEnded)
              if (/\\"phase\\":\s*\\"ready\\"/.test(await collect('config.extraConfig'))) await guestStarts();
            const {stdout, stderr, code} = await ending;
            expect(code, stderr).to.equal(exit);
            return JSON.parse(stdout);
          };
          await guestStarts();
          // Some of its containerVMs have no name to copy.
          const {vchs, release} = await fleet('upgrade', 3);
          expect(vchs.map(({name, state, result}) => ({name, state, result}))).to.deep.equal([
            {name: 'vch1', state: 'partly', result: 'upgraded'},
          ]);
          expect(release).to.equal(null);
          const {[id]: appliance} = await vcsim.dump();
          expect(appliance?.powerState).to.equal('poweredOn');
          expect(appliance?.extraConfig).to.include({
            'guestinfo.vice./init/version/PluginVersion': '10',
            UpdateInProgress: 'false',
          });
          expect(appliance?.extraConfig).to.not.have.property('vch-migrate/lock');
        } finally {
          await vcsim.close();
        }
      }));
  });

/** The containerVMs whose hidden name is not what their guest sees. */
function unnamed(vms: readonly DumpedVm[]): readonly string[] {
  return vms
    .filter(({template, extraConfig}) => !template && extraConfig[LEGACY_NAME] !== undefined)
    .filter(({extraConfig}) => extraConfig['common/name'] !== extraConfig[LEGACY_NAME])
    .map(({name}) => name);
}
