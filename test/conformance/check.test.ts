import {join} from 'node:path';
import {expect} from 'chai';
import {writeIso} from '../iso-file.js';
import {startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {differences} from './differences.js';
import {type Target, targetOf, vchMigrateJson, withEmptyDirectory} from './vch-migrate.js';

describeWithPeers('check on vcsim', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let target: Target;

  before(async () => {
    vcsim = await startVcsim(peers, 'legacy.json');
    target = targetOf(vcsim);
  });

  after(() => vcsim?.close());

  async function check(...args: string[]) {
    const {code, report} = await vchMigrateJson(target, 'check', '--name', 'vch1', ...args);
    const {checks = []} = report;
    const of = (id: string) => checks.find((one) => one.id === id);
    const failed = checks.filter(({status}) => status === 'failed').map(({id}) => id);
    return {code, report, of, failed};
  }

  it('sees hosts, datastore and CD-ROM, expects what plan says, and writes nothing', async () => {
    const before = await vcsim.dump();
    const {code, report, of, failed} = await check();
    expect(failed).to.deep.equal([]);
    expect(code).to.equal(3);
    expect(of('privileges')?.status).to.equal('ok');
    expect(of('hosts')?.message).to.match(/\(\d+\.\d+\.\d+\)/);
    expect(of('datastore')?.message).to.match(/ free, no ISO file to upload/);
    expect(of('appliance')?.message).to.match(
      /poweredOn, \[LocalDS_0\] .*boots from \[LocalDS_0\] .*appliance\.iso/,
    );
    const plan = await vchMigrateJson(target, 'plan', '--name', 'vch1');
    expect(report.vms).to.deep.equal(plan.report.vms);
    expect(differences(before, await vcsim.dump())).to.deep.equal({});
  });

  it('reads the ISO files, and fails for a build that is not newer', async () => {
    await withEmptyDirectory(async (directory) => {
      const isos = async (stamp: string) => {
        const path = await writeIso(join(directory, `${stamp}.iso`), {publisher: `VMware Inc. ${stamp}`});
        return ['--appliance-iso', path, '--bootstrap-iso', path];
      };
      expect((await check(...(await isos('v1.5.6-20000-0a1b2c3')))).failed).to.deep.equal([]);
      const old = await check(...(await isos('v0.8.0-1-0a1b2c3')));
      expect([old.code, old.failed]).to.deep.equal([1, ['build']]);
    });
  });

  it('knows a snapshot that somebody else has taken', async () => {
    await vcsim.govc('snapshot.create', '-vm', 'vch1', 'before the patch');
    const {of} = await check();
    expect(of('snapshots')).to.include({status: 'warning'});
    expect(of('snapshots')?.message).to.contain('"before the patch"');
  });
});
