import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {expect} from 'chai';
import {type Dump, startVcsim, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {type Target, targetOf, vchMigrate, vchMigrateJson} from './vch-migrate.js';

describeWithPeers('a saved plan on vcsim, while govc changes VMs', ['vcsim', 'govc', 'python'], (peers) => {
  let vcsim: Vcsim;
  let target: Target;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vch-migrate-'));
    vcsim = await startVcsim(peers, 'legacy.json');
    target = targetOf(vcsim);
  });

  after(async () => {
    await vcsim?.close();
    rmSync(folder, {recursive: true});
  });

  const uuidOf = (dump: Dump, name: string): string => {
    const found = Object.values(dump).find((vm) => vm.name.startsWith(name));
    if (found === undefined) throw new Error(`no VM is called ${name}`);
    return found.uuid;
  };

  it('applies to the one that was powered on, is a conflict for the one that was renamed, and lists the one that is gone', async () => {
    const file = join(folder, 'vch1.plan.json');
    const planned = await vchMigrate(target, 'plan', '--name', 'vch1', '--out', file);
    expect(planned.code).to.equal(0);
    const dump = await vcsim.dump();
    await vcsim.govc('vm.power', '-on', '-vm.uuid', uuidOf(dump, 'search-'));
    await vcsim.govc(
      'vm.change',
      '-vm.uuid',
      uuidOf(dump, 'redis-'),
      '-e',
      'guestinfo.vice./common/name=cache',
    );
    await vcsim.govc('vm.unregister', '-vm.uuid', uuidOf(dump, 'worker-2-'));

    const {code, report} = await vchMigrateJson(target, 'apply', file);

    expect(code).to.equal(3);
    const of = (name: string) => report.vms.find((vm) => vm.displayName.startsWith(name));
    expect(of('search-')?.status).to.equal('changed');
    expect(of('redis-')?.status).to.equal('conflict');
    expect(of('redis-')?.error?.message).to.include('guestinfo.vice./common/name changed since');
    expect(of('worker-2-')?.status).to.equal('skipped');
    expect(of('worker-2-')?.findings.map((finding) => finding.code)).to.deep.equal(['gone-since-plan']);
    expect(report.summary).to.include({conflict: 1, 'not-attempted': 0, failed: 0});
    const after = Object.values(await vcsim.dump());
    const redis = after.find((vm) => vm.name.startsWith('redis-'));
    expect(redis?.extraConfig).to.not.have.property('common/name');
    const search = after.find((vm) => vm.name.startsWith('search-'));
    expect(search?.extraConfig).to.include({'common/rename-disabled': 'true'});
  });
});
