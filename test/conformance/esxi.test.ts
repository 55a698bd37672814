import {expect} from 'chai';
import {leaveOut} from '../depth.js';
import {writeIso} from '../iso-file.js';
import {canBeEsxi, type Dump, startEsxi, type Vcsim} from '../peers/vcsim.js';
import {describeWithPeers} from '../peers.js';
import {differences} from './differences.js';
import {type Target, targetOf, vchMigrate, vchMigrateJson, withEmptyDirectory} from './vch-migrate.js';

const VCH = ['--name', 'vch1'];

// VIC up to 1.5 runs on a lone ESXi host, which has one datacenter, no folders, no clusters and no vApps.
describeWithPeers('a VCH on a standalone ESXi host (vcsim -esx)', ['vcsim', 'govc', 'python'], (peers) => {
  let esxi: Vcsim;
  let target: Target;
  let original: Dump;

  before(async function () {
    // One that was built before it could be an ESXi host: scripts/install-peers.sh builds it anew.
    if (!canBeEsxi(peers)) {
      leaveOut('the standalone ESXi host: its vcsim is old, run scripts/install-peers.sh');
      this.skip();
    }
    esxi = await startEsxi(peers, 'legacy.json');
    target = targetOf(esxi);
    original = await esxi.dump();
  });

  after(() => esxi?.close());

  it('is listed, with its place', async () => {
    const {code, stdout} = await vchMigrate(target, 'ls', '--format', 'json');
    expect(code).to.equal(0);
    const {vchs, target: shown} = JSON.parse(stdout);
    expect(shown.product).to.contain('ESXi');
    expect(vchs).to.have.length(1);
    expect(vchs[0]).to.include({name: 'vch1', version: 'v0.9.0', build: '8351', containerVMs: 17});
    expect(vchs[0].computeResource).to.match(/^\/ha-datacenter\/.*vch1$/);
  });

  it('is found by that place', async () => {
    const {stdout} = await vchMigrate(target, 'ls', '--format', 'json');
    const [{computeResource}] = JSON.parse(stdout).vchs;
    const {code, report} = await vchMigrateJson(target, 'status', '-r', computeResource);
    expect([code, report.vms.length]).to.deep.equal([0, 17]);
  });

  it('passes every check but for what vSphere cannot tell', async () => {
    const {code, report} = await vchMigrateJson(target, 'check', ...VCH);
    expect(code).to.equal(3);
    expect((report.checks ?? []).filter(({status}) => status === 'failed')).to.deep.equal([]);
  });

  it('is migrated, verified and put back', async () => {
    expect((await vchMigrateJson(target, 'apply', ...VCH)).report.summary).to.include({
      changed: 9,
      refused: 1,
    });
    expect((await vchMigrate(target, 'verify', ...VCH)).code).to.equal(3);
    expect(Object.keys(differences(original, await esxi.dump()))).to.have.length(9);
    expect((await vchMigrateJson(target, 'undo', ...VCH)).report.summary).to.include({changed: 9});
    expect(differences(original, await esxi.dump())).to.deep.equal({});
  });

  it('has its containers renamed, and audited', async () => {
    expect((await vchMigrate(target, 'rename', 'billing', 'invoices', ...VCH)).code).to.equal(0);
    expect((await vchMigrate(target, 'rename', 'invoices', 'billing', ...VCH)).code).to.equal(0);
    expect(differences(original, await esxi.dump())).to.deep.equal({});
    const {report} = await vchMigrateJson(target, 'audit', ...VCH);
    expect(report.vms).to.have.length(17);
  });

  it('is upgraded with new ISO files, and rolled back', async () => {
    // vcsim has no guests; an appliance that is off is not waited for.
    await esxi.govc('vm.power', '-off', '-force', 'vch1');
    const before = await esxi.dump();
    await withEmptyDirectory(async (directory) => {
      const publisher = 'VMware Inc. v1.5.6-21123-abcdef1';
      const iso = await writeIso(`${directory}/vic.iso`, {publisher});
      const upgraded = await vchMigrateJson(
        target,
        'upgrade',
        ...VCH,
        '--appliance-iso',
        iso,
        '--bootstrap-iso',
        iso,
      );
      expect(upgraded.report.upgrade).to.include({result: 'upgraded'});
      expect(upgraded.code).to.equal(3);
    });
    const after = await esxi.dump();
    const [, vch] = Object.entries(after).find(([, {name}]) => name === 'vch1') ?? [];
    expect(vch?.extraConfig).to.include({
      'guestinfo.vice./init/version/PluginVersion': '10',
      'guestinfo.vice./init/version/BuildNumber': '21123',
      'guestinfo.vice./init/sessions|vicadmin/active': 'true',
    });
    const back = await vchMigrateJson(target, 'rollback', ...VCH);
    expect(back.report.upgrade).to.include({result: 'rolled-back'});
    expect(differences(before, await esxi.dump())).to.deep.equal({});
  });
});
