import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import type {FleetReport} from '../../src/report/fleet/report.js';
import {startSimulator} from '../../src/simulator/simulator.js';
import {vchMigrate} from '../on-simulator.js';
import {type DumpedVm, dumpOf, startVcsim} from '../peers/vcsim.js';
import {describeWithPeers, ROOT} from '../peers.js';
import {withDirectory} from '../temporary-directory.js';

const LEGACY_NAME = 'guestinfo.vice./common/name';

describeWithPeers('a fleet of a vcsim and a simulator', ['vcsim', 'govc', 'python'], (peers) => {
  it('is planned, migrated and verified on both alike, by the word of pyVmomi', () =>
    withDirectory({}, async (folder) => {
      const vcsim = await startVcsim(peers, 'two-vchs.json');
      const simulator = await startSimulator({fixture: `${ROOT}fixtures/two-vchs.json`});
      try {
        const vcenters = {vcsim, simulator};
        const inventory = join(folder, 'fleet.yaml');
        const lines = Object.entries(vcenters).map(
          ([name, {url, thumbprint}]) => `  - {name: ${name}, url: "${url}", thumbprint: "${thumbprint}"}\n`,
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

/** The containerVMs whose hidden name is not what their guest sees. */
function unnamed(vms: readonly DumpedVm[]): readonly string[] {
  return vms
    .filter(({template, extraConfig}) => !template && extraConfig[LEGACY_NAME] !== undefined)
    .filter(({extraConfig}) => extraConfig['common/name'] !== extraConfig[LEGACY_NAME])
    .map(({name}) => name);
}
