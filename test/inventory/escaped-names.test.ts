import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {expect} from 'chai';
import {findVch} from '../../src/inventory/find-vch.js';
import type {Fixture} from '../../src/simulator/fixture/fixture.js';
import {isoFile} from '../iso-file.js';
import {reportOf} from '../on-simulator.js';
import {containerIdOf, smallVch, withSession, withSimulator} from '../small-vch.js';
import {withDirectory} from '../temporary-directory.js';
import {upgradable} from '../vch-upgrade/small-upgrade.js';

const SECRET = 's3cr3t-of-a-name';

/** The fixture with other names: of its datacenter, its VCH, and its only container's VM. */
function renamed(fixture: Fixture, {datacenter = 'dc1', vch = 'vch1', vm = 'web'}): Fixture {
  const [place, ...places] = fixture.datacenters;
  const [appliance, container] = fixture.vms ?? [];
  if (place === undefined || appliance === undefined || container === undefined) throw new Error('too small');
  return {
    ...fixture,
    datacenters: [{...place, name: datacenter}, ...places],
    vms: [
      {...appliance, name: vch},
      {...container, name: vm, vch},
    ],
  };
}

describe('names with signs that vSphere escapes', () => {
  for (const [wire, shown] of [
    ['DC/0', 'DC/0'],
    ['DC%2f0', 'DC/0'],
    ['DC%2F0', 'DC/0'],
    ['DC 50%', 'DC 50%'],
    ['DC 50%25', 'DC 50%'],
  ] as const) {
    it(`go to vSphere as it sent them, and to people as they wrote them: datacenter ${wire}`, async () => {
      const fixture = renamed(upgradable({vms: [{name: 'web'}]}), {datacenter: wire});
      await withDirectory({}, async (directory) => {
        const iso = join(directory, 'appliance.iso');
        await writeFile(iso, isoFile());
        await withSimulator({fixture}, async (simulator) => {
          const place = ['--compute-resource', `${shown}/cluster1`];
          const {report, code} = await reportOf(simulator, 'upgrade', ...place, '--ai', iso, '--bi', iso);
          expect(report.upgrade?.error ?? null).to.equal(null);
          expect([code, report.vch.computeResource]).to.deep.equal([0, `/${shown}/cluster1/vch1`]);
          expect(simulator.files('datastore1').filter(({path}) => path.includes('v1.5.6'))).to.have.length(2);
        });
      });
    });
  }

  it('are a VCH’s and a container’s, too', async () => {
    await withSession(
      {fixture: renamed(smallVch([{name: 'web'}]), {vch: 'a/b'})},
      async (session, simulator) => {
        expect(simulator.inventory.vm('vm-100').name).to.equal('a%2fb');
        for (const name of ['a/b', 'a%2fb'])
          expect((await findVch(session, {name})).vch.summary.name).to.equal('a/b');
      },
    );
    await withSimulator(
      {fixture: renamed(smallVch([{name: 'web'}]), {vm: '50%/web\\1'})},
      async (simulator) => {
        expect(simulator.inventory.vm('vm-101').name).to.equal('50%25%2fweb%5c1');
        for (const glob of ['50%/*\\1', '50%25%2fweb%5c1']) {
          const {report} = await reportOf(simulator, 'plan', '--only', `name=${glob}`);
          expect(report.vms.map(({displayName}) => displayName)).to.deep.equal(['50%/web\\1']);
        }
      },
    );
  });

  it('are masked when they are decoded', async () => {
    const vm = `http:%2f%2fuser:${SECRET}@host`;
    const fixture = renamed(smallVch([{name: 'web'}]), {vm});
    await withSimulator({fixture}, async (simulator) => {
      const {report, stdout, stderr} = await reportOf(simulator, 'apply', '--debug');
      expect(report.vms[0]).to.include({
        displayName: 'http://(sensitive)@host',
        containerId: containerIdOf('web'),
        status: 'changed',
      });
      expect(stdout + stderr).not.to.include(SECRET);
    });
  });
});
