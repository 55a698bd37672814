import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {sampleOf, sizeOf} from '../depth.js';
import {startProcess} from '../on-simulator.js';
import {startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {guestStarts} from './guest.js';
import {type Report, type ReportedVm, targetOf, vchMigrateJson} from './vch-migrate.js';

describeWithPeers('a copy of a VCH on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  const COUNT = sizeOf('VMs of a VCH that govc dumps', {sample: 30, ci: 500, exhaustive: 500});
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

  if (sampleOf('rehearsals of a VCH on vcsim', ['data-only'], {sample: 0, ci: 1}).length > 0)
    it('is what a rehearsal predicts from, VM by VM, and writes nothing on the target', async () => {
      const before = await vcsim.dump();
      const start = Date.now();
      const rehearsed = await vchMigrateJson(targetOf(vcsim), 'rehearse', '--name', 'vch1', '--data-only');
      expect(rehearsed.code, rehearsed.stderr).to.equal(0);
      expect(await vcsim.dump()).to.deep.equal(before);
      process.stdout.write(`      ${COUNT} VMs rehearsed in ${Math.round((Date.now() - start) / 1000)} s\n`);
      const id = Object.entries(before).find(([, {name}]) => name === 'vch1')?.[0] ?? '';
      const password = join(folder, 'password');
      await writeFile(password, vcsim.password);
      const {url, user, trust} = targetOf(vcsim);
      const login = ['--target', url, '--user', user, '--password-file', password, ...trust];
      const {child, ended} = startProcess(
        ['upgrade', ...login, '--name', 'vch1', '--data-only', '--yes', '--format', 'json'],
        {HOME: folder},
        folder,
      );
      // Its guest is up as soon as the upgrade waits for it.
      const up: Promise<void>[] = [];
      child.stderr?.on('data', (text: Buffer) => {
        if (up.length === 0 && `${text}`.includes('waiting for')) up.push(guestStarts(vcsim, id));
      });
      const {code, stdout, stderr} = await ended;
      await Promise.all(up);
      const upgraded: Report = JSON.parse(stdout);
      expect([code, upgraded.upgrade?.result], stderr).to.deep.equal([0, 'upgraded']);
      expect([rehearsed.code, rehearsed.report.rehearsal?.upgrade.result]).to.deep.equal([0, 'upgraded']);
      expect(upgraded.vms).to.have.length(COUNT + 1);
      expect(rehearsed.report.vms.map(asDone)).to.deep.equal(upgraded.vms.map(asDone));
    });
});

/** What is said of a VM, whether it was done or only tried. */
function asDone({id, status, changes}: ReportedVm) {
  // What guests write by themselves depends on the moment.
  const keys = changes.filter(({key}) => !key.endsWith('.started'));
  return {id, status: status === 'pending' ? 'changed' : status, changes: keys};
}
