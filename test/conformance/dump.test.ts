import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {sizeOf} from '../depth.js';
import {startProcess} from '../on-simulator.js';
import {startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {type Report, type ReportedVm, targetOf, vchMigrateJson} from './vch-migrate.js';

describeWithPeers('a copy of a VCH on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  const COUNT = sizeOf('VMs of a VCH that govc dumps', {sample: 20, ci: 500, exhaustive: 500});
  let vcsim: Vcsim;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vch-migrate-'));
    vcsim = await startVcsim(peers, 'large.json', COUNT);
  });

  after(async () => {
    await vcsim?.close();
    await rm(folder, {recursive: true});
  });

  /** What was decided on each VM. */
  const decided = ({vms, summary}: Report) => ({summary, vms});

  for (const [command, args] of [
    ['vm.info -json -e', ['vm.info', '-json', '-e', '*']],
    ['object.collect -json', ['object.collect', '-json', '-type', 'm', '/']],
  ] as const) {
    it(`made by govc ${command} plans exactly as the live target does`, async () => {
      const file = join(folder, 'govc.json');
      await writeFile(file, await vcsim.govc(...args));
      const live = await vchMigrateJson(targetOf(vcsim), 'plan', '--name', 'vch1');
      const ended = await startProcess(
        ['plan', '--from-dump', file, '--name', 'vch1', '--format', 'json'],
        {HOME: folder},
        folder,
      ).ended;
      expect(ended.code, ended.stderr).to.equal(0);
      const copy: Report = JSON.parse(ended.stdout);
      expect(copy.summary.total).to.equal(COUNT);
      expect(decided(copy)).to.deep.equal(decided(live.report));
    });
  }

  it('is what a rehearsal predicts from, VM by VM, and writes nothing on the target', async () => {
    const before = await vcsim.dump();
    const start = Date.now();
    const rehearsed = await vchMigrateJson(targetOf(vcsim), 'rehearse', '--name', 'vch1', '--data-only');
    expect(rehearsed.code, rehearsed.stderr).to.equal(0);
    expect(await vcsim.dump()).to.deep.equal(before);
    process.stdout.write(`      ${COUNT} VMs rehearsed in ${Math.round((Date.now() - start) / 1000)} s\n`);
    const upgraded = await vchMigrateJson(
      targetOf(vcsim),
      'upgrade',
      '--name',
      'vch1',
      '--data-only',
      '--timeout',
      '2s',
    );
    const containers = ({vms}: Report) => vms.filter(({id}) => id !== applianceId(rehearsed.report));
    const done = containers(upgraded.report);
    expect(done).to.have.length(COUNT);
    expect(containers(rehearsed.report).map(asDone)).to.deep.equal(done.map(asDone));
  });
});

function applianceId({vms}: Report): string | undefined {
  return vms.find(({displayName}) => displayName === 'vch1')?.id;
}

/** What is said of a VM, whether it was done or only tried. */
function asDone({id, status, changes}: ReportedVm) {
  return {id, status: status === 'pending' ? 'changed' : status, changes};
}
